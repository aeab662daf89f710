"""Thread jobs: a plain function on a thread of this process; it ends with the process."""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import queue
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azjobs.errors import AzJobsError, UsageError
from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import NewRecord, Payload, Stream
from azjobs.jobs.runner import JobControl
from azjobs.jobs.states import JobState

if TYPE_CHECKING:
    from azjobs.jobs.engine import Engine

THREADS = 32  # thread jobs that run at once in one process; more wait as NotStarted


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadWork:
    """A call that is to be made on a thread."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    context: contextvars.Context


@dataclass(frozen=True, slots=True)
class _Queued:
    control: JobControl
    work: ThreadWork


class ThreadRunner:
    """Runs thread jobs, at most `THREADS` at once, first come first served."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[_Queued] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._threads = 0
        self._waiting: set[int] = set()
        self._unfinished: dict[int, JobControl] = {}

    def start(self, control: JobControl, work: ThreadWork) -> None:
        """Queue the call."""
        with self._lock:
            self._unfinished[control.job_id] = control
            self._waiting.add(control.job_id)
            self._queue.put(_Queued(control, work))
            if self._idle < len(self._waiting) and self._threads < THREADS:
                self._threads += 1
                threading.Thread(target=self._serve, name=f"azjobs-thread-{self._threads}", daemon=True).start()

    def adopt(self, control: JobControl) -> None:
        """A thread ends with its process: there is nothing to take up."""
        control.write(state=JobState.FAILED, reason=gone("thread"))

    def stop(self, control: JobControl, *, cancel: bool) -> None:
        """Stop a job that waits for a thread; a running function cannot be stopped from outside."""
        del cancel
        with self._lock:
            waiting = control.job_id in self._waiting
            self._waiting.discard(control.job_id)
        if not waiting:
            raise UsageError(
                f"Job {control.job_id} is a thread job that runs: Python cannot stop a thread from outside. "
                "Use start_job, whose jobs are processes, for work that must be stoppable."
            )
        control.write(state=JobState.STOPPED)

    def accepted(self, control: JobControl) -> bool:
        """A thread job belongs to this process and ends with it."""
        del control
        return True

    def close(self) -> None:
        """Say of the jobs that are cut off that they are."""
        with self._lock:
            left = list(self._unfinished.values())
        for control in left:
            with contextlib.suppress(Exception):
                control.write(
                    state=JobState.STOPPED,
                    reason=Reason(code="OwnerExited", message="its process ended before the job did."),
                )

    def _serve(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            item = self._queue.get()
            with self._lock:
                self._idle -= 1
                wanted = item.control.job_id in self._waiting
                self._waiting.discard(item.control.job_id)
            try:
                if wanted:
                    item.work.context.run(self._run, item.control, item.work)
            except (AzJobsError, OSError):
                continue  # removed, or the process is ending: `close` has said so
            except Exception as error:
                reason = Reason(code=type(error).__name__, message="What the function gave or raised cannot be shown.")
                with contextlib.suppress(Exception):
                    item.control.insist(state=JobState.FAILED, reason=reason)
            finally:
                with self._lock:
                    self._unfinished.pop(item.control.job_id, None)

    def _run(self, control: JobControl, work: ThreadWork) -> None:
        control.insist(state=JobState.RUNNING)
        try:
            value = work.function(*work.args, **work.kwargs)
            items = list(value) if inspect.isgenerator(value) else None
        except BaseException as error:
            if not (isinstance(error, SystemExit) and error.code in (None, 0)):
                control.insist(state=JobState.FAILED, reason=reason_of(error), records=[_error_record(error)])
                return
            value, items = None, None  # as of a process job: leaving without an error is no failure
        values = [value] if items is None else items
        records = [NewRecord(stream=Stream.OUTPUT, payload=payload) for payload in map(_payload, values) if payload]
        if len(records) < len(values):
            self._engine.keep_live(control.job_id, values)
            text = "Some output cannot be pickled: it is there in the process that ran the job, and nowhere else."
            payloads = [_payload(value) or Payload.text(repr(value)) for value in values]
            records = [NewRecord(stream=Stream.OUTPUT, payload=payload) for payload in payloads]
            records.append(NewRecord(stream=Stream.WARNING, payload=Payload.text(text)))
        detail = {**control.row.detail, "result": "value" if items is None else "items"}
        control.insist(state=JobState.COMPLETED, records=records, detail=detail)


def reason_of(error: BaseException) -> Reason:
    """Return the reason of a function that raised: the exception itself where another process can load it."""
    import pickle

    pickled: bytes | None = None
    with contextlib.suppress(Exception):
        candidate = pickle.dumps(error)
        pickle.loads(candidate)
        pickled = candidate
    text = "".join(traceback.format_exception(error))
    name = type(error).__name__
    message = ""
    with contextlib.suppress(Exception):
        message = str(error)
    return Reason(code=name, message=message or name, traceback=text, exception=pickled)


def gone(what: str) -> Reason:
    """Return the reason of a job whose process ended before it did."""
    message = f"The process that ran this {what} job ended before the job did."
    return Reason(code="OwnerGone", kind="OwnerGone", message=message)


def _error_record(error: BaseException) -> NewRecord:
    text = "".join(traceback.format_exception_only(error)).rstrip()
    return NewRecord(stream=Stream.ERROR, payload=Payload.text(text))


def _payload(value: object) -> Payload | None:
    with contextlib.suppress(Exception):
        payload = Payload.json(None) if value is None else Payload.pickled(value)
        payload.value()
        return payload
    return None
