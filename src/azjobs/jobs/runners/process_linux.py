"""Linux' own ways of keeping a tree of processes together; each does nothing where it does not exist."""

from __future__ import annotations

import os
import signal
import sys
from functools import cache
from typing import Any

_SET_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> bool:
    """Become the parent of every descendant whose own parent ends; return whether the system can do that."""
    return _prctl(_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """Have this process killed when its parent, a process of one thread, ends."""
    if sys.platform == "win32":
        return
    if _prctl(_SET_DEATH_SIGNAL, signal.SIGKILL) and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _prctl(option: int, value: int) -> bool:
    if sys.platform != "linux":
        return False
    try:
        return int(_library().prctl(option, value, 0, 0, 0)) == 0
    except (OSError, AttributeError):
        return False


@cache
def _library() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)
