"""How fast requests that start something may follow each other: per subscription and kind, within what Azure allows."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azjobs.operations.clock import Clock

STARTS_AT_ONCE = 32
SHARED_WAIT = 60.0  # the longest that one job's Retry-After holds up the others of its kind
SPREAD = 0.02  # seconds over which starts that waited for the same gate are spread, for each that waits

Waiting = Callable[[float], Awaitable[None]]


def kind_of(method: str) -> str:
    """Return which of ARM's buckets a request spends from.

    Example:
        >>> kind_of("DELETE"), kind_of("PUT"), kind_of("GET")
        ('deletes', 'writes', 'reads')
    """
    return {"DELETE": "deletes", "GET": "reads", "HEAD": "reads"}.get(method.upper(), "writes")


class Gate:
    """The budget of one subscription and kind.

    Args:
        clock: what is waited with.
        at_once: how many starts may be in flight.
    """

    def __init__(self, clock: Clock, at_once: int) -> None:
        self._clock = clock
        self._places = asyncio.Semaphore(at_once)
        self._open_from = 0.0
        self._queue = 0

    def throttled(self, seconds: float) -> None:
        """Azure said 429: hold everyone back for a while."""
        self._open_from = max(self._open_from, self._clock.elapsed() + min(seconds, SHARED_WAIT))

    @contextlib.asynccontextmanager
    async def place(self, waiting: Waiting | None = None) -> AsyncIterator[None]:
        """Wait for a place and for the gate to be open; the place is kept inside the block.

        Args:
            waiting: told how many seconds are still to wait, when they are more than one.
        """
        async with self._places:
            while (left := self._open_from - self._clock.elapsed()) > 0:
                if left > 1 and waiting is not None:
                    await waiting(left)
                self._queue += 1
                try:
                    await self._clock.timer(left + random.uniform(0, SPREAD * self._queue))
                finally:
                    self._queue -= 1
            yield


class Pacing:
    """The gates of all subscriptions that this process starts something in.

    Args:
        clock: what is waited with.
        at_once: how many starts may be in flight for one subscription and kind.
    """

    def __init__(self, clock: Clock, *, at_once: int = STARTS_AT_ONCE) -> None:
        self._clock = clock
        self._at_once = at_once
        self._gates: dict[tuple[str, str, str], Gate] = {}

    def gate(self, host: str, subscription: str | None, method: str) -> Gate:
        """Return the gate for requests of a method in a subscription."""
        key = (host, (subscription or "").lower(), kind_of(method))
        if key not in self._gates:
            self._gates[key] = Gate(self._clock, self._at_once)
        return self._gates[key]
