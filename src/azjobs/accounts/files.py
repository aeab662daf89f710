"""Small files that several processes share: replaced whole, private to the user, changed by one process at a time."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from azjobs.errors import AccountError

_PATIENCE = 30.0
_PAUSE = 0.01

_threads: dict[str, threading.Lock] = {}
_guard = threading.Lock()


def write_private(path: Path, data: bytes) -> None:
    """Replace the file whole, with mode 0600: whoever reads it sees the old or the new, also after a crash.

    One writer at a time: call it under the file's lock.

    Raises:
        AccountError: the file cannot be written.
    """
    # Always the same name: what a killed process left is written over, and does not pile up.
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, path)
        except BaseException:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise AccountError(
            f"{path} cannot be written: {error.strerror or error}. "
            "Free or permit the folder, or set AZJOBS_HOME to another one."
        ) from None


@contextmanager
def locked(path: Path, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Keep every other thread and process out of the block.

    The lock is a record lock: it ends with the process, and a forked child does not hold it.

    Args:
        path: the lock's own file, which stays, empty.
        patience: how long to wait for the others, in seconds.

    Raises:
        AccountError: another process kept the lock for longer.
    """
    deadline = time.monotonic() + patience
    with _guard:
        between_threads = _threads.setdefault(str(path), threading.Lock())
    if not between_threads.acquire(timeout=patience):
        raise _too_long(path, patience)
    try:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise AccountError(
                f"{path} cannot be used: {error.strerror or error}. Set AZJOBS_HOME to a folder that you can write to."
            ) from None
        try:
            while not _try_lock(handle):
                if time.monotonic() > deadline:
                    raise _too_long(path, patience)
                time.sleep(_PAUSE)
            try:
                yield
            finally:
                _unlock(handle)
        finally:
            os.close(handle)
    finally:
        between_threads.release()


def _too_long(path: Path, patience: float) -> AccountError:
    return AccountError(f"Another process has kept {path} locked for {patience:g} s: end it, then try again.")


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_UN)

    def _forget_threads() -> None:
        """In a forked child no thread of the parent is left to release what it held."""
        global _guard
        _guard = threading.Lock()
        _threads.clear()

    os.register_at_fork(after_in_child=_forget_threads)
