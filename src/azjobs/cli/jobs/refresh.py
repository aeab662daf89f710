"""One look at the jobs that nobody watches, before they are listed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from azjobs.jobs.engine import Engine
from azjobs.jobs.rows import JobRow
from azjobs.jobs.states import JobState

MOST: Final = 20
"""So many jobs are looked at in one call."""

SECONDS: Final = 2.0
"""So long a call waits for the answers."""


def refresh(engine: Engine, rows: Sequence[JobRow]) -> list[JobRow]:
    """Look once at those of the jobs whose owner is gone and that are due; return the jobs as they are then.

    Nothing is imported and nobody is asked when none is due. A Disconnected job was left by its user and stays so.
    """
    before = {row.id: row for row in due(engine, rows)}
    if not before:
        return list(rows)
    taken = engine.adopt(before.values())
    engine.wait(taken, until=lambda row: looked_at(before[row.id], row), timeout=SECONDS)
    now = {row.id: row for row in engine.journal.many(row.id for row in rows)}
    return [now[row.id] for row in rows if row.id in now]


def due(engine: Engine, rows: Sequence[JobRow]) -> list[JobRow]:
    """Return the jobs to look at now: those that nobody watches and whose time has come, the longest due first."""
    now = time.time()
    waiting = [
        row
        for row in rows
        if not row.state.settled and (row.next_look is None or row.next_look <= now) and engine.is_orphan(row)
    ]
    waiting.sort(key=lambda row: (row.next_look or 0.0, row.id))
    return waiting[:MOST]


def looked_at(before: JobRow, now: JobRow) -> bool:
    """Whether a look was made at the job since it was read before, or there is none to be made."""
    if now.state.settled or now.owner is None:
        return True
    if before.state is JobState.NOT_STARTED and now.state is JobState.NOT_STARTED:
        return now.status_message != before.status_message
    return now.next_look != before.next_look or now.status_message != before.status_message
