"""What an exchange is about: the type of its resource, and what its body is of."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from conformance.recordings import Exchange

ERRORS = "errors"
OPERATIONS = "operations"
_POLL = re.compile(
    r"/(operations|diskoperations|capsoperations|operationresults|operationstatuses|asyncoperations|nfvoperations"
    r"|privatednsoperationstatuses|deploymentscriptoperationresults)/[^/]+$",
    re.IGNORECASE,
)
_GROUP = re.compile(r"/subscriptions/[^/]+/resourcegroups/([^/?]+)", re.IGNORECASE)


def is_poll(exchange: Exchange) -> bool:
    """Whether an exchange asks for an operation."""
    path = exchange.path.rstrip("/")
    return exchange.method == "GET" and bool(_POLL.search(path)) and "/deployments/" not in _after_provider(path)


def _after_provider(path: str) -> str:
    return path.lower().rpartition("/operations/")[0] if "/operations/" in path.lower() else ""


def type_of(path: str) -> str:
    """The full type that a path names, in lower case; a collection's and an action's too.

    Example:
        >>> type_of("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets")
        'microsoft.network/virtualnetworks/subnets'
    """
    segments = [segment for segment in unquote(path).lower().split("/") if segment]
    for index in range(len(segments) - 3, -1, -1):
        if segments[index] == "providers":
            return "/".join((segments[index + 1], *segments[index + 2 :: 2]))
    return "microsoft.resources/" + "/".join(segments[2::2] or segments[:1])


def group_of(path: str) -> str:
    """The name of the resource group in a path, in lower case; empty when there is none."""
    found = _GROUP.search(path)
    return found.group(1).lower() if found else ""


def what(exchange: Exchange) -> str:
    """An exchange's method and type, for reports."""
    return f"{exchange.method} {type_of(exchange.path)}"


def parts(exchange: Exchange, ours: Any) -> list[tuple[str, Any, Any]]:
    """The things that a recorded body and ours are of: each with its name, as recorded and as ours.

    A page of a collection is the things in it, as far as ours has them too.
    """
    recorded = exchange.document
    if not isinstance(recorded, dict | list) or not isinstance(ours, dict | list):
        return []
    if exchange.status >= 400:
        return [(ERRORS, recorded, ours)]
    if is_poll(exchange) and isinstance(recorded, dict) and "status" in recorded:
        return [(OPERATIONS, recorded, ours)]
    subject = _subject(exchange, recorded)
    if isinstance(recorded, dict) and isinstance(recorded.get("value"), list) and isinstance(ours, dict):
        envelope = [(f"{subject} page", _without_value(recorded), _without_value(ours))]
        return [*envelope, *_items(subject, recorded["value"], ours.get("value"))]
    return [(subject, recorded, ours)]


def _subject(exchange: Exchange, recorded: Any) -> str:
    found = type_of(exchange.path)
    if is_poll(exchange) or exchange.method == "POST":
        return f"{found} result" if is_poll(exchange) else found
    return found


def _without_value(page: dict[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in page.items() if name != "value"}, "value": []}


def _items(subject: str, recorded: list[Any], ours: Any) -> list[tuple[str, Any, Any]]:
    if not isinstance(ours, list):
        return [(subject, recorded, ours)]
    mine = {key: item for item in ours if (key := _key(item))}
    if mine and all(_key(item) for item in recorded):
        return [(_item_subject(subject, item), item, mine[_key(item)]) for item in recorded if _key(item) in mine]
    return [(subject, one, other) for one, other in zip(recorded, ours, strict=False)]


def _item_subject(subject: str, item: Any) -> str:
    named = item.get("type") if isinstance(item, dict) else None
    if subject == "microsoft.resources/resources" and isinstance(named, str):
        return "resource summaries"
    return subject


def _key(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    key = item.get("id") or item.get("name") or item.get("operationId")
    if isinstance(key, dict):
        key = key.get("value")
    return re.sub(r"/subscriptions/[^/]+", "", str(key).lower()) if key else ""
