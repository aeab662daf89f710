"""Process jobs: a function, a script or a command line in a process of its own, supervised by this one."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from azjobs.errors import JobError
from azjobs.jobs.runner import JobControl
from azjobs.jobs.runners.process_launching import VARIABLE, Launcher
from azjobs.jobs.runners.process_outcome import Cause, owner_gone
from azjobs.jobs.runners.process_work import ProcessWork
from azjobs.jobs.states import JobState

if TYPE_CHECKING:
    from azjobs.jobs.engine import Engine
    from azjobs.jobs.runners.process_watch import ProcessWatch

__all__ = ["ProcessRunner", "ProcessWork"]

_PATIENCE = 30.0  # seconds beyond the grace until a stop that shows no end is given up


class ProcessRunner:
    """Runs process jobs; they are attached to this process and end with it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._launcher: Launcher | None = None
        self._watches: dict[int, ProcessWatch] = {}
        self._closed = False

    def start(self, control: JobControl, work: ProcessWork) -> None:
        """Start the process and its supervision; return at once.

        Raises:
            JobError: the system cannot start it.
        """
        from azjobs.jobs.runners.process_watch import ProcessWatch

        job_id = control.job_id
        with self._lock:
            if self._closed:
                raise JobError("This process is ending: no job can be started any more.", job_id=job_id)
            try:
                watch = ProcessWatch(self._engine, control, work, self._launching())
            except OSError as error:
                raise JobError(
                    f"The job's process cannot be started: {error.strerror or error}. "
                    "Start fewer jobs at once, or raise the limits (ulimit -n, ulimit -u).",
                    job_id=job_id,
                ) from error
            self._watches[job_id] = watch
        self._engine.spawn(watch.run(lambda: self._forget(job_id)))

    def adopt(self, control: JobControl) -> None:
        """A process job ends with its owner: say that this one did."""
        owner = control.row.detail.get("owner_pid")
        control.write(state=JobState.FAILED, reason=owner_gone(owner))

    def stop(self, control: JobControl, *, cancel: bool) -> None:
        """End a job with everything below it; return when all of it is gone.

        Raises:
            JobError: a process does not end even when it is killed.
        """
        del cancel
        with self._lock:  # it may be starting just now
            watch = self._watches.get(control.job_id)
        if watch is None:
            return
        self._engine.loop.call_soon_threadsafe(watch.end, Cause.STOP)
        if not watch.done.wait(watch.grace + _PATIENCE):
            if watch.gone:
                text = f"Job {control.job_id} has ended, which cannot be written down yet: see `azjobs doctor`."
                raise JobError(text, job_id=control.job_id)
            raise JobError(
                f"Job {control.job_id} does not end: the system holds one of its processes "
                "(a device or file server that does not answer, most often). It ends as soon as that lets go of it.",
                job_id=control.job_id,
            )

    def accepted(self, control: JobControl) -> bool:
        """A process job ends with its owner: there is nothing to wait for."""
        del control
        return True

    def close(self) -> None:
        """End every job of this process, and the helpers."""
        with self._lock:
            self._closed = True
            watches = list(self._watches.values())
        for watch in watches:
            self._engine.loop.call_soon_threadsafe(watch.end, Cause.OWNER_EXITS)
        for watch in watches:
            watch.done.wait(watch.grace + _PATIENCE)
        if self._launcher is not None:
            self._launcher.close()

    def _launching(self) -> Launcher:
        if self._launcher is None:
            self._launcher = _launcher(self._engine)
        return self._launcher

    def _forget(self, job_id: int) -> None:
        self._watches.pop(job_id, None)


def _launcher(engine: Engine) -> Launcher:
    if sys.platform == "linux" and os.environ.get(VARIABLE) != "spawn":
        from azjobs.jobs.runners.process_zygotes import ZygoteLauncher

        return ZygoteLauncher(engine)
    from azjobs.jobs.runners.process_spawn import SpawnLauncher

    return SpawnLauncher(engine)
