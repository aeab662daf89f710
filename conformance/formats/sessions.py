"""JSON sessions: of .NET's and PowerShell's tests, and of the test proxy that followed them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from conformance.recordings import Exchange, Recording, as_headers, as_text, sees_retry_after

_BASE = "https://management.azure.com"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def parse(name: str, document: Mapping[str, Any]) -> Recording:
    """A recording from a session file.

    Args:
        name: Its name in reports.
        document: The decoded JSON.

    Raises:
        ValueError: It is no session.
    """
    if not isinstance(document, Mapping):
        raise ValueError("it is no JSON object")
    if isinstance(document.get("Entries"), list):
        entries = document["Entries"]
        exchanges = [_entry(entry) for entry in entries]
        # The test proxy writes whole URLs and keeps the order; its forerunners group entries by URL.
        if not all(str(entry["RequestUri"]).startswith("http") for entry in entries):
            exchanges = in_order(exchanges)
    else:
        exchanges = [_pair(key, value) for key, value in document.items() if _is_pair(value)]
        if not exchanges:
            raise ValueError("it has no 'Entries'")
    found = tuple(exchanges)
    return Recording(name=name, exchanges=found, keeps_retry_after=sees_retry_after(found))


def _entry(entry: Mapping[str, Any]) -> Exchange:
    url = str(entry["RequestUri"])
    return Exchange(
        method=str(entry["RequestMethod"]).upper(),
        url=url if url.startswith("http") else _BASE + url,
        request_headers=as_headers(entry.get("RequestHeaders")),
        request_body=as_text(entry.get("RequestBody")),
        status=int(entry["StatusCode"]),
        headers=as_headers(entry.get("ResponseHeaders")),
        body=as_text(entry.get("ResponseBody")),
    )


def _is_pair(value: object) -> bool:
    return isinstance(value, Mapping) and "Request" in value and "Response" in value


def _pair(key: str, value: Mapping[str, Any]) -> Exchange:
    """An entry of PowerShell's newer recordings: a request and a response under a key of its own."""
    request, response = value["Request"], value["Response"]
    return Exchange(
        method=str(request["Method"]).upper(),
        url=str(request["RequestUri"]),
        request_headers=as_headers({**(request.get("Headers") or {}), **(request.get("ContentHeaders") or {})}),
        request_body=_content(request),
        status=int(response["StatusCode"]),
        headers=as_headers({**(response.get("Headers") or {}), **(response.get("ContentHeaders") or {})}),
        body=_content(response),
    )


def _content(message: Mapping[str, Any]) -> str:
    content = message.get("Content")
    if content and message.get("isContentBase64"):
        return base64.b64decode(content).decode("utf-8", "replace")
    return as_text(content)


def in_order(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Entries that were grouped by URL, in the order in which they happened.

    The Date header knows whole seconds. Within one second the entries of a URL keep their order, a poll comes after the
    answer that named its URL, and what writes a resource before what reads it or refers to it.
    """
    dated = sorted(enumerate(exchanges), key=lambda item: (item[1].time or _BEGINNING, item[0]))
    ordered: list[Exchange] = []
    group: list[Exchange] = []
    for _, exchange in dated:
        if group and exchange.time != group[0].time:
            ordered.extend(_within_a_second(group))
            group = []
        group.append(exchange)
    return [*ordered, *_within_a_second(group)]


def _within_a_second(group: list[Exchange]) -> list[Exchange]:
    remaining, ordered = list(group), []
    while remaining:
        ready = next(
            (one for one in remaining if not any(_precedes(other, one) for other in remaining if other is not one)),
            remaining[0],
        )
        remaining.remove(ready)
        ordered.append(ready)
    return ordered


def _precedes(first: Exchange, second: Exchange) -> bool:
    """Whether one exchange must have happened before another of the same second."""
    if _is_answered_by(second, first):
        return False
    if _is_answered_by(first, second):
        return True
    if first.method in ("PUT", "POST") and 200 <= first.status < 300 and second.method != first.method:
        if second.status == 404 and second.path == first.path:
            return False
        resource = first.path.lower().rstrip("/")
        return resource in second.path.lower() or resource in second.request_body.lower()
    if first.method == "GET" and second.method == "GET" and _is_poll(first) and not _is_poll(second):
        return True  # the last poll, then the resource
    return first.method == "GET" and first.status == 404 and second.method == "PUT" and first.path == second.path


def _is_answered_by(first: Exchange, second: Exchange) -> bool:
    """Whether the second exchange polls what the first one started."""
    paths = {url.partition("://")[2].partition("/")[2].partition("?")[0].lower() for url in first.poll_urls}
    return second.method == "GET" and second.path.strip("/").lower() in paths and first.url != second.url


def _is_poll(exchange: Exchange) -> bool:
    path = exchange.path.lower()
    return any(
        word in path for word in ("/operations/", "/operationresults/", "/operationstatuses/", "/diskoperations/")
    )
