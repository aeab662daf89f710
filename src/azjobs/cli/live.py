"""Jobs shown while somebody waits for them: a table that renews itself on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from azjobs.jobs.engine import Engine

if TYPE_CHECKING:
    from rich.live import Live

_EVERY: Final = 0.25  # seconds between renewals
_PATIENCE: Final = 0.5  # seconds until a table is worth showing


@contextmanager
def watching(engine: Engine, jobs: Sequence[int]) -> Iterator[Callable[[], None] | None]:
    """Show jobs on standard error meanwhile, when that is a terminal.

    Returns:
        What is to be called on each look; None when there is nobody to see it.
    """
    if not jobs or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    screen = LiveJobs(engine, jobs)
    try:
        yield screen.renew
    finally:
        screen.close()


class LiveJobs:
    """A table of jobs that renews itself. Nothing is drawn when the jobs end at once.

    Args:
        engine: where the jobs are.
        jobs: their ids.
        transient: whether the table disappears at the end.
    """

    def __init__(self, engine: Engine, jobs: Sequence[int], *, transient: bool = True) -> None:
        self._engine = engine
        self._jobs = jobs
        self._transient = transient
        self._live: Live | None = None
        self._next = time.monotonic() + _PATIENCE

    def renew(self) -> None:
        """Draw the table as it is now, if the last drawing is old enough."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY
            self._draw()

    def close(self) -> None:
        """Draw the last table, or take it away when it is transient."""
        if self._live is not None:
            if not self._transient:
                self._draw()
            self._live.stop()

    def _draw(self) -> None:
        from azjobs.cli.pictures import jobs_picture

        picture = jobs_picture(self._engine, self._engine.journal.many(self._jobs))
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True, highlight=False)
            self._live = Live(picture, console=console, auto_refresh=False, transient=self._transient)
            self._live.start()
        self._live.update(picture, refresh=True)
