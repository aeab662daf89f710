"""What a job's owner reads from: file descriptors on the engine's loop, where a full journal stops the reading."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from typing import Protocol

PIECE = 256 * 1024
# After the end of a job, a process that was allowed to outlive it may go on writing: so much is read and no more.
LAST = 4 * 1024 * 1024


class Source(Protocol):
    """Something that gives bytes; used on the engine's loop."""

    def resume(self) -> None:
        """Give what comes to the callback from now on."""

    def pause(self) -> None:
        """Give nothing until `resume`; the writer on the other side is blocked when its buffer is full."""

    def drain(self) -> None:
        """Give what is there now to the callback, and no more after this."""

    def close(self) -> None:
        """Read no more; the descriptor is closed by whoever owns it."""


class PollSource:
    """A file descriptor that the loop itself watches."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int, take: Callable[[bytes], None]) -> None:
        if sys.platform != "win32":
            os.set_blocking(fd, False)
        self._loop = loop
        self._fd = fd
        self._take = take
        self._open = True

    def resume(self) -> None:
        """Watch the descriptor."""
        if self._open:
            self._loop.add_reader(self._fd, self._ready)

    def pause(self) -> None:
        """Watch it no more for now."""
        if self._open:
            self._loop.remove_reader(self._fd)

    def drain(self) -> None:
        """Read what is there."""
        self.pause()
        self.catch_up()

    def close(self) -> None:
        """Read no more."""
        self.pause()
        self._open = False

    def catch_up(self) -> bool:
        """Read what is there; return whether that was all of it."""
        read = 0
        while read < LAST:
            piece = self._read()
            if piece is None:
                return True
            read += len(piece)
        return False

    def _ready(self) -> None:
        self._read()

    def _read(self) -> bytes | None:
        try:
            piece = os.read(self._fd, PIECE)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:  # a socket whose other end was killed with something unread
            piece = b""
        if not piece:
            self.pause()
            return None
        self._take(piece)
        return piece


class ThreadSource:
    """A file descriptor that a thread reads, where the loop cannot watch pipes (Windows)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int, take: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._fd = fd
        self._take = take
        self._may_read = threading.Event()
        self._ended = threading.Event()
        self._pieces: list[bytes] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._serve, name="azjobs-pipe", daemon=True).start()

    def resume(self) -> None:
        """Let the thread read."""
        self._may_read.set()

    def pause(self) -> None:
        """Let the thread read no more for now."""
        self._may_read.clear()

    def drain(self) -> None:
        """Take what the thread has read by the time the pipe ends."""
        self._may_read.set()
        # A process that was allowed to outlive the job keeps the pipe open: what it says later is not the job's.
        self._ended.wait(1.0)
        self._hand_over()

    def close(self) -> None:
        """Read no more; the thread ends when the descriptor is closed or at its end."""
        self._may_read.set()

    def _serve(self) -> None:
        while True:
            self._may_read.wait()
            try:
                piece = os.read(self._fd, PIECE)
            except OSError:
                piece = b""
            if not piece:
                break
            with self._lock:
                self._pieces.append(piece)
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._hand_over)
        self._ended.set()

    def _hand_over(self) -> None:
        with self._lock:
            pieces, self._pieces = self._pieces, []
        for piece in pieces:
            self._take(piece)
