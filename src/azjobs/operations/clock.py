"""The seam to time: what the engine waits with, so that tests need not wait."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and wakes."""

    def now(self) -> float:
        """Return the seconds since 1970, for what is written down: the clock may be set meanwhile."""

    def elapsed(self) -> float:
        """Return seconds that only go forward, for how long something takes."""

    def timer(self, seconds: float) -> asyncio.Future[None]:
        """Return a future of the running loop that is done after so many seconds, or when it is set before."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def elapsed(self) -> float:
        """Return seconds that only go forward."""
        return time.monotonic()

    def timer(self, seconds: float) -> asyncio.Future[None]:
        """Return a future of the running loop that is done after so many seconds, or when it is set before."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        handle = loop.call_later(seconds, wake, future)
        future.add_done_callback(lambda _: handle.cancel())
        return future


def wake(timer: asyncio.Future[None]) -> None:
    """End a timer now."""
    if not timer.done():
        timer.set_result(None)
