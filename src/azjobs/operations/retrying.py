"""When a request may be sent again, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass

from azjobs.operations.answers import Answer
from azjobs.operations.delays import retry_after

REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Methods whose request may be sent twice with the effect of once."""

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long somebody goes on trying.

    Attributes:
        attempts: how often a request whose answer was lost, or is a server's error, is sent in all.
        unreachable: how often a connection that cannot be made is tried in all.
        longest_wait: the longest Retry-After, in seconds, that is waited for after a 429 or 503.
        throttled: how many 429s are waited out.
    """

    attempts: int = 5
    unreachable: int = 5
    longest_wait: float = 120.0
    throttled: int = 20


FOREGROUND = Patience(attempts=4, unreachable=4, longest_wait=60.0, throttled=6)
"""For a caller who waits in front of the terminal."""

BACKGROUND = Patience(attempts=5, longest_wait=float("inf"), throttled=1000)
"""For a job: nobody is kept waiting but the job itself."""


def pause_after_answer(
    method: str, answer: Answer, *, failures: int, throttled: int, patience: Patience
) -> float | None:
    """Return after how many seconds a refused request is sent again, or None when the answer stands.

    A 429 says that nothing was done, so that it may follow every method; after a server's error only what can be
    repeated is repeated.

    Args:
        method: the HTTP method.
        answer: the answer.
        failures: how many attempts have failed otherwise, this one included.
        throttled: how many were throttled, this one included.
        patience: for how long to try.
    """
    if answer.status not in _PASSING:
        return None
    asked = retry_after(answer.headers)
    if asked is not None and asked > patience.longest_wait:
        return None
    if answer.status == 429:
        return (
            None if throttled > patience.throttled else max(asked or 0.0, backoff(throttled) if asked is None else 0.0)
        )
    if method not in REPEATABLE or failures >= patience.attempts:
        return None
    return asked if asked is not None else backoff(failures)


def pause_after_silence(method: str, *, sent: bool, failures: int, patience: Patience) -> float | None:
    """Return after how many seconds a request without an answer is sent again, or None when it must not be."""
    if failures >= (patience.attempts if sent else patience.unreachable) or (sent and method not in REPEATABLE):
        return None
    return backoff(failures)


def backoff(failures: int, *, longest: float = 60.0) -> float:
    """Return a growing pause with jitter: about 0.5, 1, 2, 4 … seconds, so that many jobs do not come back at once."""
    return float(min(longest, 0.5 * 2 ** min(failures - 1, 16)) * random.uniform(0.75, 1.25))
