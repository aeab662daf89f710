"""What may travel over a job's private pipe and nowhere else: secrets, and what contexts need in the child."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_passengers: ContextVar[list[object] | None] = ContextVar("azjobs_private_passengers", default=None)


@contextmanager
def private_pipe() -> Iterator[list[object]]:
    """Allow secrets to be pickled inside the block, and collect the objects that announced themselves.

    Only the process runner opens one, around the pickling of a job's arguments, which are never stored.
    """
    passengers: list[object] = []
    token = _passengers.set(passengers)
    try:
        yield passengers
    finally:
        _passengers.reset(token)


def is_private() -> bool:
    """Whether pickling now is for a private pipe (a secret must refuse to be pickled otherwise)."""
    return _passengers.get() is not None


def announce(passenger: object) -> None:
    """Tell the private pipe, if one is open, that this object travels on it."""
    passengers = _passengers.get()
    if passengers is not None:
        passengers.append(passenger)
