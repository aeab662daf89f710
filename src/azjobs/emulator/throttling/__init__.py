"""Azure's request limits: token buckets of ARM and counters of the compute provider."""

from __future__ import annotations

from azjobs.emulator.throttling.throttle import Throttle, Throttled

__all__ = ["Throttle", "Throttled"]
