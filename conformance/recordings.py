"""A recording: the exchanges of one test with the real Azure, in their order."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ARM_HOSTS = ("management.azure.com", "api-dogfood.resources.windows-int.net", "management.core.windows.net")


class UnreadableRecording(Exception):
    """A file that is no recording of a known format. The message says which and why."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and the response that Azure gave.

    Args:
        method: The HTTP method, upper case.
        url: The whole URL.
        request_headers: Names in lower case.
        request_body: The body as it was sent; empty when there was none.
        status: The status code.
        headers: The response's headers, names in lower case.
        body: The response's body as text.
    """

    method: str
    url: str
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: str = ""
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def host(self) -> str:
        """The host that was asked."""
        return (urlsplit(self.url).hostname or "").lower()

    @property
    def path(self) -> str:
        """The path, as it was sent."""
        return urlsplit(self.url).path

    @cached_property
    def time(self) -> datetime | None:
        """When Azure answered; None when the recording does not say."""
        try:
            when = parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        return when if when.tzinfo else when.replace(tzinfo=UTC)

    @cached_property
    def document(self) -> Any:
        """The response's body as JSON; None when it is none."""
        try:
            return json.loads(self.body) if self.body.strip() else None
        except ValueError:
            return None

    @cached_property
    def poll_urls(self) -> tuple[str, ...]:
        """Where the response says that its operation is asked for."""
        names = ("azure-asyncoperation", "location")
        return tuple(self.headers[name] for name in names if self.headers.get(name))


@dataclass(frozen=True, kw_only=True)
class Recording:
    """The exchanges of one test, in the order in which they happened.

    Args:
        name: Where it comes from.
        exchanges: The exchanges.
        keeps_retry_after: Whether the recorder kept what Azure said in Retry-After.
    """

    name: str
    exchanges: tuple[Exchange, ...]
    keeps_retry_after: bool


def read(path: Path, name: str | None = None) -> Recording:
    """Read a recording.

    Args:
        path: A file of one of the formats: JSON of .NET and PowerShell tests and of the test proxy, YAML of Python's
            and Go's.
        name: Its name in reports; the file's name when not given.

    Raises:
        UnreadableRecording: It is none of them.
    """
    from conformance.formats import cassettes, sessions

    text = path.read_text(encoding="utf-8-sig", errors="replace")
    name = name or path.name
    try:
        if path.suffix.lower() == ".json":
            return sessions.parse(name, json.loads(text))
        return cassettes.parse(name, text)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableRecording(f"{name} is no recording that can be read: {error!r}.") from None


def as_text(body: object) -> str:
    """A recorded body as text, whatever the recorder wrote it as."""
    if body is None:
        return ""
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    if isinstance(body, str):
        return body
    if isinstance(body, list) and all(isinstance(part, str) for part in body):
        return "".join(body)
    return json.dumps(body)


def as_headers(headers: Mapping[str, object] | None) -> dict[str, str]:
    """Recorded headers: names in lower case, each with its last value."""
    found: dict[str, str] = {}
    for name, value in (headers or {}).items():
        values = value if isinstance(value, list) else [value]
        if values:
            found[str(name).lower()] = str(values[-1])
    return found


def sees_retry_after(exchanges: tuple[Exchange, ...]) -> bool:
    """Whether a recorder kept Retry-After: some write 0 in its place, most leave it away."""
    return any(re.fullmatch(r"[1-9]\d*", exchange.headers.get("retry-after", "")) for exchange in exchanges)
