"""The reading ends of a job's own standard streams: what is found there was written before the next frame."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from typing import Any, Self

from azjobs.jobs.records import Stream

_STANDARD = {1: Stream.INFORMATION, 2: Stream.ERROR}


class RawEnds:
    """The other ends of file descriptors 1 and 2, which the job's owner reads too; see `process_order`.

    Only Linux lets a process open them.
    """

    def __init__(self, streams: dict[int, Stream]) -> None:
        self._streams = streams
        self._lock = next(iter(streams))
        self._poll: Any = None
        if sys.platform != "win32":
            self._poll = select.poll()
            for fd in streams:
                self._poll.register(fd, select.POLLIN)

    @classmethod
    def open(cls) -> Self | None:
        """Return the ends; None where they cannot be opened."""
        if sys.platform != "linux":
            return None
        streams: dict[int, Stream] = {}
        try:
            for number, stream in _STANDARD.items():
                streams[os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_NONBLOCK)] = stream
        except OSError:
            for fd in streams:
                os.close(fd)
            return None
        return cls(streams)

    def take(self) -> Iterator[tuple[Stream, bytes]]:
        """Read what is there; the owner keeps its hands off until the last piece is dealt with."""
        if sys.platform != "linux" or not self._poll.poll(0):
            return
        import fcntl

        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            while ready := self._poll.poll(0):
                for fd, _ in ready:
                    with contextlib.suppress(BlockingIOError):
                        data = os.read(fd, 65536)
                        if not data:  # the job closed its own standard stream
                            self._poll.unregister(fd)
                            continue
                        yield self._streams[fd], data
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the ends."""
        for fd in self._streams:
            with contextlib.suppress(OSError):
                os.close(fd)
