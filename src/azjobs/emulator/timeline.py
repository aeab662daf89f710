"""The time of an emulator that lives in this process: a clock that can be held, and the clients that wait for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable

PATIENCE_SECONDS = 30.0
"""Real seconds after which a wait that cannot end is given up with an error instead of hanging for ever."""
_BARREN_WAITS = 200
_PAUSE_SECONDS = 0.005
_QUIET_TURNS = 3


def _never() -> bool:
    return False


class EmulatorTimeError(RuntimeError):
    """A client of the emulator waits for something that cannot happen. The message says what to do."""


class SteerableClock:
    """The emulator's clock: moved by whoever waits, or by real time sped up; and held. Safe for threads.

    Args:
        speed: Seconds of emulator time per real second; None for time that moves only when it is advanced.
        start: The emulator's time at the beginning, seconds since 1970.
        monotonic: Where real time comes from.

    Example:
        >>> clock = SteerableClock(start=100.0)
        >>> clock.advance(20)
        >>> clock.now()
        120.0
    """

    def __init__(
        self, speed: float | None = None, *, start: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        if speed is not None and not 0 < speed < float("inf"):
            raise ValueError(f"The speed must be a number above 0, not {speed}.")
        self.changed = threading.Condition()
        self.held = False
        self._speed = speed
        self._monotonic = monotonic
        self._base = start
        self._origin = monotonic()

    @property
    def speed(self) -> float:
        """How many seconds of emulator time pass in one second of a client's time."""
        return 1.0 if self._speed is None else self._speed

    @property
    def is_virtual(self) -> bool:
        """Whether time moves only when it is advanced."""
        return self._speed is None

    def now(self) -> float:
        """The emulator's time, seconds since 1970."""
        with self.changed:
            if self._speed is None or self.held:
                return self._base
            return self._base + (self._monotonic() - self._origin) * self._speed

    def advance(self, seconds: float) -> None:
        """Skip forward by some seconds of emulator time, held or not."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"Time only goes forward: {seconds} seconds cannot be skipped.")
        with self.changed:
            self._base += seconds
            self.changed.notify_all()

    def reach(self, when: float) -> None:
        """Skip forward to a time; nothing happens when it has passed."""
        with self.changed:
            behind = when - self.now()
            if behind > 0:
                self._base += behind
                self.changed.notify_all()

    def hold(self) -> None:
        """Let time stand until `run`, but for what `advance` skips."""
        with self.changed:
            self._base = self.now()
            self.held = True
            self.changed.notify_all()

    def run(self) -> None:
        """Let time go on."""
        with self.changed:
            if self.held:
                self._origin = self._monotonic()
                self.held = False
                self.changed.notify_all()


class Timeline:
    """Who waits for an emulator's clock, and what waiting does to it.

    In virtual time a client's wait moves the clock and takes no time. Threads that wait side by side may add their
    waits up: there is no knowing whether another thread is about to wait too. Tasks of asyncio do not: the clock moves
    when all of them wait, to the earliest end of a wait. While time is held, whoever waits is blocked until it has been
    advanced far enough or runs again.

    Args:
        clock: The clock.
        changes: A number that grows with every change of what the emulator knows.
        is_stuck: Whether nothing is going to happen, however much time passes.
        patience: Real seconds until a wait that cannot end fails.
    """

    def __init__(
        self,
        clock: SteerableClock,
        *,
        changes: Callable[[], int],
        is_stuck: Callable[[], bool],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.clock = clock
        self._changes = changes
        self._is_stuck = is_stuck
        self._patience = patience
        self._closed = False
        self._turns = 0
        self._deadlines: Counter[float] = Counter()
        self._barren = 0
        self._barren_since = 0.0
        self._seen = -1

    def note_request(self) -> None:
        """Note that a client has done something other than waiting."""
        self._turns += 1

    def close(self) -> None:
        """Wake whoever waits, with an error."""
        self._closed = True
        with self.clock.changed:
            self.clock.changed.notify_all()

    def wait(self, seconds: float, until: Callable[[], bool] = _never) -> None:
        """Wait as a client does.

        Args:
            seconds: How long, in the client's own time.
            until: What ends the wait before.

        Raises:
            EmulatorTimeError: The wait cannot end, or the emulator was closed.
        """
        clock = self.clock
        deadline = self._deadline(seconds)
        blocked_since = time.monotonic()
        while (now := clock.now()) < deadline and not until():
            self._refuse_closed()
            if clock.held:
                self._check_patience(blocked_since, deadline - now)
                with clock.changed:
                    if clock.held and clock.now() < deadline and not self._closed:
                        clock.changed.wait(min(1.0, self._patience) if until is _never else _PAUSE_SECONDS)
            elif clock.is_virtual:
                pause = self._barren_pause()
                if pause:
                    time.sleep(pause)
                clock.reach(deadline)
            else:
                left = (deadline - now) / clock.speed
                with clock.changed:
                    clock.changed.wait(left if until is _never else min(left, _PAUSE_SECONDS))
        self._refuse_closed()

    async def wait_async(self, seconds: float, until: Callable[[], bool] = _never) -> None:
        """Wait as `wait` does, as a task of asyncio."""
        deadline = self._deadline(seconds)
        self._turns += 1
        self._deadlines[deadline] += 1
        try:
            await self._until(deadline, until)
        finally:
            self._deadlines[deadline] -= 1
            if not self._deadlines[deadline]:
                del self._deadlines[deadline]
        self._refuse_closed()

    async def _until(self, deadline: float, until: Callable[[], bool]) -> None:
        clock = self.clock
        blocked_since = time.monotonic()
        while (now := clock.now()) < deadline and not until():
            self._refuse_closed()
            if clock.held:
                self._check_patience(blocked_since, deadline - now)
                await asyncio.sleep(_PAUSE_SECONDS)
            elif not clock.is_virtual:
                await asyncio.sleep(min((deadline - now) / clock.speed, 0.05))
            elif await self._all_wait() and not clock.held and deadline <= min(self._deadlines):
                pause = self._barren_pause()
                if pause:
                    await asyncio.sleep(pause)
                clock.reach(deadline)

    async def _all_wait(self) -> bool:
        """Whether no other task has asked or begun to wait while the loop went round."""
        before = self._turns
        for _ in range(_QUIET_TURNS):
            await asyncio.sleep(0)
        return self._turns == before

    def _deadline(self, seconds: float) -> float:
        self._refuse_closed()
        return self.clock.now() + max(0.0, seconds) * self.clock.speed

    def _barren_pause(self) -> float:
        """Real seconds to wait before the clock is moved: none, unless many waits have brought nothing.

        A client that polls an operation which is held by hand would keep a processor busy for ever.
        """
        changes = self._changes()
        if changes != self._seen or not self._is_stuck():
            self._seen, self._barren = changes, 0
            return 0.0
        self._barren += 1
        if self._barren < _BARREN_WAITS:
            self._barren_since = time.monotonic()
            return 0.0
        if time.monotonic() - self._barren_since > self._patience:
            raise EmulatorTimeError(
                f"A client has been polling for {self._patience:g} s while nothing was under way but what is held by "
                "hand: finish or fail the held operation (`for operation in azure.operations(): operation.finish()`)."
            )
        return _PAUSE_SECONDS

    def _check_patience(self, since: float, left: float) -> None:
        if time.monotonic() - since > self._patience:
            raise EmulatorTimeError(
                f"Time has been held for {self._patience:g} s while a client waits another {left:g} s of emulator "
                "time: call advance(seconds) or run() from another thread or task, or before you wait for a result."
            )

    def _refuse_closed(self) -> None:
        if self._closed:
            raise EmulatorTimeError("The emulator was closed: a client of it cannot go on.")
