"""`azjobs remove`."""

from __future__ import annotations

import click

from azjobs.cli.jobs.arguments import jobs_argument
from azjobs.cli.jobs.rows import named
from azjobs.cli.parsing import Command
from azjobs.jobs.engine import engine


@click.command(
    "remove",
    cls=Command,
    epilog="""
        azjobs remove 3
        azjobs remove $(azjobs list -q --state Completed)
    """,
)
@jobs_argument()
@click.option("--force", is_flag=True, help="Stop unfinished jobs first; what they began in Azure goes on there.")
def remove(jobs: tuple[str, ...], force: bool) -> None:
    """Remove jobs from the journal, with everything they said. What they made in Azure stays.

    JOB is an id, an instance id, or a name; * and ? in a name stand for anything. When one of them has not ended,
    none is removed, unless --force is given.
    """
    from azjobs.jobs.verbs import remove_job

    remove_job([row.id for row in named(engine(), jobs)], force=force)
