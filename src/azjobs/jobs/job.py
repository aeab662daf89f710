"""A job: a handle on something that runs, in this process or in any other that shares the journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar, overload

from azjobs.errors import JobNotFound
from azjobs.jobs.engine import Engine, engine
from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import Progress, Record, Stream
from azjobs.jobs.rows import JobRow
from azjobs.jobs.states import JobState
from azjobs.jobs.table import Column, render, render_html, terminal_width

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

COLUMNS = (
    Column("Id"),
    Column("Name", shrink=3),
    Column("PSJobTypeName", shrink=2),
    Column("State"),
    Column("HasMoreData"),
    Column("Location", shrink=1),
    Column("Command", shrink=3),
)


def cells(row: JobRow) -> list[str]:
    """Return a job's line of PowerShell's job table."""
    command = " ".join(row.command.split())
    return [str(row.id), row.name, row.type_name, str(row.state), str(row.has_more_data), row.location, command]


class Job(Generic[T_co]):
    """A handle on something that runs; the journal holds the job, so that each property is as of now.

    A job is the same job in every process: it can be passed to another one, pickled, and found again by its `id`.

    Example:
        >>> job = new_vm("MyVm", credential=credential, as_job=True)
        >>> job.state
        <JobState.RUNNING: 'Running'>
        >>> job.result(timeout=600).name
        'MyVm'
    """

    __slots__ = ("_id", "_instance_id")

    def __init__(self, job_id: int, instance_id: str) -> None:
        self._id = job_id
        self._instance_id = instance_id

    @property
    def id(self) -> int:
        """The number that a person types."""
        return self._id

    @property
    def instance_id(self) -> str:
        """The id that no other job anywhere has."""
        return self._instance_id

    @property
    def row(self) -> JobRow:
        """Everything that the journal says of the job now; raises JobNotFound when it was removed."""
        row = engine().journal.get(self._id)
        if row.instance_id != self._instance_id:
            text = f"Job {self._id} is another job in this journal: this one was started with another AZJOBS_HOME."
            raise JobNotFound(text, job_id=self._id)
        return row

    @property
    def name(self) -> str:
        """What the job is called; need not be unique."""
        return self.row.name

    @property
    def type_name(self) -> str:
        """PowerShell's PSJobTypeName: AzureLongRunningJob, BackgroundJob or ThreadJob."""
        return self.row.type_name

    @property
    def state(self) -> JobState:
        """Where the job is."""
        return self.row.state

    @property
    def has_more_data(self) -> bool:
        """Whether `receive_job` may have something."""
        return self.row.has_more_data

    @property
    def location(self) -> str:
        """Where the job runs."""
        return self.row.location

    @property
    def command(self) -> str:
        """What the job runs."""
        return self.row.command

    @property
    def status_message(self) -> str:
        """What the job is doing or waiting for, in words."""
        return self.row.status_message

    @property
    def reason(self) -> Reason | None:
        """Why the job failed or was stopped."""
        return self.row.reason

    @property
    def begin_time(self) -> datetime | None:
        """When the job began to run, UTC."""
        return self.row.begin_time

    @property
    def end_time(self) -> datetime | None:
        """When the job finished, UTC."""
        return self.row.end_time

    @property
    def children(self) -> JobList:
        """The job's children."""
        return JobList(Job[Any](row.id, row.instance_id) for row in engine().journal.children(self._id))

    @property
    def records(self) -> list[Record]:
        """Everything that the job has said so far, received or not, in its order."""
        return engine().journal.records(self._id)

    @property
    def progress(self) -> Progress | None:
        """The newest progress, or None; asking makes the job look more closely for a while."""
        current = engine()
        current.watch(self._id)
        record = current.journal.last(self._id, Stream.PROGRESS)
        return record.value if record is not None else None

    def wait(self, timeout: float | None = None) -> Job[T_co]:
        """Wait until the job has ended; see `wait_job`."""
        from azjobs.jobs.verbs import wait_job

        return wait_job(self, timeout=timeout)

    def receive(self, *, keep: bool = False, wait: bool = False, timeout: float | None = None) -> T_co:
        """Return what is new; see `receive_job`."""
        from azjobs.jobs.verbs import receive_job

        return receive_job(self, keep=keep, wait=wait, timeout=timeout)

    def result(self, timeout: float | None = None) -> T_co:
        """Wait for the job and return what the plain call would have returned; can be asked again and again.

        Args:
            timeout: seconds to wait.

        Raises:
            JobTimeout: the time ran out; the job goes on.
            JobFailed: the job failed (or the exception itself, where the job was a function that raised it).
            JobStopped: the job was stopped.
        """
        from azjobs.jobs.receiving import result

        found: T_co = result(engine(), self.row.id, timeout)
        return found

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the job and return the error that `result` would raise, or None."""
        from azjobs.errors import JobTimeout

        try:
            self.result(timeout)
        except JobTimeout:
            raise
        except Exception as error:
            return error
        return None

    def stop(self, *, cancel: bool = False) -> None:
        """Stop the job; see `stop_job`."""
        from azjobs.jobs.verbs import stop_job

        stop_job(self, cancel=cancel)

    def remove(self, *, force: bool = False) -> None:
        """Remove the job; see `remove_job`."""
        from azjobs.jobs.verbs import remove_job

        remove_job(self, force=force)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other._instance_id == self._instance_id

    def __hash__(self) -> int:
        return hash(self._instance_id)

    def __repr__(self) -> str:
        return repr(JobList([self]))

    def _repr_html_(self) -> str:
        return JobList([self])._repr_html_()

    def __reduce__(self) -> tuple[Any, ...]:
        return Job, (self._id, self._instance_id)


class JobList(Sequence[Job[Any]]):
    """Several jobs, shown as PowerShell's job table."""

    def __init__(self, jobs: Any = ()) -> None:
        self._jobs: list[Job[Any]] = list(jobs)

    @overload
    def __getitem__(self, index: int) -> Job[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> JobList: ...
    def __getitem__(self, index: int | slice) -> Job[Any] | JobList:
        return JobList(self._jobs[index]) if isinstance(index, slice) else self._jobs[index]

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job[Any]]:
        return iter(self._jobs)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return render(COLUMNS, self._cells(), terminal_width())

    def _repr_html_(self) -> str:
        return render_html(COLUMNS, self._cells())

    def _cells(self) -> list[list[str]]:
        rows = {row.id: row for row in engine().journal.many(job.id for job in self._jobs)}
        return [cells(rows[job.id]) if job.id in rows else _removed(job) for job in self._jobs]


def handle(row: JobRow) -> Job[Any]:
    """Return the handle on a job of the journal."""
    return Job(row.id, row.instance_id)


def handles(rows: Sequence[JobRow]) -> JobList:
    """Return the handles on jobs of the journal."""
    return JobList(handle(row) for row in rows)


def _removed(job: Job[Any]) -> list[str]:
    return [str(job.id), "(removed)", "", "", "False", "", ""]


__all__ = ["COLUMNS", "Engine", "Job", "JobList", "cells", "handle", "handles"]
