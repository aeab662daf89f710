"""PowerShell's job cmdlets in Python: get_job, wait_job, receive_job, stop_job, remove_job, start_job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

from azjobs.errors import InvalidArgument, JobNotFinished
from azjobs.jobs import receiving
from azjobs.jobs.engine import Engine, engine
from azjobs.jobs.job import Job, JobList, handle, handles
from azjobs.jobs.rows import JobRow, NewJob
from azjobs.jobs.selection import Selector, matching, resolve
from azjobs.jobs.states import JobState

T = TypeVar("T")


@overload
def get_job(job: Job[T], /) -> Job[T]: ...
@overload
def get_job(job: int, /) -> Job[Any]: ...
@overload
def get_job(
    job: str | Sequence[Selector] | None = None,
    /,
    *,
    state: JobState | str | None = None,
    command: str | None = None,
    newest: int | None = None,
    all_sessions: bool = False,
) -> JobList: ...
def get_job(
    job: Job[Any] | int | str | Sequence[Selector] | None = None,
    /,
    *,
    state: JobState | str | None = None,
    command: str | None = None,
    newest: int | None = None,
    all_sessions: bool = False,
) -> Job[Any] | JobList:
    """Return jobs, as Get-Job does.

    Args:
        job: a job or an id gives that job; a name (wildcards `*?[]`, any case) or a sequence gives a list; nothing
            gives the jobs that this process started or adopted. Ids and names are looked up in the whole journal.
        state: only jobs in this state.
        command: only jobs whose command matches this text or wildcard.
        newest: only so many, the newest by their ids.
        all_sessions: with no `job`: every job of the journal.

    Raises:
        JobNotFound: an id or a name without wildcards matches no job.

    Example:
        >>> get_job("*MyVm*", state="Running")
    """
    current = engine()
    if isinstance(job, (Job, int)):
        return handle(resolve(current, [job])[0])
    if job is not None:
        rows = resolve(current, job)
    elif all_sessions:
        rows = current.journal.all()
    else:
        rows = current.journal.many(sorted(current.mine()))
    return handles(matching(rows, state=state, command=command, newest=newest))


@overload
def wait_job(job: Job[T], /, *, any: bool = False, timeout: float | None = None) -> Job[T]: ...
@overload
def wait_job(job: int, /, *, any: bool = False, timeout: float | None = None) -> Job[Any]: ...
@overload
def wait_job(job: str | Iterable[Selector], /, *, any: bool = False, timeout: float | None = None) -> JobList: ...
def wait_job(
    job: Job[Any] | int | str | Iterable[Selector], /, *, any: bool = False, timeout: float | None = None
) -> Job[Any] | JobList:
    """Wait until jobs have ended and return them, as Wait-Job does.

    A job whose process is gone is taken up by this one; so is one that `stop_job` left Disconnected.

    Args:
        job: a job, an id, a name with wildcards, or several of them.
        any: return as soon as one has ended, with those that have.
        timeout: seconds; upstream returns nothing when they are over, this raises.

    Returns:
        The same job, or the jobs in the order given.

    Raises:
        JobNotFound: no such job.
        JobTimeout: the time ran out; the jobs go on.

    Example:
        >>> wait_job(get_job())
    """
    current = engine()
    single = isinstance(job, (Job, int))
    rows = resolve(current, [job] if isinstance(job, (Job, int)) else job)
    done = current.wait([row.id for row in rows], any=any, timeout=timeout)
    if len(done) < len(rows) and not (any and done):
        ended = {row.id for row in done}
        late = current.journal.many(row.id for row in rows if row.id not in ended)
        if late:
            raise receiving.timed_out(late, timeout)
    if single:
        return handle(rows[0])
    return handles(done if any else rows)


@overload
def receive_job(job: Job[T], /, *, keep: bool = False, wait: bool = False, timeout: float | None = None) -> T: ...
@overload
def receive_job(job: int, /, *, keep: bool = False, wait: bool = False, timeout: float | None = None) -> Any: ...
@overload
def receive_job(
    job: Iterable[Job[T]], /, *, keep: bool = False, wait: bool = False, timeout: float | None = None
) -> list[T]: ...
@overload
def receive_job(
    job: str | Iterable[Selector], /, *, keep: bool = False, wait: bool = False, timeout: float | None = None
) -> list[Any]: ...
def receive_job(
    job: Job[Any] | int | str | Iterable[Any],
    /,
    *,
    keep: bool = False,
    wait: bool = False,
    timeout: float | None = None,
) -> Any:
    """Return what jobs have given since the last time, of exactly the type that the plain call returns (Receive-Job).

    What the job printed, warned of and logged is said again here. A failure is raised every time; it is never consumed.

    Args:
        job: a job or an id gives its result; several, or a name, give a list.
        keep: leave what is returned for the next time.
        wait: wait for the end first.
        timeout: seconds to wait, with `wait`.

    Raises:
        NothingToReceive: nothing is new.
        JobFailed, JobStopped, JobTimeout: the job did not complete. Of several jobs the failures come together in one
            ExceptionGroup whose `results` holds the results of the others by job id.

    Example:
        >>> vm = receive_job(wait_job(job))
    """
    if isinstance(job, (Job, int)):
        ready: Job[Any] | int = wait_job(job, timeout=timeout) if wait else job
        return _receive_one(resolve(engine(), [ready])[0], keep=keep)
    rows = resolve(engine(), job)
    if wait:
        wait_job([row.id for row in rows], timeout=timeout)
        rows = engine().journal.many(row.id for row in rows)
    return _receive_several(rows, keep=keep)


def stop_job(job: Job[Any] | int | str | Iterable[Selector], /, *, cancel: bool = False) -> JobList:
    """Stop jobs and return them when they have stopped (Stop-Job).

    Stop is not cancel: of an Azure operation only the watching ends. The job is Disconnected then, Azure goes on, and
    `wait_job` takes it up again. A process job is killed with all its descendants.

    Args:
        job: a job, an id, a name with wildcards, or several. Finished ones are left as they are.
        cancel: ask Azure to cancel the operation, where the service can (deployments).

    Raises:
        UsageError: `cancel` was asked of an operation that cannot be cancelled; it goes on.
    """
    current = engine()
    rows = resolve(current, [job] if isinstance(job, (Job, int)) else job)
    _stop_all(current, [row for row in rows if not row.state.finished], cancel=cancel)
    return handles(rows)


def remove_job(job: Job[Any] | int | str | Iterable[Selector], /, *, force: bool = False) -> None:
    """Remove jobs with everything they said (Remove-Job).

    Args:
        job: a job, an id, a name with wildcards, or several.
        force: stop the unfinished ones first. An Azure operation goes on in Azure all the same.

    Raises:
        JobNotFinished: one is not finished and `force` was not given; none is removed then.
    """
    current = engine()
    rows = resolve(current, [job] if isinstance(job, (Job, int)) else job)
    unfinished = [row for row in rows if not row.state.finished]
    if unfinished and not force:
        row = unfinished[0]
        text = f"Job {row.id} ({row.name}) is {row.state}: stop it first, or remove it with force=True (--force)."
        raise JobNotFinished(text, job_id=row.id)
    _stop_all(current, unfinished, cancel=False)
    for row in rows:
        current.journal.remove(row.id)
        current.forget(row.id)


def start_job(
    target: Callable[..., T] | str | Path | Sequence[str],
    args: Iterable[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    initialization: Callable[[], Any] | None = None,
    working_directory: str | Path | None = None,
    environment: Mapping[str, str] | None = None,
    context: object | None = None,
    timeout: float | None = None,
) -> Job[T]:
    """Run a function, a script or a command line in a separate process (Start-Job).

    The process is given the Azure context: the one passed, else the current one when contexts are saved automatically.
    Neither arguments nor context are written down or put on a command line.

    Args:
        target: a function (lambdas, closures and functions of `__main__` too), the path of a Python script, or a
            command line as a sequence of texts.
        args: positional arguments; contexts and credentials may be among them.
        kwargs: arguments by keyword, for a function.
        name: what to call the job; `Job<Id>` when nothing is given.
        initialization: a function that is called in the process before the target.
        working_directory: where the process runs; the caller's own when nothing is given.
        environment: variables added to the caller's.
        context: the Azure context to act as.
        timeout: seconds after which the job is killed and Failed.

    Raises:
        InvalidArgument: the target cannot be run or an argument cannot be sent to another process.

    Example:
        >>> job = start_job(sum, [[1, 2, 3]])
        >>> receive_job(wait_job(job))
        6
    """
    from azjobs.jobs.runners.process import ProcessWork

    if isinstance(args, (str, bytes, Mapping)) or not isinstance(args, Iterable):
        raise InvalidArgument(f"args is a list of arguments: write args=[...] around {type(args).__name__}.")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        raise InvalidArgument(f"kwargs is a dictionary of arguments by name, not {type(kwargs).__name__}.")
    work = ProcessWork(
        target=target,
        args=tuple(args),
        kwargs=dict(kwargs or {}),
        context=context,
        working_directory=Path(working_directory) if working_directory is not None else None,
        environment=environment,
        initialization=initialization,
        timeout=timeout,
    )
    new = NewJob(kind="process", name=str(name or ""), command=_command(target), type_name="BackgroundJob")
    return handle(engine().submit(new, work))


def _command(target: object) -> str:
    if isinstance(target, (str, Path)):
        return str(target)
    if isinstance(target, Sequence):
        import shlex

        return shlex.join(map(str, target))
    return str(getattr(target, "__qualname__", None) or type(target).__qualname__)


def _stop_all(current: Engine, rows: Sequence[JobRow], *, cancel: bool) -> None:
    """Stop jobs side by side: stubborn processes share one grace period."""
    if len(rows) == 1:
        current.stop(rows[0], cancel=cancel)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=max(1, min(32, len(rows)))) as threads:
        stopping = [threads.submit(current.stop, row, cancel=cancel) for row in rows]
    problems = [error for future in stopping if isinstance(error := future.exception(), Exception)]
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ExceptionGroup(f"{len(problems)} of {len(rows)} jobs were not stopped", problems)


def _receive_one(row: JobRow, *, keep: bool) -> Any:
    return receiving.receive(engine(), row, keep=keep)


def _receive_several(rows: Sequence[JobRow], *, keep: bool) -> list[Any]:
    results: dict[int, Any] = {}
    failures: list[Exception] = []
    for row in rows:
        try:
            results[row.id] = _receive_one(row, keep=keep)
        except Exception as error:
            failures.append(error)
    if failures:
        group = ExceptionGroup(f"{len(failures)} of {len(rows)} jobs gave no result", failures)
        group.results = results  # type: ignore[attr-defined]
        raise group
    return list(results.values())
