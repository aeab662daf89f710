"""What goes into the emulator's core and what comes out: HTTP without a transport."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from azjobs.emulator import lenient
from azjobs.emulator.errors import ArmError

JSON = dict[str, Any]
_MAXIMUM_DEPTH = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One HTTP request.

    Args:
        method: GET, HEAD, PUT, PATCH, POST or DELETE, upper case.
        path: The decoded path, with the casing in which it came.
        query: Query parameters; names in lower case.
        headers: Headers; names in lower case.
        body: The body, empty when there is none.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def from_target(
        cls, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Request:
        """A request from the target in its request line, or from a whole URL.

        Example:
            >>> Request.from_target("GET", "/subscriptions?api-version=2022-12-01").query
            {'api-version': '2022-12-01'}
        """
        if target.startswith("/"):
            path, _, query = target.partition("?")
        else:
            try:
                parts = urlsplit(target)
            except ValueError:
                path, query = "/", ""
            else:
                path, query = parts.path, parts.query
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200)
        except ValueError:
            pairs = []
        return cls(
            method=method.upper(),
            path=unquote(path.partition("#")[0]),
            query={name.lower(): value for name, value in pairs},
            headers={name.lower(): value for name, value in (headers or {}).items()},
            body=body,
        )

    @property
    def base_url(self) -> str:
        """The public address that the client used, as the URLs in answers must have it."""
        return "https://" + self.headers.get("host", "management.azure.com")

    @property
    def api_version(self) -> str:
        """The api-version parameter, empty when it is absent."""
        return self.query.get("api-version", "")

    def json(self) -> JSON:
        """The body as a JSON object.

        Raises:
            ArmError: InvalidRequestContent, when it is not one.
        """
        try:
            document = lenient.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise ArmError(
                400,
                "InvalidRequestContent",
                f"The request content was invalid and could not be deserialized: '{error}'.",
            ) from None
        if not isinstance(document, dict):
            raise ArmError(
                400,
                "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: 'a JSON object is required.'.",
            )
        if _is_deeper_than(document, _MAXIMUM_DEPTH):
            raise ArmError(
                400,
                "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: "
                f"'nested deeper than {_MAXIMUM_DEPTH}.'.",
            )
        return document

    def form(self) -> dict[str, str]:
        """The body as a URL-encoded form."""
        try:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=200))
        except ValueError:
            return {}


class Delivery(Enum):
    """What a transport does with a response."""

    ANSWER = "answer"
    """Send it."""
    RESET = "reset"
    """Close the connection and send nothing: a declared fault."""
    STALL = "stall"
    """Send nothing until the response's ticket is released, then handle the request: a declared fault."""


@dataclass(kw_only=True, slots=True)
class Response:
    """One HTTP response.

    Args:
        status: The status code.
        headers: Headers, with the casing in which they go out.
        body: The body.
        pending: Whether the work that was asked for goes on: a client that polls waits before it asks again.
        delivery: What the transport does with it.
        ticket: What is released, of a response that stalls.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pending: bool = False
    delivery: Delivery = Delivery.ANSWER
    ticket: str = ""

    @classmethod
    def of(
        cls,
        status: int,
        document: object = None,
        headers: Mapping[str, str] | None = None,
        *,
        pending: bool = False,
    ) -> Response:
        """A response that carries a JSON document, or nothing when the document is None."""
        fields = dict(headers or {})
        if document is None:
            return cls(status=status, headers=fields, pending=pending)
        fields.setdefault("Content-Type", "application/json; charset=utf-8")
        body = json.dumps(document, separators=(",", ":")).encode()
        return cls(status=status, headers=fields, body=body, pending=pending)

    def json(self) -> Any:
        """The body, decoded; None when it is empty."""
        return json.loads(self.body) if self.body else None


def _is_deeper_than(document: Any, limit: int) -> bool:
    """Whether a document nests deeper than the limit; walks level by level, so that depth cannot exhaust the stack."""
    layer = [document]
    for _ in range(limit):
        layer = [
            child
            for item in layer
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not layer:
            return False
    return True
