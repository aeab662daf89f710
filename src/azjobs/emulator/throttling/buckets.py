"""A token bucket: what may be used at once, and how fast it comes back. Pure: time is an argument."""

from __future__ import annotations

import math

_ROUNDING = 1e-9
"""By how much a sum of fractions may miss a whole request."""


class TokenBucket:
    """A bucket that starts full.

    Over any stretch of time it grants at most its capacity and what came back meanwhile.

    Args:
        capacity: How many requests it grants at once.
        rate: How many come back in a second.
        now: The time of its making, seconds.

    Example:
        >>> bucket = TokenBucket(capacity=2, rate=0.5, now=0.0)
        >>> [bucket.take(0.0), bucket.take(0.0), bucket.take(0.0), bucket.take(2.0)]
        [True, True, False, True]
    """

    __slots__ = ("_at", "_level", "capacity", "rate")

    def __init__(self, *, capacity: int, rate: float, now: float) -> None:
        self.capacity = capacity
        self.rate = rate
        self._level = float(capacity)
        self._at = now

    def level(self, now: float) -> float:
        """How much is in it; a time before the last one counts as the last one."""
        if now > self._at:
            self._level = min(float(self.capacity), self._level + (now - self._at) * self.rate)
            self._at = now
        return self._level

    def remaining(self, now: float) -> int:
        """How many whole requests it would grant now."""
        return max(0, math.floor(self.level(now) + _ROUNDING))

    def take(self, now: float) -> bool:
        """Grant one request, or refuse it and take nothing."""
        if self.wait(now) > 0:
            return False
        self._level -= 1.0
        return True

    def wait(self, now: float) -> float:
        """Seconds until it grants the next request; 0 when it would grant one now."""
        missing = 1.0 - self.level(now)
        return missing / self.rate if missing > _ROUNDING else 0.0
