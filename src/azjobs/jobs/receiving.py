"""Handing out what jobs said: results as the plain call gives them, errors as themselves, the rest said again."""

from __future__ import annotations

import contextlib
import logging
import pickle
import sys
import warnings
from collections.abc import Sequence
from typing import Any, TextIO

import azjobs.errors as errors
from azjobs.errors import JobFailed, JobStopped, JobTimeout, NothingToReceive
from azjobs.jobs.engine import Engine
from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import Record, Stream
from azjobs.jobs.rows import JobRow
from azjobs.jobs.states import JobState

logger = logging.getLogger("azjobs")


class JobWarning(UserWarning):
    """A warning that a job wrote."""


def receive(engine: Engine, row: JobRow, *, keep: bool) -> Any:
    """Return what is new of one job, as the plain call would have returned it.

    Raises:
        NothingToReceive: nothing is new.
        JobFailed, JobStopped: the job ended so; this is never consumed.
    """
    fresh = engine.journal.unreceived(row.id)
    if row.state is JobState.FAILED:
        others = [record for record in fresh if record.stream is not Stream.OUTPUT]
        _replay(row, others if keep else engine.journal.receive(row.id, others))
        raise failure(row)
    outputs = _outputs(fresh)
    value = _shape(engine, row, outputs) if outputs else None  # what cannot be read here is left to who can
    if not keep:
        taken = engine.journal.receive(row.id, fresh)
        if len(taken) < len(fresh):  # somebody else receives at the same time
            fresh, outputs = taken, _outputs(taken)
            value = _shape(engine, row, outputs) if outputs else None
    _replay(row, fresh)
    if not outputs and not _gave_no_items(engine, row):
        raise _nothing(row)
    return value if outputs else _shape(engine, row, outputs)


def result(engine: Engine, job_id: int, timeout: float | None) -> Any:
    """Wait for a job and return what the plain call would have returned, received or not."""
    settled = engine.wait([job_id], timeout=timeout)
    row = engine.journal.get(job_id)
    if not settled:
        raise timed_out([row], timeout)
    match row.state:
        case JobState.FAILED:
            raise failure(row)
        case JobState.STOPPED:
            raise stopped(row)
        case JobState.DISCONNECTED:
            raise _nothing(row)
        case _:
            return _shape(engine, row, engine.journal.records(job_id, stream=Stream.OUTPUT))


def failure(row: JobRow) -> BaseException:
    """Return the error that a failed job raises: the exception itself where it can be rebuilt, else by its reason."""
    reason = row.reason or Reason(code="Unknown", message="The job failed and left no reason.")
    if reason.exception is not None:
        with contextlib.suppress(Exception):
            error = pickle.loads(reason.exception)
            # What is no Exception (SystemExit, KeyboardInterrupt) ended the job, and must not end who asks for it.
            if isinstance(error, Exception):
                trace = f":\n{reason.traceback}" if reason.traceback else ""
                error.add_note(f"raised in job {row.id} ({row.name}){trace}")
                return error
    kind = getattr(errors, reason.kind, JobFailed)
    if not (isinstance(kind, type) and issubclass(kind, JobFailed)):
        kind = JobFailed
    failed = kind(f"Job {row.id} ({row.name}) failed. {reason}", job_id=row.id, reason=reason)
    if reason.traceback:
        failed.add_note(reason.traceback)
    return failed


def stopped(row: JobRow) -> JobStopped:
    """Return the error that a stopped job raises."""
    why = f": {row.reason.message}" if row.reason else "."
    return JobStopped(f"Job {row.id} ({row.name}) was stopped{why}", job_id=row.id)


def timed_out(rows: Sequence[JobRow], timeout: float | None) -> JobTimeout:
    """Return the error for jobs that did not end in time."""
    names = ", ".join(f"{row.id} ({row.state})" for row in rows)
    noun = "job" if len(rows) == 1 else "jobs"
    goes = "It goes" if len(rows) == 1 else "They go"
    text = f"After {timeout:g} s, {noun} {names} had not ended. {goes} on."
    return JobTimeout(text, job_id=rows[0].id if rows else None)


def _nothing(row: JobRow) -> errors.JobError:
    subject = f"Job {row.id} ({row.name})"
    match row.state:
        case JobState.STOPPED:
            return stopped(row)
        case JobState.COMPLETED:
            text = (
                f"{subject} has nothing new: its output was received already. "
                "keep=True leaves it for the next time; result() gives it again."
            )
        case JobState.DISCONNECTED:
            text = f"{subject} is Disconnected: Azure goes on, nobody watches. wait=True takes it up again and waits."
        case _:
            text = (
                f"{subject} is {row.state} and has nothing new. "
                "wait=True waits for it; keep=True looks at output without taking it."
            )
    return NothingToReceive(text, job_id=row.id)


def _outputs(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.stream is Stream.OUTPUT]


def _shape(engine: Engine, row: JobRow, outputs: Sequence[Record]) -> Any:
    live = engine.live(row.id)
    if live is not None:
        return live if row.detail.get("result") == "items" else live[0]
    if row.detail.get("result") == "items":
        return [record.value for record in outputs]
    return outputs[-1].value if outputs else None


def _gave_no_items(engine: Engine, row: JobRow) -> bool:
    """Whether the plain call would have given an empty sequence: that is a result too."""
    if row.state is not JobState.COMPLETED or row.detail.get("result") != "items":
        return False
    return not engine.journal.records(row.id, stream=Stream.OUTPUT)


def _replay(row: JobRow, records: Sequence[Record]) -> None:
    """Say here what the job said there, as Receive-Job does for the streams that are not output."""
    for record in records:
        match record.stream:
            case Stream.INFORMATION:
                _say(sys.stdout, record)
            case Stream.ERROR if row.state is not JobState.FAILED:
                _say(sys.stderr, record)
            case Stream.WARNING:
                warnings.warn(f"job {row.id}: {record.value}", JobWarning, stacklevel=5)
            case Stream.VERBOSE | Stream.DEBUG:
                level = logging.INFO if record.stream is Stream.VERBOSE else logging.DEBUG
                logger.log(level, "job %s: %s", row.id, record.value)


def _say(stream: TextIO | None, record: Record) -> None:
    """Write a line; what the stream's encoding does not have is escaped."""
    if stream is None:  # a program without a console
        return
    text = str(record.value)
    line = text if text.endswith("\n") else text + "\n"
    try:
        stream.write(line)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding))
