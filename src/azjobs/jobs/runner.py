"""The seam between the engine and what makes a kind of job run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, Unpack

from azjobs.jobs.records import NewRecord
from azjobs.jobs.states import JobState

if TYPE_CHECKING:
    from azjobs.jobs.engine import Engine
    from azjobs.jobs.journal import JobRow
    from azjobs.jobs.reasons import Reason


class Changes(TypedDict, total=False):
    """What a runner writes about its job in one transaction; what is left out or None stays as it is.

    Attributes:
        state: the state that follows.
        reason: why it failed or was stopped.
        status_message: what it does or waits for, in words.
        detail: all that the runner wants to remember; replaces what was there.
        records: what the job said.
        next_look: when Azure is to be asked again, in seconds since 1970.
        release: give the job up: nobody owns it then, and the next wait adopts it.
    """

    state: JobState | None
    reason: Reason | None
    status_message: str | None
    detail: Mapping[str, Any] | None
    records: Sequence[NewRecord]
    next_look: float | None
    release: bool


class JobControl(Protocol):
    """A runner's hold on one job that this process owns.

    Writes made in one call are one transaction. `write` blocks until they are committed; `write_async` is for the
    engine's loop. Both raise `LostOwnership` (azjobs.jobs.rows) when the job was adopted by another process or removed.
    """

    job_id: int

    @property
    def row(self) -> JobRow:
        """The job as last read or written by this process."""

    def write(self, **changes: Unpack[Changes]) -> JobRow:
        """Commit changes and new records, together."""

    async def write_async(self, **changes: Unpack[Changes]) -> JobRow:
        """As `write`, awaited on the engine's loop."""

    def insist(self, **changes: Unpack[Changes]) -> JobRow:
        """As `write`; while the disk takes nothing, again and again until this process ends."""

    async def insist_async(self, **changes: Unpack[Changes]) -> JobRow:
        """As `insist`, awaited on the engine's loop."""


class Runner(Protocol):
    """What makes one kind of job run. One instance a process, made by the engine when the first such job is seen."""

    def __init__(self, engine: Engine) -> None: ...

    def start(self, control: JobControl, work: Any) -> None:
        """Start a new job; called on the submitting thread and must return at once.

        Args:
            control: the job, NotStarted and committed.
            work: what only this process knows (a callable, arguments, secrets); never stored.
        """

    def adopt(self, control: JobControl) -> None:
        """Take up a job whose owner is gone; called on a thread of the caller and must return at once.

        A runner whose jobs cannot be taken up writes Failed with an `OwnerGone` reason.
        """

    def stop(self, control: JobControl, *, cancel: bool) -> None:
        """Stop a job that this process owns; return when it has stopped (blocking call).

        Afterwards the state is Stopped, or Disconnected where only the watching can end, or what the job reached first.
        """

    def accepted(self, control: JobControl) -> bool:
        """Whether the job would survive the end of this process as it should: the interpreter's exit waits for this."""

    def close(self) -> None:
        """The process ends: end what is attached to it (blocking call)."""
