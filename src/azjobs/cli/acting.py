"""Commands that change Azure: where they act is said first; then they run, or their job is printed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from azjobs.cli import exits
from azjobs.cli.failures import CommandFailed, say, tree
from azjobs.cli.jobs.rows import print_job
from azjobs.cli.phrasing import for_shell
from azjobs.cli.results import print_result
from azjobs.cli.settings import Settings
from azjobs.errors import JobFailed
from azjobs.jobs.states import JobState

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.jobs.job import Job

F = TypeVar("F", bound=Callable[..., Any])

as_job_option = click.option(
    "--as-job",
    "--no-wait",
    "as_job",
    is_flag=True,
    help="Print the job and return once Azure has accepted it; go on with `azjobs wait` and `azjobs receive`.",
)


def who_acts() -> Context:
    """Return who acts.

    Raises:
        NotLoggedIn: nobody is logged in.
    """
    from azjobs.accounts import get_context

    return get_context()


def say_where(context: Context) -> None:
    """Say where a command acts: before it changes anything, and after what was asked for has been checked."""
    if context.subscription is None:
        where = "without a subscription"
    elif context.subscription_name in (None, context.subscription):
        where = f"subscription {context.subscription}"
    else:
        where = f"subscription {context.subscription_name} ({context.subscription})"
    say(f"Acting in {context.environment.name}, {where}, as {context.account}.")


def say_all(sentences: list[str]) -> None:
    """Say what a command describes of itself, in the words of the command line."""
    for sentence in sentences:
        say(for_shell(sentence))


def perform(settings: Settings, act: Callable[[bool], Any], *, as_job: bool) -> None:
    """Run a command and print its result, or start it and print its job.

    Args:
        settings: how to print.
        act: calls the command; its argument is the command's `as_job`.
        as_job: which of the two.
    """
    if as_job:
        _start(settings, act(True))
        return
    try:
        result = act(False)
    except JobFailed as error:
        # The job was only the way to run it, and is gone.
        raise error if error.reason is None else CommandFailed(error.reason) from error
    print_result(settings, result)


def _start(settings: Settings, job: Job[Any]) -> None:
    """Print a job once Azure has accepted its first request or refused it."""
    from azjobs.jobs.engine import engine

    current = engine()
    try:
        current.wait([job.id], until=lambda row: row.state is not JobState.NOT_STARTED)
        while job.id in current.unaccepted():  # the runner learns of the commit a moment later
            time.sleep(0.005)
    except KeyboardInterrupt:
        say(
            f"Interrupted. Azure has not yet accepted job {job.id}: `azjobs wait {job.id}` finds out what became of it."
        )
        raise click.exceptions.Exit(exits.INTERRUPTED) from None
    row = job.row
    print_job(settings, row)
    if row.state is JobState.FAILED:
        say(f"Job {row.id} failed. {tree(row.reason)}" if row.reason else f"Job {row.id} failed.")
        raise click.exceptions.Exit(exits.FAILED)
