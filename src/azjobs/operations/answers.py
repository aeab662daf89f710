"""What Azure answered, and the error that an answer carries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azjobs.operations.delays import header

_ERROR_KEYS = ("error", "odata.error")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read whole.

    Attributes:
        status: the HTTP status.
        headers: the headers; look them up in lower case or with `header`.
        body: the parsed JSON, or None when the body is empty or not JSON (`garbled` tells which).
        raw: the body as it came.
    """

    status: int
    headers: Mapping[str, str]
    body: Any = field(default=None, repr=False)
    raw: bytes = field(default=b"", repr=False)

    @classmethod
    def read(cls, status: int, headers: Mapping[str, str], raw: bytes) -> Answer:
        """Return the answer with its body parsed."""
        body = None
        if raw.strip():
            try:
                body = json.loads(raw.decode("utf-8-sig"))
            except ValueError:
                body = None
        return cls(status, {key.lower(): value for key, value in headers.items()}, body, raw)

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    @property
    def garbled(self) -> bool:
        """Whether there is a body that is not JSON."""
        return self.body is None and bool(self.raw.strip()) and self.raw.strip() != b"null"

    @property
    def empty(self) -> bool:
        """Whether there is no body at all."""
        return not self.raw

    def header(self, name: str) -> str | None:
        """Return a header's value, or None when it is missing or empty."""
        return header(self.headers, name)

    @property
    def request_id(self) -> str | None:
        """Azure's own id of the request, for a support case."""
        return self.header("x-ms-request-id") or self.header("x-ms-arm-service-request-id")

    @property
    def correlation_id(self) -> str | None:
        """The id under which Azure's activity log keeps the request."""
        return self.header("x-ms-correlation-request-id")


def member(body: object, name: str) -> Any:
    """Return the member of a JSON object whatever the case of its name, or None.

    Example:
        >>> member({"Error": {"Code": "Conflict"}}, "error")
        {'Code': 'Conflict'}
    """
    if not isinstance(body, Mapping):
        return None
    if name in body:
        return body[name]
    wanted = name.lower()
    return next((value for key, value in body.items() if isinstance(key, str) and key.lower() == wanted), None)


def arm_error(body: object) -> dict[str, Any] | None:
    """Return the ARM error object (`{code, message, target, details}`) that a body carries, or None.

    Understands the wrapper in either case (`error`, `Error`), the bare object that compute sends when it throttles,
    and the error inside a resource's or a deployment's properties.
    """
    for key in _ERROR_KEYS:
        found = _as_error(member(body, key))
        if found is not None:
            return found
    if member(body, "code") is not None and member(body, "message") is not None:
        return _as_error(body)
    properties = member(body, "properties")
    if properties is not None:
        return _as_error(member(properties, "error")) or _as_error(member(member(properties, "statusMessage"), "error"))
    return None


def _as_error(found: object) -> dict[str, Any] | None:
    if isinstance(found, str) and found:
        return {"code": "Unknown", "message": found}
    if not isinstance(found, Mapping):
        return None
    if member(found, "code") is None and member(found, "message") is None:
        return None
    error = {str(key): value for key, value in found.items()}
    message = member(found, "message")
    if isinstance(message, Mapping):  # OData: {"message": {"lang": "en", "value": "…"}}
        error = {key: value for key, value in error.items() if key.lower() != "message"}
        error["message"] = member(message, "value")
    return error


def provisioning_state(body: object) -> str | None:
    """Return `properties.provisioningState` of a resource, or None."""
    state = member(member(body, "properties"), "provisioningState")
    return str(state) if isinstance(state, str) and state else None
