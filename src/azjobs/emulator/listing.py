"""Collections: pages and filters."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote

from azjobs.emulator.errors import ArmError
from azjobs.emulator.request import JSON, Request, Response

_CLAUSE = re.compile(r"(?:(\w+)\s+eq\s+'((?:[^']|'')*)')", re.IGNORECASE)


def page(request: Request, items: list[JSON]) -> Response:
    """A page of a collection: `$top` limits it, `nextLink` leads to the rest."""
    start, size = _skipped(request), _top(request)
    shown = items[start:] if size is None else items[start : start + size]
    document: JSON = {"value": shown}
    if size is not None and start + size < len(items):
        document["nextLink"] = _next_link(request, start + size)
    return Response.of(200, document)


def _top(request: Request) -> int | None:
    value = request.query.get("$top")
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()) or not 0 < int(value[:9]) <= 1_000_000:
        raise ArmError(
            400, "InvalidTopParameter", f"The $top parameter '{value}' must be a positive integer.", gateway=True
        )
    return int(value[:9])


def _skipped(request: Request) -> int:
    token = request.query.get("$skiptoken")
    if token is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(token.encode() + b"==").decode()
        return max(0, int(text.removeprefix("from:")))
    except ValueError:
        raise ArmError(
            400, "InvalidSkipToken", "The $skiptoken parameter is not one that this service gave out.", gateway=True
        ) from None


def _next_link(request: Request, start: int) -> str:
    token = base64.urlsafe_b64encode(f"from:{start}".encode()).rstrip(b"=").decode()
    query = {**request.query, "$skiptoken": token}
    encoded = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items())
    return f"{request.base_url}{quote(request.path)}?{encoded}"


def matches(request: Request, document: JSON) -> bool:
    """Whether a resource passes `$filter`: clauses of `name eq 'value'` joined by `and`, as ARM's lists take them."""
    text = request.query.get("$filter")
    if not text:
        return True
    clauses = _CLAUSE.findall(text)
    rest = re.sub(r"\band\b|[()\s]", "", _CLAUSE.sub("", text), flags=re.IGNORECASE)
    if not clauses or rest:
        raise ArmError(400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string.")
    wanted = {name.lower(): value.replace("''", "'") for name, value in clauses}
    return all(_matches(name, value, wanted, document) for name, value in wanted.items())


def _matches(name: str, value: str, wanted: dict[str, str], document: JSON) -> bool:
    tags: dict[str, Any] = document.get("tags") or {}
    match name:
        case "tagname":
            return any(tag.lower() == value.lower() for tag in tags)
        case "tagvalue":
            named = wanted.get("tagname")
            return any(
                found == value and (named is None or tag.lower() == named.lower()) for tag, found in tags.items()
            )
        case "resourcetype":
            return str(document.get("type", "")).lower() == value.lower()
        case "resourcegroup":
            return f"/resourcegroups/{value.lower()}/" in str(document.get("id", "")).lower()
        case "name" | "location":
            return str(document.get(name, "")).lower() == value.lower()
    raise ArmError(400, "InvalidFilterInQueryString", f"Invalid $filter: '{name}' cannot be filtered on.")
