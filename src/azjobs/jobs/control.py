"""The engine's implementation of `JobControl`: a runner's hold on one job."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Unpack

from azjobs.errors import JournalError
from azjobs.jobs.journal import Change
from azjobs.jobs.rows import JobRow
from azjobs.jobs.runner import Changes

if TYPE_CHECKING:
    import concurrent.futures

    from azjobs.jobs.engine import Engine


_AGAIN: Final = 1.0  # seconds until a write that the disk did not take is tried again
_REFUSALS: Final = (JournalError, OSError)

logger = logging.getLogger("azjobs")


class Control:
    """A hold on one job that this process owns; see `azjobs.jobs.runner.JobControl`."""

    def __init__(self, engine: Engine, row: JobRow) -> None:
        self.job_id = row.id
        self._engine = engine
        self._row = row

    @property
    def row(self) -> JobRow:
        """The job as last read or written by this process."""
        return self._row

    def write(self, **changes: Unpack[Changes]) -> JobRow:
        """Commit changes, blocking."""
        return self._written(self._queue(changes).result())

    async def write_async(self, **changes: Unpack[Changes]) -> JobRow:
        """Commit changes, awaited on the engine's loop."""
        import asyncio

        # A task that is cancelled meanwhile does not take back what it has learnt from Azure.
        return self._written(await asyncio.shield(asyncio.wrap_future(self._queue(changes))))

    def insist(self, **changes: Unpack[Changes]) -> JobRow:
        """As `write`; while the disk takes nothing, again and again until this process ends."""
        told = False
        while True:
            try:
                return self.write(**changes)
            except _REFUSALS as error:
                if self._engine.closing.is_set():
                    raise
                told = told or self._tell(error)
            self._engine.closing.wait(_AGAIN)

    async def insist_async(self, **changes: Unpack[Changes]) -> JobRow:
        """As `insist`, awaited on the engine's loop."""
        import asyncio

        told = False
        while True:
            try:
                return await self.write_async(**changes)
            except _REFUSALS as error:
                if self._engine.closing.is_set():
                    raise
                told = told or self._tell(error)
            await asyncio.sleep(_AGAIN)

    def _tell(self, error: Exception) -> bool:
        logger.warning("What became of job %s cannot be written down yet, and is tried again: %s", self.job_id, error)
        return True

    def _queue(self, changes: Changes) -> concurrent.futures.Future[JobRow]:
        return self._engine.journal.change(self.job_id, self._row.epoch, Change(**changes))

    def _written(self, row: JobRow) -> JobRow:
        self._row = row
        if row.owner is None:
            self._engine.disowned(self.job_id)
        return row
