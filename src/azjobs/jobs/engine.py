"""The engine: one per process. It starts runners, owns this process's jobs, adopts orphans and wakes who waits."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from azjobs.errors import AzJobsError, UsageError
from azjobs.home import home
from azjobs.jobs import registry
from azjobs.jobs.control import Control
from azjobs.jobs.journal import Journal
from azjobs.jobs.owners import Owner, is_alive
from azjobs.jobs.reasons import Reason
from azjobs.jobs.rows import JobRow, LostOwnership, NewJob
from azjobs.jobs.runner import Runner
from azjobs.jobs.states import JobState
from azjobs.jobs.waiting import LOOK, ORPHANS, Waiting

if TYPE_CHECKING:
    import asyncio
    import concurrent.futures
    from pathlib import Path

T = TypeVar("T")

_REQUESTS = 0.2  # seconds between looks for stop requests, while this process owns jobs
_WATCH = 10.0  # seconds for which reading a job's progress counts as watching it


class Engine:
    """This process's part in the job system. Get it with `engine()`."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self._changed = threading.Condition()
        self._commits = 0
        self.journal = Journal.open(folder, self._on_commit)
        self._lock = threading.RLock()
        self._owner: Owner | None = None
        self._runners: dict[str, Runner] = {}
        self._controls: dict[int, Control] = {}
        self._mine: set[int] = set()
        self._watched: dict[int, float] = {}
        self._waiting: dict[int, int] = {}
        self._live: dict[int, list[Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._requests: threading.Thread | None = None
        self.closing = threading.Event()  # set when the jobs of this process are being ended
        self._serving: set[int] = set()

    # -- starting and adopting ---------------------------------------------------------------------------------------

    def submit(self, new: NewJob, work: Any) -> JobRow:
        """Write a new job to the journal and hand it to its runner; return it as NotStarted.

        Args:
            new: the job.
            work: what the runner needs and the journal must not hold.
        """
        runner = self.runner(new.kind)
        row = self.journal.create(new, self.owner_token)
        control = self._take(row)
        try:
            runner.start(control, work)
        except BaseException as error:
            reason = Reason(code=type(error).__name__, message=str(error) or repr(error))
            control.write(state=JobState.FAILED, reason=reason)
            raise
        return control.row

    def adopt(self, rows: Iterable[JobRow]) -> list[int]:
        """Take over those of the jobs whose owner is gone; return their ids.

        A job that another adopter took meanwhile is left to it.
        """
        taken = []
        for row in self.orphans(rows):
            claimed = self.journal.claim(row, self.owner_token)
            if claimed is not None:
                self.runner(claimed.kind).adopt(self._take(claimed))
                taken.append(claimed.id)
        return taken

    def is_orphan(self, row: JobRow) -> bool:
        """Whether nobody looks after an unfinished job."""
        return bool(self.orphans([row]))

    def orphans(self, rows: Iterable[JobRow]) -> list[JobRow]:
        """Return those of the jobs that are unfinished and that nobody looks after."""
        alive: dict[str, bool] = {}
        unfinished = [row for row in rows if not row.state.finished and not self.owns(row.id)]
        return [row for row in unfinished if not self._has_owner(row, alive)]

    def stop(self, row: JobRow, *, cancel: bool) -> None:
        """Stop a job, wherever it runs; return when it has stopped or its watching has ended.

        Raises:
            UsageError, JobError: it cannot be stopped; the text says why.
        """
        left: JobRow | None = row
        while left is not None:
            if not self.owns(left.id) and self.is_orphan(left):
                if left.state is JobState.DISCONNECTED and not cancel:
                    return
                self.adopt([left])
            with self._lock:
                control = self._controls.get(left.id)
            if control is not None:
                self.runner(left.kind).stop(control, cancel=cancel)
                return
            self.journal.request_stop(left.id, cancel=cancel)
            left = self._await_stop(left.id)

    def _await_stop(self, job_id: int) -> JobRow | None:
        """Wait until another process has stopped its job; return the job when that process is gone before it has."""
        while not self.wait([job_id], timeout=ORPHANS, adopt=False, until=_answered):
            left = self.journal.many([job_id])
            if not left or self.is_orphan(left[0]):
                return left[0] if left else None
        for row in self.journal.many([job_id]):
            if row.refusal is not None:
                raise UsageError(row.refusal)
        return None

    def runner(self, kind: str) -> Runner:
        """Return this process's runner for a kind of job."""
        with self._lock:
            if kind not in self._runners:
                self._runners[kind] = registry.runner_class(kind)(self)
            return self._runners[kind]

    @property
    def owner_token(self) -> str:
        """The name of this process among the owners of jobs."""
        with self._lock:
            if self._owner is None:
                self._owner = Owner(self.home)
                self._requests = threading.Thread(target=self._serve_requests, name="azjobs-requests", daemon=True)
                self._requests.start()
                _await_before_executors()
            return self._owner.token

    def owns(self, job_id: int) -> bool:
        """Whether this process looks after the job."""
        return job_id in self._controls

    def mine(self) -> set[int]:
        """Return the ids of the jobs that this process started or adopted."""
        return set(self._mine)

    def disowned(self, job_id: int) -> None:
        """A job needs no owner any more: it is finished or was released."""
        with self._lock:
            self._controls.pop(job_id, None)

    def _take(self, row: JobRow) -> Control:
        with self._lock:
            control = self._controls[row.id] = Control(self, row)
            self._mine.add(row.id)
        return control

    def _has_owner(self, row: JobRow, alive: dict[str, bool]) -> bool:
        if row.owner is None:
            return False
        if self._owner is not None and row.owner == self._owner.token:
            return True
        if row.owner not in alive:
            alive[row.owner] = is_alive(self.home, row.owner)
        return alive[row.owner]

    # -- what only this process has ----------------------------------------------------------------------------------

    def keep_live(self, job_id: int, values: list[Any]) -> None:
        """Keep a job's output objects that cannot be written down; they are there for as long as this process is."""
        self._live[job_id] = values

    def live(self, job_id: int) -> list[Any] | None:
        """Return what `keep_live` kept, or None."""
        return self._live.get(job_id)

    def forget(self, job_id: int) -> None:
        """Forget a removed job."""
        with self._lock:
            self._live.pop(job_id, None)
            self._mine.discard(job_id)
            self._controls.pop(job_id, None)

    # -- waiting -----------------------------------------------------------------------------------------------------

    def wait(
        self,
        ids: Iterable[int],
        *,
        any: bool = False,
        timeout: float | None = None,
        until: Callable[[JobRow], bool] = lambda row: row.state.settled,
        on_look: Callable[[], None] | None = None,
        adopt: bool = True,
    ) -> list[JobRow]:
        """Wait until all (or any) of the jobs satisfy `until`.

        Args:
            ids: the jobs.
            any: return when one does.
            timeout: seconds; None waits for ever.
            until: what is waited for; by default that nothing more will happen by itself.
            on_look: called on this thread about every 50 ms.
            adopt: take up the jobs that nobody looks after, Disconnected ones too, now and whenever an owner goes.

        Returns:
            The jobs that satisfy `until`; fewer than all when the time ran out. Removed jobs are left out.

        Raises:
            JobUnwatched: all that is left to wait for are jobs that nobody here can look after.
        """
        wanted = list(dict.fromkeys(ids))
        waiting = Waiting(self, wanted, until=until, any=any, timeout=timeout, on_look=on_look, adopt=adopt)
        with self._watching(wanted):
            return waiting.run()

    @property
    def commits(self) -> int:
        """How many transactions this process has committed."""
        return self._commits

    def sleep_until_commit(self, commits: int, seconds: float) -> None:
        """Sleep until this process has committed more than so many transactions, or for so many seconds."""
        with self._changed:
            if self._commits == commits:
                self._changed.wait(seconds)

    def watch(self, job_id: int) -> None:
        """Somebody looks at the job's progress now."""
        self._watched[job_id] = time.monotonic() + _WATCH

    def watching(self, job_id: int) -> bool:
        """Whether somebody waits for the job or has lately looked at its progress."""
        return self._waiting.get(job_id, 0) > 0 or self._watched.get(job_id, 0.0) > time.monotonic()

    @contextlib.contextmanager
    def _watching(self, ids: Sequence[int]) -> Any:
        with self._lock:
            for job_id in ids:
                self._waiting[job_id] = self._waiting.get(job_id, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                for job_id in ids:
                    self._waiting[job_id] -= 1
                    if not self._waiting[job_id]:
                        del self._waiting[job_id]

    def _on_commit(self) -> None:
        with self._changed:
            self._commits += 1
            self._changed.notify_all()

    def _serve_requests(self) -> None:
        """Do what other processes ask of this one's jobs."""
        version = -1
        token = self.owner_token
        while not self.closing.wait(_REQUESTS):
            with contextlib.suppress(AzJobsError):
                current = self.journal.data_version()
                if current == version or not self._controls:
                    continue
                version = current
                for job_id, request in self.journal.stop_requests(token):
                    if job_id in self._serving:
                        version = -1  # to be looked at again when what was asked before is done
                    elif control := self._controls.get(job_id):
                        self._serving.add(job_id)
                        threading.Thread(target=self._serve_request, args=(control, request), daemon=True).start()

    def _serve_request(self, control: Control, request: str) -> None:
        refusal = None
        try:
            self.runner(control.row.kind).stop(control, cancel=request == "cancel")
        except Exception as error:
            refusal = str(error) or type(error).__name__
        finally:
            self._serving.discard(control.job_id)
            with contextlib.suppress(AzJobsError):
                self.journal.answer_stop(control.job_id, request, refusal)

    # -- the loop ----------------------------------------------------------------------------------------------------

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The engine's asyncio loop; its thread starts when the loop is first asked for."""
        with self._lock:
            if self._loop is None:
                import asyncio

                loop = asyncio.new_event_loop()
                threading.Thread(target=_run_loop, args=(loop,), name="azjobs-engine", daemon=True).start()
                self._loop = loop
            return self._loop

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start a coroutine on the engine's loop."""
        import asyncio

        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the engine's loop and wait for it; an interrupt cancels it."""
        future = self.spawn(coroutine)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    # -- the end -----------------------------------------------------------------------------------------------------

    def unaccepted(self) -> list[int]:
        """Return the jobs that would be lost if the process ended now."""
        with self._lock:
            controls = list(self._controls.values())
        return [control.job_id for control in controls if not self.runner(control.row.kind).accepted(control)]

    def close(self) -> None:
        """Wait until what was started is safe, end what is attached to this process, and give everything back."""
        self.await_acceptance()
        self.closing.set()
        for runner in list(self._runners.values()):
            runner.close()
        loop = self._loop
        if loop is not None:
            _stop_loop(loop)
        if self._requests is not None and self._requests is not threading.current_thread():
            self._requests.join(timeout=2)
        self.journal.close()
        if self._owner is not None:
            self._owner.release()

    def await_acceptance(self) -> None:
        """Wait until no job would be lost if the process ended now."""
        pending = self.unaccepted()
        if not pending:
            return
        names = ", ".join(map(str, pending))
        sys.stderr.write(f"azjobs: waiting until Azure has accepted job {names} (Ctrl-C does not wait).\n")
        try:
            while self.unaccepted():
                self.sleep_until_commit(self._commits, LOOK)
        except KeyboardInterrupt:
            left = ", ".join(map(str, self.unaccepted()))
            sys.stderr.write(f"azjobs: Azure had not answered for job {left}; `azjobs wait --all` finds out.\n")

    def abandon(self) -> None:
        """A forked child: the parent's jobs, threads and connections are not its own."""
        if self._owner is not None:
            self._owner.forget()


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        for _ in range(4):
            # A TLS connection that was being made when it was cancelled needs some more rounds to close its socket.
            loop.run_until_complete(asyncio.sleep(0.002))
        loop.close()


def _stop_loop(loop: asyncio.AbstractEventLoop) -> None:
    loop.call_soon_threadsafe(loop.stop)
    deadline = time.monotonic() + 5
    while not loop.is_closed() and time.monotonic() < deadline:
        time.sleep(0.005)


_engine: Engine | None = None
_engine_lock = threading.Lock()


def engine() -> Engine:
    """Return this process's engine, made when it is first asked for (and anew after `AZJOBS_HOME` has changed).

    Raises:
        JournalError: the journal cannot be used.
    """
    global _engine
    folder = home()
    with _engine_lock:
        if _engine is not None and _engine.home != folder:
            _engine.close()
            _engine = None
        if _engine is None:
            _engine = Engine(folder)
        return _engine


def close() -> None:
    """Close this process's engine, as the end of the interpreter does."""
    global _engine
    with _engine_lock:
        current, _engine = _engine, None
    if current is not None:
        current.close()


def _await_before_executors() -> None:
    """Have the jobs' acceptance waited for while threads can still be started and handed work.

    The exit functions of `atexit`, `close` among them, come after those of the thread pools, when a job whose first
    request is still being sent could no longer be waited for. There is no public way to come before them.
    """
    import concurrent.futures.thread  # noqa: F401  registers its own exit function, which must come after ours

    register = getattr(threading, "_register_atexit", None)
    if register is not None:
        with contextlib.suppress(RuntimeError):  # the interpreter is ending already
            register(_main_thread_ended)


def _main_thread_ended() -> None:
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        close()  # such a process may end without the functions of `atexit`
    elif _engine is not None:
        # Other threads of the program may go on and use their jobs: these end after them, with `atexit`.
        _engine.await_acceptance()


def _answered(row: JobRow) -> bool:
    return row.state.settled or row.refusal is not None


def _in_forked_child() -> None:
    global _engine, _engine_lock
    inherited, _engine, _engine_lock = _engine, None, threading.Lock()
    if inherited is not None:
        inherited.abandon()
        _abandoned.append(inherited)


# Kept so that the garbage collector closes nothing of the parent's (a SQLite connection, above all) in the child.
_abandoned: list[Engine] = []

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_forked_child)
atexit.register(close)

__all__ = ["Control", "Engine", "LostOwnership", "close", "engine"]
