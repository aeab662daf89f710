"""Which jobs a command line names, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence

from azjobs.cli.output import emit
from azjobs.cli.settings import Settings
from azjobs.cli.shapes import job_object
from azjobs.errors import JobNotFound
from azjobs.jobs.engine import Engine
from azjobs.jobs.job import COLUMNS, cells
from azjobs.jobs.rows import JobRow
from azjobs.jobs.selection import Selector, resolve
from azjobs.jobs.table import render, terminal_width


def named(engine: Engine, selectors: Sequence[str]) -> list[JobRow]:
    """Return the jobs that are named by id, instance id, or name with wildcards; each once.

    Raises:
        JobNotFound: one of them names no job.
    """
    rows: dict[int, JobRow] = {}
    for selector in selectors:
        found = resolve(engine, [_selector(selector)])
        if not found:
            raise JobNotFound(f"No job has a name like {selector!r}: `azjobs list` shows those there are.")
        rows |= {row.id: row for row in found}
    return list(rows.values())


def is_single(selectors: Sequence[str]) -> bool:
    """Whether one job is meant, and not a list that happens to have one."""
    return len(selectors) == 1 and not set(selectors[0]) & set("*?[")


def print_jobs(settings: Settings, rows: Sequence[JobRow]) -> None:
    """Print jobs: PowerShell's job table, or a list of objects."""
    emit(settings, lambda: [job_object(row) for row in rows], lambda: job_table(rows))


def job_table(rows: Sequence[JobRow]) -> str:
    """Return PowerShell's job table; nothing when there are no jobs."""
    return render(COLUMNS, [cells(row) for row in rows], terminal_width()) if rows else ""


def print_job(settings: Settings, row: JobRow) -> None:
    """Print one job that was started: its row of the table, or one object."""
    emit(settings, lambda: job_object(row), lambda: job_table([row]))


def ids(rows: Sequence[JobRow]) -> str:
    """Return the ids of jobs for a sentence."""
    return ", ".join(str(row.id) for row in rows)


def _selector(text: str) -> Selector:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else text
