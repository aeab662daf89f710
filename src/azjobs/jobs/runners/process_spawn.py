"""The launcher that starts a new interpreter for each job: where there is no fork, and where it is asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from azjobs.jobs.runners import process_tree
from azjobs.jobs.runners.process_launching import JOB_VARIABLE, Ends, import_path, interpreter, keep_from_forks
from azjobs.jobs.runners.process_outcome import Death

if TYPE_CHECKING:
    from azjobs.jobs.engine import Engine

_BOOTSTRAP = """
import os, sys
sys.path += sys.argv[2].split(os.pathsep)
from azjobs.jobs.runners.child_spawned import main
main(int(sys.argv[1]))
"""


class SpawnLauncher:
    """Launches jobs as new interpreters that watch for the end of their owner themselves."""

    name = "spawn"

    def __init__(self, engine: Engine) -> None:
        self._loop = engine.loop
        self._lock = threading.Lock()
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def launch(self, key: int, *, azure: bool, instance_id: str, grace: float, died: Callable[[Death], None]) -> Ends:
        """Start an interpreter for a job; see `Launcher`."""
        del azure
        outbox, theirs = os.pipe()
        try:
            process = _start(theirs, instance_id)
        except BaseException:
            os.close(outbox)
            raise
        finally:
            os.close(theirs)
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stdin as inbox, process.stdout as output, process.stderr as error:
            ends = Ends(
                inbox=os.dup(inbox.fileno()),
                outbox=outbox,
                output=os.dup(output.fileno()),
                error=os.dup(error.fileno()),
            )
        process.stdin = process.stdout = process.stderr = None
        keep_from_forks(ends.inbox, ends.outbox, ends.output, ends.error)
        with self._lock:
            self._running[key] = process
        waiter = threading.Thread(
            target=self._await_end, args=(key, process, instance_id, grace, died), name="azjobs-job", daemon=True
        )
        waiter.start()
        return ends

    def stop(self, key: int, grace: float) -> None:
        """Ask a job's processes to end, and kill them when the grace is over; see `Launcher`."""
        process = self._running.get(key)
        if process is None or process.poll() is not None:
            return
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            process_tree.terminate([process.pid, *process_tree.descendants(process.pid)])
        self._loop.call_later(grace, self._kill, key, process)

    def close(self) -> None:
        """Kill what is left."""
        with self._lock:
            left = list(self._running.values())
        for process in left:
            process_tree.kill_tree(process.pid)
        for process in left:
            process.wait()

    def _kill(self, key: int, process: subprocess.Popen[bytes]) -> None:
        if self._running.get(key) is process and process.poll() is None:
            process_tree.kill_tree(process.pid)

    def _await_end(
        self,
        key: int,
        process: subprocess.Popen[bytes],
        instance_id: str,
        grace: float,
        died: Callable[[Death], None],
    ) -> None:
        status = process.wait()
        left = _end_leftovers(instance_id, grace)
        with self._lock:
            self._running.pop(key, None)
        died(Death(status=status, left=left))


def _start(outbox: int, instance_id: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, JOB_VARIABLE: instance_id}
    options: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    number = outbox
    if sys.platform == "win32":
        import msvcrt

        number = msvcrt.get_osfhandle(outbox)
        os.set_handle_inheritable(number, True)
        startup = subprocess.STARTUPINFO()
        startup.lpAttributeList = {"handle_list": [number]}
        options |= {"startupinfo": startup, "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    else:
        options |= {"pass_fds": (outbox,), "start_new_session": True}
    command = [*interpreter(), "-c", _BOOTSTRAP, str(number), os.pathsep.join(import_path())]
    return subprocess.Popen(command, env=environment, **options)


def _end_leftovers(instance_id: str, grace: float) -> tuple[str, ...]:
    """End what a job left running, found by the variable that it inherited from the job."""

    def left() -> list[int]:
        found = process_tree.with_variable(JOB_VARIABLE, instance_id)
        return [pid for pid in found if process_tree.alive(pid) and not process_tree.is_detached(pid)]

    first = left()
    names = tuple(f"{process_tree.name(pid)} (process {pid})" for pid in first)
    process_tree.terminate(first)
    while first and not process_tree.gone_within(left, grace):
        for pid in left():
            process_tree.kill_tree(pid)
    return names
