"""One order for what a job says in two ways: frames on its channel, and bytes on its standard streams.

Whatever the job's process finds on its own standard streams before it writes a frame, it sends ahead of the frame.
What it does not get to, because it says nothing itself, the owner reads. A file lock on the pipe keeps the two apart:
what the owner reads under the lock, after everything that is on the channel, was written after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator

from azjobs.jobs.runners.process_sources import PollSource

_PAUSE = 0.002  # seconds until a pipe that the job itself is reading is looked at again


class OrderedSource(PollSource):
    """One of a job's standard streams, read only after the job's channel.

    Args:
        loop: the engine's loop.
        fd: the reading end of the pipe.
        take: is given what is read.
        lock: the reading end of the pipe whose lock stands for both.
        channel: where the job's frames come from.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        fd: int,
        take: Callable[[bytes], None],
        *,
        lock: int,
        channel: PollSource,
    ) -> None:
        super().__init__(loop, fd, take)
        self._lock = lock
        self._channel = channel
        self._wanted = False

    def resume(self) -> None:
        """Watch the descriptor."""
        self._wanted = True
        super().resume()

    def pause(self) -> None:
        """Watch it no more for now."""
        self._wanted = False
        super().pause()

    def _ready(self) -> None:
        with _locked(self._lock) as ours:
            if ours:
                if self._channel.catch_up() and self._wanted:
                    self._read()
                return
        super().pause()
        self._loop.call_later(_PAUSE, self._look_again)

    def _look_again(self) -> None:
        if self._wanted:
            super().resume()


@contextlib.contextmanager
def _locked(fd: int) -> Iterator[bool]:
    """Hold the lock of a pipe, if nobody else does."""
    if sys.platform != "linux":
        yield True
        return
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)
