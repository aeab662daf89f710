"""The warm helper process that forks one process per job, and answers for every process below it.

It has one thread. Its owner writes lines of JSON to its control socket (`start` with the job's file descriptors,
`stop`) and reads lines back (`exit` when a job's process and all it left behind are gone). It is the subreaper of what
it starts. When its owner is gone it kills everything that is left, and ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from azjobs.jobs.runners import child, process_tree
from azjobs.jobs.runners.process_linux import become_subreaper

assert sys.platform != "win32"

FDS_PER_JOB = 3  # the job's channel, its standard output, its standard error
_BLOCKED = {signal.SIGTERM, signal.SIGCHLD, signal.SIGINT, signal.SIGHUP}
_TICK = 1.0  # seconds between looks at whether the owner is there, where no descriptor tells


@dataclass(slots=True)
class _Job:
    key: int
    pid: int
    grace: float
    deadline: float | None = None
    status: int | None = None


@dataclass(slots=True)
class _Orphan:
    """A process that a job left behind."""

    name: str
    deadline: float


def main(control: int, owner: int, modules: Sequence[str]) -> None:
    """Serve one owner until it is gone; never returns.

    Args:
        control: the file descriptor of the control socket.
        owner: the owner's process id.
        modules: what to import beforehand; those that are not there are left out.
    """
    for name in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    child.warm_up()
    gc.collect()
    gc.freeze()  # a job's collector would otherwise touch, and so copy, every page that it shares with this process
    become_subreaper()
    Zygote(socket.socket(fileno=control), owner).run()


class Zygote:
    """The helper's loop."""

    def __init__(self, control: socket.socket, owner: int) -> None:
        self._control = control
        self._owner = owner
        self._lines = b""
        self._fds: list[int] = []
        self._jobs: dict[int, _Job] = {}
        self._orphans: dict[int, _Orphan] = {}
        self._spared: set[int] = set()
        self._woken, waker = os.pipe()
        for fd in (self._woken, waker):
            os.set_blocking(fd, False)
        self._private = [self._woken, waker]
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, lambda number, frame: self._end())
        for ignored in (signal.SIGINT, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)
        self._tick = not self._watch_owner()

    def run(self) -> None:
        """Serve until the owner is gone."""
        while True:
            ready = {fd for fd, _ in self._poll.poll(self._timeout())}
            if self._woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
                self._reap()
            if self._control.fileno() in ready:
                self._read()
                ready.discard(self._control.fileno())
            if ready - {self._woken} or os.getppid() != self._owner:
                self._end()
            self._enforce()

    def _watch_owner(self) -> bool:
        # A fork of the owner may hold a copy of the socket, which then shows no end of file when the owner is killed.
        if sys.platform != "linux":
            return False
        try:
            owner = os.pidfd_open(self._owner)
        except OSError:
            return False
        self._private.append(owner)
        self._poll.register(owner, select.POLLIN)
        return True

    def _timeout(self) -> int | None:
        deadlines = [job.deadline for job in self._jobs.values() if job.deadline is not None]
        deadlines += [orphan.deadline for orphan in self._orphans.values()]
        waits = [deadline - time.monotonic() for deadline in deadlines]
        if self._tick:
            waits.append(_TICK)
        return None if not waits else max(0, int(min(waits) * 1000) + 1)

    # -- what the owner asks -----------------------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            data, fds, _, _ = socket.recv_fds(self._control, 65536, 253)
        except (ConnectionError, InterruptedError):
            data, fds = b"", []
        if not data:
            self._end()
        self._fds += fds
        *lines, self._lines = (self._lines + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message["do"] == "start":
                self._start(message)
            else:
                self._stop(message["job"], message["grace"])

    def _start(self, message: dict[str, Any]) -> None:
        fds, self._fds = self._fds[:FDS_PER_JOB], self._fds[FDS_PER_JOB:]
        # Until the child has its own handlers, a signal meant for it must wait and not be taken for the helper's.
        signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED)
        try:
            pid = os.fork()
        except OSError as error:
            self._tell({"exit": message["job"], "error": error.strerror or str(error)})
            pid = -1
        if pid == 0:
            self._become(fds)
        for fd in fds:
            os.close(fd)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED)
        if pid > 0:
            self._jobs[pid] = _Job(message["job"], pid, message["grace"])

    def _become(self, fds: list[int]) -> None:
        """Be the job's process from here on; never returns."""
        try:
            parent = os.getppid()
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in _BLOCKED:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED)
            self._control.close()
            for fd in self._private:
                os.close(fd)
            child.run_forked(*fds, parent=parent)
        finally:
            os._exit(70)

    def _stop(self, key: int, grace: float) -> None:
        for job in self._jobs.values():
            if job.key == key and job.status is None:
                process_tree.terminate([job.pid, *process_tree.descendants(job.pid)])
                job.grace = grace
                job.deadline = time.monotonic() + grace

    def _tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(message).encode() + b"\n")

    # -- what becomes of the processes -------------------------------------------------------------------------------

    def _reap(self) -> None:
        for pid, status in _ended_children():
            self._orphans.pop(pid, None)
            self._spared.discard(pid)
            if (job := self._jobs.get(pid)) is not None:
                job.status = os.waitstatus_to_exitcode(status)
                job.deadline = None
        self._sweep()

    def _sweep(self) -> None:
        """End what finished jobs left behind, and report the jobs that left nothing (any more).

        A running job is the subreaper of its own tree: an unknown child of this process belongs to no running job.
        """
        ended = [job for job in self._jobs.values() if job.status is not None]
        if not ended and not self._orphans:
            return
        known = self._jobs.keys() | self._orphans.keys() | self._spared
        for pid in process_tree.children(os.getpid()):
            if pid in known:
                continue
            if process_tree.is_detached(pid):
                self._spared.add(pid)
                continue
            grace = max((job.grace for job in ended), default=0.0)
            self._orphans[pid] = _Orphan(process_tree.name(pid), time.monotonic() + grace)
            process_tree.terminate([pid, *process_tree.descendants(pid)])
            for job in ended:
                self._tell({"left": job.key, "pid": pid, "name": self._orphans[pid].name})
        if self._orphans:
            return
        for job in ended:
            del self._jobs[job.pid]
            self._tell({"exit": job.key, "status": job.status})

    def _enforce(self) -> None:
        """Kill what has had its time to end by itself."""
        now = time.monotonic()
        for job in self._jobs.values():
            if job.deadline is not None and job.deadline <= now:
                job.deadline = None
                process_tree.kill_tree(job.pid)
        for pid, orphan in self._orphans.items():
            if orphan.deadline <= now:
                orphan.deadline = now + _TICK
                process_tree.kill_tree(pid)

    def _end(self) -> None:
        """Kill and reap everything; then end this process."""
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up:
            for pid, _ in _ended_children():
                self._spared.discard(pid)
            left = [pid for pid in process_tree.children(os.getpid()) if pid not in self._spared]
            self._spared |= {pid for pid in left if pid not in self._jobs and process_tree.is_detached(pid)}
            left = [pid for pid in left if pid not in self._spared]
            if not left:
                break
            for pid in left:
                process_tree.kill_tree(pid)
            time.sleep(0.001)
        os._exit(0)


def _ended_children() -> list[tuple[int, int]]:
    ended = []
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended.append(found)
    return ended
