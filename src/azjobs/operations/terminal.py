"""A job's progress on a terminal, while a plain call waits for it."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azjobs.jobs.job import Job

_INTERVAL = 0.25


@contextlib.contextmanager
def shown(job: Job[Any]) -> Iterator[None]:
    """Show on the standard error stream what a job does, as long as the block lasts; nothing when it is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    console = Console(stderr=True)
    ended = threading.Event()
    with console.status(_line(job)) as status:

        def follow() -> None:
            while not ended.wait(_INTERVAL):
                with contextlib.suppress(Exception):  # a display that fails must not end what it shows
                    status.update(_line(job))

        thread = threading.Thread(target=follow, name="azjobs-progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(timeout=2)


def _line(job: Job[Any]) -> str:
    from rich.markup import escape

    progress = job.progress
    parts = [job.name]
    if progress is not None:
        percent = f" {progress.percent:.0f} %" if progress.percent is not None else ""
        parts.append(f"{progress.status}{percent}{' (estimated)' if progress.estimated else ''}")
        running = [name for name, state in progress.items.items() if state.lower() == "running"]
        if running:
            parts.append(", ".join(running))
    elif message := job.status_message:
        parts.append(message)
    return escape(" · ".join(parts))
