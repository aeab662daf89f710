"""`azjobs show`."""

from __future__ import annotations

from typing import Any

import click

from azjobs.cli.failures import tree
from azjobs.cli.jobs.arguments import jobs_argument
from azjobs.cli.jobs.refresh import refresh
from azjobs.cli.jobs.rows import is_single, named
from azjobs.cli.output import emit
from azjobs.cli.parsing import Command
from azjobs.cli.settings import Settings
from azjobs.cli.shapes import job_object, plain
from azjobs.jobs.engine import Engine, engine
from azjobs.jobs.records import Progress, Stream
from azjobs.jobs.rows import JobRow


@click.command(
    "show",
    cls=Command,
    epilog="""
        azjobs show 3
        azjobs show 3 -o json --query reason
    """,
)
@jobs_argument()
@click.option("--no-refresh", is_flag=True, help="Show what the journal says; do not look at Azure.")
@click.pass_obj
def show(settings: Settings, jobs: tuple[str, ...], no_refresh: bool) -> None:
    """Show jobs in full: what they wait for, how far they are, why they failed.

    JOB is an id, an instance id, or a name; * and ? in a name stand for anything.
    """
    current = engine()
    rows = named(current, jobs)
    if not no_refresh:
        rows = refresh(current, rows)
    objects = [_object(current, row) for row in rows]
    emit(
        settings,
        lambda: objects[0] if is_single(jobs) else objects,
        lambda: "\n\n".join(_properties(current, row) for row in rows),
    )


def _object(engine: Engine, row: JobRow) -> dict[str, Any]:
    progress = _progress(engine, row)
    return {**job_object(row), "progress": None if progress is None else plain(progress)}


def _properties(engine: Engine, row: JobRow) -> str:
    """Return a job as PowerShell's Format-List shows an object."""
    found = {
        "Id": str(row.id),
        "Name": row.name,
        "PSJobTypeName": row.type_name,
        "State": str(row.state),
        "StatusMessage": row.status_message,
        "HasMoreData": str(row.has_more_data),
        "Location": row.location,
        "Command": " ".join(row.command.split()),
        "BeginTime": "" if row.begin_time is None else row.begin_time.astimezone().isoformat(" ", "seconds"),
        "EndTime": "" if row.end_time is None else row.end_time.astimezone().isoformat(" ", "seconds"),
        "InstanceId": row.instance_id,
    }
    if (progress := _progress(engine, row)) is not None:
        found["Progress"] = progress_lines(progress)
    if row.reason is not None:
        found["Reason"] = tree(row.reason)
    width = max(map(len, found))
    indent = "\n" + " " * (width + 3)
    return "\n".join(f"{key.ljust(width)} : {value.replace(chr(10), indent)}".rstrip() for key, value in found.items())


def progress_lines(progress: Progress) -> str:
    """Return a job's progress in words, a line for each part."""
    percent = "" if progress.percent is None else f" ({'about ' if progress.estimated else ''}{progress.percent:.0f} %)"
    lines = [f"{progress.status or progress.activity}{percent}"]
    return "\n".join([*lines, *(f"{name}: {state}" for name, state in progress.items.items())])


def _progress(engine: Engine, row: JobRow) -> Progress | None:
    record = engine.journal.last(row.id, Stream.PROGRESS)
    value = None if record is None else record.value
    return value if isinstance(value, Progress) else None
