"""`azjobs list`."""

from __future__ import annotations

import click

from azjobs.cli.jobs.refresh import refresh
from azjobs.cli.jobs.rows import print_jobs
from azjobs.cli.output import emit
from azjobs.cli.parsing import Command
from azjobs.cli.settings import Settings
from azjobs.jobs.engine import engine
from azjobs.jobs.selection import by_name, matching
from azjobs.jobs.states import JobState


@click.command(
    "list",
    cls=Command,
    epilog="""
        azjobs list
        azjobs list --state Running --name "*MyVm*"
        azjobs list -o json --query "[?state=='Failed'].reason.message"
        azjobs wait $(azjobs list -q --state Running)
    """,
)
@click.option(
    "--state",
    type=click.Choice([str(state) for state in JobState], case_sensitive=False),
    help="Only jobs in this state.",
)
@click.option("-n", "--name", metavar="NAME", help="Only jobs with this name; * and ? stand for anything.")
@click.option("--command", metavar="COMMAND", help="Only jobs that run this command, such as new_vm.")
@click.option("--newest", type=click.IntRange(min=1), metavar="N", help="Only the N newest jobs.")
@click.option("--no-refresh", is_flag=True, help="Show what the journal says; do not look at Azure.")
@click.option("-q", "--quiet", is_flag=True, help="Print the ids only, one a line.")
@click.pass_obj
def list_jobs(
    settings: Settings,
    state: str | None,
    name: str | None,
    command: str | None,
    newest: int | None,
    no_refresh: bool,
    quiet: bool,
) -> None:
    """List all jobs of the journal, those of other terminals and programs too.

    Jobs that nobody watches are looked at once (for at most about two seconds), so that what is shown is how they are.
    """
    current = engine()
    rows = current.journal.all()
    if name is not None:
        rows = by_name(rows, name)
    rows = matching(rows, state=None, command=command, newest=None)
    if not no_refresh:
        rows = refresh(current, rows)
    rows = matching(rows, state=state, command=None, newest=newest)
    if quiet:
        emit(settings, lambda: [row.id for row in rows], lambda: "\n".join(str(row.id) for row in rows))
    else:
        print_jobs(settings, rows)
