"""Waiting for jobs: woken by this process's commits, looking at other processes' ones, adopting what nobody watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from azjobs.errors import JobUnwatched
from azjobs.jobs.rows import JobRow

if TYPE_CHECKING:
    from azjobs.jobs.engine import Engine

LOOK: Final = 0.05  # seconds between looks at what other processes committed
ORPHANS: Final = 1.0  # seconds between looks for owners that are gone


class Waiting:
    """One wait for one set of jobs.

    Args:
        engine: this process's engine.
        ids: the jobs.
        until: what is waited for.
        any: whether one job is enough.
        timeout: seconds; None waits for ever.
        on_look: called about every 50 ms.
        adopt: whether to take up jobs that nobody looks after.
    """

    def __init__(
        self,
        engine: Engine,
        ids: Sequence[int],
        *,
        until: Callable[[JobRow], bool],
        any: bool,
        timeout: float | None,
        on_look: Callable[[], None] | None,
        adopt: bool,
    ) -> None:
        self._engine = engine
        self._wanted = list(ids)
        self._until = until
        self._any = any
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._on_look = on_look
        self._adopt = adopt
        self._done: dict[int, JobRow] = {}
        self._looked = False
        self._tried: set[int] = set()
        self._seen = (-1, -1)

    def run(self) -> list[JobRow]:
        """Wait, and return the jobs that satisfy the condition, in the order asked for."""
        next_orphans = time.monotonic()
        while True:
            now = time.monotonic()
            if self._adopt and now >= next_orphans:
                next_orphans = now + ORPHANS
                self._take_up()
            commits = self._read()
            if len(self._done) == len(self._wanted) or (self._any and self._done):
                break
            if self._deadline is not None and now >= self._deadline:
                break
            if self._on_look is not None:
                self._on_look()
            left = LOOK if self._deadline is None else self._deadline - now
            self._engine.sleep_until_commit(commits, min(LOOK, left))
        return [self._done[job_id] for job_id in self._wanted if job_id in self._done]

    def _pending(self) -> list[int]:
        return [job_id for job_id in self._wanted if job_id not in self._done]

    def _read(self) -> int:
        seen = (self._engine.journal.data_version(), self._engine.commits)
        if seen != self._seen:
            self._seen = seen
            pending = self._pending()
            rows = self._engine.journal.many(pending)
            self._done |= {row.id: row for row in rows if self._until(row)}
            removed = set(pending) - {row.id for row in rows}
            self._wanted = [job_id for job_id in self._wanted if job_id not in removed]
        return seen[1]

    def _take_up(self) -> None:
        """Adopt the orphans; one that its runner gave up again is not tried twice, and a wait for such alone ends."""
        orphans = self._engine.orphans(self._engine.journal.many(self._pending()))
        if self._looked:  # a job that was Disconnected meanwhile was stopped by somebody, and ends the wait
            orphans = [row for row in orphans if not self._until(row)]
        self._looked = True
        given_up = [row for row in orphans if row.id in self._tried]
        if given_up and len(given_up) == len(self._pending()):
            row = given_up[0]
            text = row.status_message or "Nobody here can look after it."
            raise JobUnwatched(f"Job {row.id} ({row.name}): {text}", job_id=row.id)
        self._tried |= set(self._engine.adopt(row for row in orphans if row.id not in self._tried))
