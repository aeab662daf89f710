"""The emulator's time: real time sped up, or time that stands until somebody advances it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

_TICKS_AT_EPOCH = 621_355_968_000_000_000
"""Ticks (100 ns) from 0001-01-01 to 1970-01-01: the unit in which .NET, and so Azure, counts time."""


class Clock(Protocol):
    """Where the emulator's time comes from. Times are seconds since 1970, in UTC."""

    @property
    def speed(self) -> float:
        """How many seconds of emulator time pass in one second of a client's time."""
        ...

    def now(self) -> float:
        """The emulator's time."""
        ...

    def advance(self, seconds: float) -> None:
        """Skip forward.

        Args:
            seconds: Emulator time to skip; never negative.
        """
        ...


class ScaledClock:
    """Real time, multiplied.

    Args:
        speed: Seconds of emulator time per real second, above 0.
        start: The emulator's time now; the real time when not given.
        monotonic: Where real time comes from.
    """

    def __init__(
        self, speed: float = 1.0, start: float | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        if not 0 < speed < float("inf"):
            raise ValueError(f"The speed must be a number above 0, not {speed}.")
        self._speed = float(speed)
        self._monotonic = monotonic
        self._origin = monotonic()
        self._start = time.time() if start is None else start

    @property
    def speed(self) -> float:
        """How many seconds pass in one second of a client's time."""
        return self._speed

    def now(self) -> float:
        """The emulator's time."""
        return self._start + (self._monotonic() - self._origin) * self._speed

    def advance(self, seconds: float) -> None:
        """Skip forward by some seconds of emulator time."""
        _refuse_negative(seconds)
        self._start += seconds


class VirtualClock:
    """Time that moves only when it is advanced: for tests that never wait.

    Args:
        start: The emulator's time at the beginning, seconds since 1970.
    """

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self._now = start

    @property
    def speed(self) -> float:
        """How many seconds pass in one second of a client's time."""
        return 1.0

    def now(self) -> float:
        """The emulator's time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Skip forward by some seconds of emulator time."""
        _refuse_negative(seconds)
        self._now += seconds


def _refuse_negative(seconds: float) -> None:
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"Time only goes forward: {seconds} seconds cannot be skipped.")


def timestamp(when: float) -> str:
    """A time as ARM writes it.

    Example:
        >>> timestamp(0.5)
        '1970-01-01T00:00:00.5000000Z'
    """
    moment = datetime.fromtimestamp(when, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}0Z"


def offset_timestamp(when: float) -> str:
    """A time as Microsoft.Compute writes it: with an offset and not with Z."""
    return timestamp(when)[:-1] + "+00:00"


def short_timestamp(when: float) -> str:
    """A time as in routing ids: `20260122T093000Z`."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y%m%dT%H%M%SZ")


def ticks(when: float) -> int:
    """A time in .NET's ticks."""
    return _TICKS_AT_EPOCH + round(when * 10_000_000)
