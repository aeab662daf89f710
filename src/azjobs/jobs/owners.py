"""Who owns a job: a process is alive for as long as it holds a lock on its own file in `owners/`.

Process ids lie across containers that share a home, and a lock of flock's kind survives a fork; a POSIX record lock
does neither. Its one trap, that closing any descriptor of the file drops the lock, is avoided by never opening one's
own file a second time.
"""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path

from azjobs.errors import JournalUnreadable


class Owner:
    """This process's own file in `owners/`, held until `release` or the end of the process."""

    def __init__(self, home: Path) -> None:
        folder = owners_folder(home)
        self.token = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._path = folder / self.token
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise JournalUnreadable(
                f"{folder} cannot be written: {error.strerror or error}. "
                "Free or permit the folder, or set AZJOBS_HOME to another one."
            ) from error
        _lock(self._descriptor)

    def release(self) -> None:
        """Give the lock back and delete the file."""
        os.close(self._descriptor)
        self._path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Close the inherited descriptor in a forked child; the parent's lock is not touched by that."""
        os.close(self._descriptor)


def owners_folder(home: Path) -> Path:
    """Return the folder of the owners' files."""
    return home / "owners"


def is_alive(home: Path, token: str) -> bool:
    """Return whether another process still holds its owner's file; a dead one's file is deleted.

    Must not be called with this process's own token.
    """
    path = owners_folder(home) / token
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        if not _is_free(descriptor):
            return True
    finally:
        os.close(descriptor)
    path.unlink(missing_ok=True)
    return False


def pid_of(token: str) -> int:
    """Return the process id that a token names, for texts only."""
    return int(token.partition("-")[0])


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

    def _is_free(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_EX)

    def _is_free(descriptor: int) -> bool:
        try:
            # Shared, so that two processes that ask at once do not take each other for the owner.
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
