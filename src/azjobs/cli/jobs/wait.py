"""`azjobs wait`."""

from __future__ import annotations

import click

from azjobs.cli import exits
from azjobs.cli.failures import say, tree
from azjobs.cli.jobs.arguments import jobs_argument, timeout_option
from azjobs.cli.jobs.rows import named, print_jobs
from azjobs.cli.jobs.waiting import failed, wait_for
from azjobs.cli.parsing import Command
from azjobs.cli.settings import Settings
from azjobs.jobs.engine import engine
from azjobs.jobs.rows import JobRow
from azjobs.jobs.states import JobState


@click.command(
    "wait",
    cls=Command,
    epilog="""
        azjobs wait 3
        azjobs wait --all
        azjobs wait 3 4 5 --any --timeout 600
    """,
)
@jobs_argument(required=False)
@click.option("--all", "all_jobs", is_flag=True, help="Wait for every job that has not ended.")
@click.option("--any", "any_job", is_flag=True, help="Return as soon as one has ended (of all, when no JOB is named).")
@timeout_option("Give up after this many seconds, with exit code 124; the jobs go on.")
@click.pass_obj
def wait(settings: Settings, jobs: tuple[str, ...], all_jobs: bool, any_job: bool, timeout: float | None) -> None:
    """Wait until jobs have ended, and print them.

    JOB is an id, an instance id, or a name; * and ? in a name stand for anything. Ctrl-C ends the waiting; the jobs go
    on. The exit code is 1 when a job failed or was stopped.
    """
    if all_jobs and (jobs or any_job):
        raise click.UsageError("--all waits for every job: leave out JOB and --any.")
    if not (jobs or all_jobs or any_job):
        raise click.UsageError("Say which jobs: ids or names, --all, or --any.")
    current = engine()
    rows = named(current, jobs) if jobs else current.journal.unfinished()
    if not rows:
        say("There is no job to wait for: all have ended.")
    ended = wait_for(current, rows, any_of_them=any_job, timeout=timeout)
    print_jobs(settings, ended)
    _say_why(ended)
    if failed(ended):
        raise click.exceptions.Exit(exits.FAILED)


def _say_why(rows: list[JobRow]) -> None:
    for row in rows:
        if row.state is JobState.FAILED and row.reason is not None:
            say(f"Job {row.id} failed. {tree(row.reason)}")
