"""`azjobs stop`."""

from __future__ import annotations

import click

from azjobs.cli.failures import say
from azjobs.cli.jobs.arguments import jobs_argument
from azjobs.cli.jobs.rows import ids, named, print_jobs
from azjobs.cli.parsing import Command
from azjobs.cli.settings import Settings
from azjobs.jobs.engine import engine
from azjobs.jobs.states import JobState


@click.command(
    "stop",
    cls=Command,
    epilog="""
        azjobs stop 3
        azjobs stop 3 --cancel
    """,
)
@jobs_argument()
@click.option(
    "--cancel", is_flag=True, help="Ask Azure to cancel the operation, where it can (deployments: vm create)."
)
@click.pass_obj
def stop(settings: Settings, jobs: tuple[str, ...], cancel: bool) -> None:
    """Stop jobs and print them when they have stopped.

    Stop is not cancel: of an Azure operation only the watching ends; the job is Disconnected then, Azure goes on, and
    `azjobs wait` takes it up again. Jobs that have ended are left as they are.
    """
    from azjobs.jobs.verbs import stop_job

    current = engine()
    wanted = [row.id for row in named(current, jobs)]
    stop_job(wanted, cancel=cancel)
    rows = current.journal.many(wanted)
    print_jobs(settings, rows)
    left = [row for row in rows if row.state is JobState.DISCONNECTED]
    if left and not cancel:
        plural = len(left) > 1
        say(
            f"Azure goes on with {'jobs' if plural else 'job'} {ids(left)}: `azjobs wait {ids(left).replace(',', '')}` "
            f"watches {'them' if plural else 'it'} again, `azjobs stop --cancel` asks Azure to cancel."
        )
