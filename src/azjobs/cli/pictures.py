"""Jobs drawn with rich: what `azjobs wait` and `azjobs demo` show on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from azjobs.jobs.engine import Engine
from azjobs.jobs.records import Progress, Stream
from azjobs.jobs.rows import JobRow
from azjobs.jobs.states import JobState
from azjobs.jobs.table import shorten

_STYLES: Final = {
    JobState.COMPLETED: "green",
    JobState.FAILED: "bold red",
    JobState.STOPPED: "red",
    JobState.RUNNING: "cyan",
    JobState.DISCONNECTED: "yellow",
    JobState.STOPPING: "yellow",
    JobState.NOT_STARTED: "dim",
}
_NAME_WIDTH: Final = 32
_BAR_WIDTH: Final = 10


def jobs_picture(engine: Engine, rows: Sequence[JobRow]) -> RenderableType:
    """Return a table of jobs: state, how long, how far, and the parts that are being made."""
    table = Table(box=None, padding=(0, 2, 0, 0), expand=False)
    table.add_column("Id", justify="right", no_wrap=True)
    table.add_column("Name", no_wrap=True)
    table.add_column("State", no_wrap=True)
    table.add_column("Time", justify="right", no_wrap=True)
    table.add_column("Progress", no_wrap=True)
    table.add_column("")  # the only one that rich may make narrower; its texts are cut, not wrapped
    for row in rows:
        progress = newest_progress(engine, row)
        table.add_row(
            str(row.id),
            _name(row),
            Text(str(row.state), style=_STYLES[row.state]),
            _elapsed(row),
            _bar(row, progress),
            Text(_parts(row, progress), style="dim", no_wrap=True, overflow="ellipsis"),
        )
    return table


def newest_progress(engine: Engine, row: JobRow) -> Progress | None:
    """Return the newest progress that a job told, or None."""
    record = engine.journal.last(row.id, Stream.PROGRESS)
    value = None if record is None else record.value
    return value if isinstance(value, Progress) else None


def _name(row: JobRow) -> str:
    """The command and what it acts on say more in less room than the job's name, where it is of the usual form."""
    marks = row.name.split("'")
    usual = row.name.startswith("Long Running Operation for '") and len(marks) >= 5
    return shorten(f"{marks[1]} {marks[3]}" if usual else row.name, _NAME_WIDTH)


def _elapsed(row: JobRow) -> str:
    if row.begin_time is None:
        return ""
    seconds = int(((row.end_time or datetime.now(UTC)) - row.begin_time).total_seconds())
    return (
        f"{seconds // 60}:{seconds % 60:02}"
        if seconds < 3600
        else f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    )


def _bar(row: JobRow, progress: Progress | None) -> RenderableType:
    if row.state is JobState.COMPLETED:
        return ProgressBar(total=100, completed=100, width=_BAR_WIDTH)
    if progress is None or progress.percent is None or row.state.finished:
        return ""
    return ProgressBar(total=100, completed=progress.percent, width=_BAR_WIDTH)


def _parts(row: JobRow, progress: Progress | None) -> str:
    """The parts that are not done yet; else what the job waits for."""
    if row.state.finished:
        return row.reason.message if row.reason else ""
    waiting_for = "" if row.status_message == row.state else row.status_message
    if progress is None or not progress.items:
        return (progress.status if progress is not None else "") or waiting_for
    going = [name.partition("/")[0] for name, state in progress.items.items() if state.lower() != "succeeded"]
    return f"{progress.status}: {', '.join(dict.fromkeys(going))}" if going else progress.status
