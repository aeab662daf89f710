"""What a recording tells of its operations: when each ended, and how. The oracle that durations come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.recordings import Exchange, Recording
from conformance.translation import link_key

_ENDED = frozenset({"succeeded", "failed", "canceled", "cancelled"})


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an operation ended.

    Args:
        position: The first exchange that shows it ended.
        error: What it failed with; None when it succeeded.
        canceled: Whether it was cancelled.
    """

    position: int
    error: dict[str, Any] | None = None
    canceled: bool = False


@dataclass(frozen=True, kw_only=True)
class Start:
    """An exchange that started an operation.

    Args:
        position: Its place in the recording.
        ending: How it ended; None when the recording does not tell.
        polled: The places of the exchanges that ask for it.
    """

    position: int
    ending: Ending | None
    polled: tuple[int, ...]


def starts(recording: Recording) -> dict[int, Start]:
    """The operations of a recording, by the position of the exchange that started each."""
    exchanges = recording.exchanges
    asked: dict[str, list[int]] = {}
    for position, exchange in enumerate(exchanges):
        if exchange.method == "GET":
            asked.setdefault(link_key(exchange.url), []).append(position)
    found: dict[int, Start] = {}
    for position, exchange in enumerate(exchanges):
        if exchange.method == "GET" or exchange.status >= 300 or not exchange.poll_urls:
            continue
        polled = sorted(
            {place for url in exchange.poll_urls for place in asked.get(link_key(url), ()) if place > position}
        )
        ending = _polled_ending(exchanges, polled) or _seen_ending(exchanges, position, polled)
        found[position] = Start(position=position, ending=ending, polled=tuple(polled))
    return found


def _polled_ending(exchanges: tuple[Exchange, ...], polled: list[int]) -> Ending | None:
    for place in polled:
        exchange = exchanges[place]
        document = exchange.document
        status = str(document.get("status", "")).lower() if isinstance(document, dict) else ""
        if exchange.status == 202 or (exchange.status == 200 and status and status not in _ENDED):
            continue
        if exchange.status >= 500 or exchange.status in (408, 429):
            continue
        if exchange.status >= 400 or status in ("failed", "canceled", "cancelled"):
            return Ending(position=place, error=_error_in(document), canceled=status.startswith("cancel"))
        return Ending(position=place)
    return None


def _error_in(document: Any) -> dict[str, Any]:
    error: Any = {}
    if isinstance(document, dict):
        error = document.get("error") or document.get("Error") or {}
    return error if isinstance(error, dict) and error else {"code": "Failed", "message": "The operation failed."}


def _seen_ending(exchanges: tuple[Exchange, ...], start: int, polled: list[int]) -> Ending | None:
    """The end of an operation that was not polled to its end, as reads and writes of its resource show it."""
    first = exchanges[start]
    target = _resource_path(first)
    for place in range(polled[-1] + 1 if polled else start + 1, len(exchanges)):
        exchange = exchanges[place]
        if _resource_path(exchange) != target:
            continue
        if exchange.method in ("PUT", "PATCH", "DELETE", "POST"):
            return Ending(position=place) if exchange.status < 400 and first.method != "DELETE" else None
        if exchange.method != "GET":
            continue
        if exchange.status == 404:
            return Ending(position=place) if first.method == "DELETE" else None
        state = provisioning_state(exchange.document).lower()
        if state == "failed":
            return Ending(position=place, error={"code": "Failed", "message": "The operation failed."})
        if first.method != "DELETE" and state in ("", "succeeded", "canceled"):
            return Ending(position=place, canceled=state == "canceled")
    return None


def _resource_path(exchange: Exchange) -> str:
    path = exchange.path.lower().rstrip("/")
    return path.rpartition("/")[0] if exchange.method == "POST" else path


def provisioning_state(document: Any) -> str:
    """The provisioning state in a resource's body; empty when it has none."""
    properties = document.get("properties") if isinstance(document, dict) else None
    return str(properties.get("provisioningState") or "") if isinstance(properties, dict) else ""
