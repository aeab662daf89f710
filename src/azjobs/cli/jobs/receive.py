"""`azjobs receive`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from typing import Any

import click

from azjobs.cli.jobs.arguments import jobs_argument, timeout_option
from azjobs.cli.jobs.rows import is_single, named
from azjobs.cli.jobs.waiting import wait_for
from azjobs.cli.parsing import Command
from azjobs.cli.results import print_result, print_results
from azjobs.cli.settings import OutputFormat, Settings
from azjobs.jobs.engine import engine
from azjobs.jobs.rows import JobRow


@click.command(
    "receive",
    cls=Command,
    epilog="""
        azjobs receive 3
        azjobs receive 3 --wait -o json
        azjobs receive 3 4 5 --keep -o json --query "[].name"
    """,
)
@jobs_argument()
@click.option("--keep", is_flag=True, help="Leave what is printed for the next time.")
@click.option("--wait", "wait_first", is_flag=True, help="Wait until the jobs have ended first.")
@timeout_option("With --wait: give up after this many seconds, with exit code 124; the jobs go on.")
@click.pass_obj
def receive(settings: Settings, jobs: tuple[str, ...], keep: bool, wait_first: bool, timeout: float | None) -> None:
    """Print what jobs have given since the last time: exactly what the plain command would have printed.

    JOB is an id, an instance id, or a name; * and ? in a name stand for anything. Several jobs give a list. A failure
    is told each time; it is never used up.
    """
    if timeout is not None and not wait_first:
        raise click.UsageError("--timeout is for --wait: give both or neither.")
    current = engine()
    rows = named(current, jobs)
    if wait_first:
        wait_for(current, rows, timeout=timeout)
    with _what_jobs_print(settings):
        results, failures = _received(rows, keep=keep)
    if is_single(jobs) and len(rows) == 1:
        for value in results:
            print_result(settings, value)
    elif results:
        print_results(settings, results)
    if failures:
        raise failures[0] if len(failures) == 1 else ExceptionGroup("jobs gave no result", failures)


def _received(rows: Sequence[JobRow], *, keep: bool) -> tuple[list[Any], list[Exception]]:
    from azjobs.jobs.verbs import receive_job

    results: list[Any] = []
    failures: list[Exception] = []
    for row in rows:
        try:
            results.append(receive_job(row.id, keep=keep))
        except Exception as error:
            failures.append(error)
    return results, failures


def _what_jobs_print(settings: Settings) -> AbstractContextManager[Any]:
    """What a job printed is said again; where a program reads standard output, it goes to standard error."""
    if settings.output is OutputFormat.TABLE and settings.query is None:
        return nullcontext()
    return redirect_stdout(sys.stderr)
