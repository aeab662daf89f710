"""Waiting for jobs at a terminal: they are taken up, shown while they run, and go on when nobody waits any more."""

from __future__ import annotations

from collections.abc import Sequence

import click

from azjobs.cli import exits
from azjobs.cli.failures import say
from azjobs.cli.jobs.rows import ids
from azjobs.jobs.engine import Engine
from azjobs.jobs.receiving import timed_out
from azjobs.jobs.rows import JobRow
from azjobs.jobs.states import JobState


def wait_for(
    engine: Engine, rows: Sequence[JobRow], *, any_of_them: bool = False, timeout: float | None = None
) -> list[JobRow]:
    """Wait until jobs have ended; return those that have, in the order given.

    A job that nobody watches is taken up, also one that was left Disconnected.

    Raises:
        JobTimeout: the time ran out first; the jobs go on.
        click.exceptions.Exit: with the code of an interrupt, after saying that the jobs go on.
    """
    from azjobs.cli.live import watching

    engine.adopt(row for row in rows if row.state is JobState.DISCONNECTED)
    wanted = [row.id for row in rows]
    try:
        with watching(engine, wanted) as on_look:
            ended = engine.wait(wanted, any=any_of_them, timeout=timeout, on_look=on_look)
    except KeyboardInterrupt:
        _say_that_they_go_on(engine, wanted)
        raise click.exceptions.Exit(exits.INTERRUPTED) from None
    done = {row.id for row in ended}
    late = engine.journal.many(job_id for job_id in wanted if job_id not in done)
    if late and not (any_of_them and ended):
        raise timed_out(late, timeout)
    return ended


def failed(rows: Sequence[JobRow]) -> bool:
    """Whether one of the jobs has not come to a good end."""
    return any(row.state in (JobState.FAILED, JobState.STOPPED) for row in rows)


def _say_that_they_go_on(engine: Engine, wanted: Sequence[int]) -> None:
    unfinished = [row for row in engine.journal.many(wanted) if not row.state.finished]
    if not unfinished:
        return
    command = f"`azjobs wait {ids(unfinished).replace(',', '')}`"
    if len(unfinished) == 1:
        say(f"Interrupted. Job {unfinished[0].id} goes on in Azure: {command} waits for it again.")
    else:
        say(f"Interrupted. Jobs {ids(unfinished)} go on in Azure: {command} waits for them again.")
