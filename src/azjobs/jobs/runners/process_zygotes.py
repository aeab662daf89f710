"""The owner's side of its zygotes: small warm helper processes that fork one process per job (Linux)."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from azjobs.jobs.runners import process_tree
from azjobs.jobs.runners.process_launching import (
    JOB_VARIABLE,
    Ends,
    close_own,
    import_path,
    interpreter,
    keep_from_forks,
    leave_to_forks,
)
from azjobs.jobs.runners.process_outcome import Death

if TYPE_CHECKING:
    from azjobs.jobs.engine import Engine

assert sys.platform != "win32"

# What jobs that use Azure would spend most of a second to import; named, not imported: there is no Azure in jobs.
AZURE_MODULES = (
    "azure.identity",
    "azure.mgmt.compute",
    "azure.mgmt.compute.models",
    "aiohttp",
    "azjobs.operations.submit",
    "azjobs.commands.virtual_machine",
    "azjobs.commands.group",
)

_BOOTSTRAP = """
import os, sys
control = int(sys.argv[1])
size = int.from_bytes(os.read(control, 4), "big")
sys.path += os.fsdecode(os.read(control, size)).split(chr(0))
from azjobs.jobs.runners.zygote import main
main(control, int(sys.argv[2]), sys.argv[3:])
"""
_FULL = (errno.EAGAIN, errno.ETOOMANYREFS, errno.ENOBUFS)
_PAUSE = 0.002  # seconds until a helper that was not ready for more is asked again


class ZygoteLauncher:
    """Launches jobs by two zygotes, started when first needed: a bare one, and one with Azure's SDK loaded."""

    name = "fork"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._zygotes: dict[bool, Zygote] = {}
        self._of_job: dict[int, Zygote] = {}

    def launch(self, key: int, *, azure: bool, instance_id: str, grace: float, died: Callable[[Death], None]) -> Ends:
        """Have a zygote fork a process for a job; see `Launcher`."""
        zygote = self._zygote(azure)

        def gone(death: Death) -> None:
            self._of_job.pop(key, None)
            if death.lost is not None:
                process_tree.kill_marked(JOB_VARIABLE, instance_id)
            died(death)

        self._of_job[key] = zygote
        try:
            return zygote.start(key, grace, gone)
        except OSError:
            self._of_job.pop(key, None)
            raise

    def stop(self, key: int, grace: float) -> None:
        """Ask a job's processes to end; see `Launcher`."""
        zygote = self._of_job.get(key)
        if zygote is not None:
            zygote.post({"do": "stop", "job": key, "grace": grace})

    def close(self) -> None:
        """End the zygotes."""
        with self._lock:
            zygotes = list(self._zygotes.values())
            self._zygotes.clear()
        for zygote in zygotes:
            zygote.close()

    def _zygote(self, azure: bool) -> Zygote:
        with self._lock:
            zygote = self._zygotes.get(azure)
            if zygote is None or not zygote.serving:
                zygote = self._zygotes[azure] = Zygote(self._engine, AZURE_MODULES if azure else ())
            return zygote


class Zygote:
    """One helper process."""

    def __init__(self, engine: Engine, modules: Sequence[str]) -> None:
        self._loop = engine.loop
        self._lock = threading.Lock()
        self._died: dict[int, Callable[[Death], None]] = {}
        self._left: dict[int, list[str]] = {}
        self._waiting: deque[tuple[bytes, list[int]]] = deque()
        self._lines = b""
        self.serving = True
        self._control, theirs = socket.socketpair()
        with theirs:
            theirs.setblocking(True)  # whatever the caller's socket.setdefaulttimeout() says
            path = os.fsencode("\0".join(import_path()))
            self._control.sendall(len(path).to_bytes(4, "big") + path)
            self._control.setblocking(False)
            command = [*interpreter(), "-c", _BOOTSTRAP, str(theirs.fileno()), str(os.getpid()), *modules]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        assert self._process.stderr is not None
        self._complaints = self._process.stderr
        keep_from_forks(self._control.fileno(), self._complaints.fileno())
        _processes.append(self._process)
        self._loop.call_soon_threadsafe(self._loop.add_reader, self._control.fileno(), self._readable)

    def start(self, key: int, grace: float, died: Callable[[Death], None]) -> Ends:
        """Have a process forked for a job and return the owner's ends."""
        made: list[int] = []
        try:
            channel, theirs = socket.socketpair()
            theirs.setblocking(True)  # whatever the caller's socket.setdefaulttimeout() says
            made += channel.detach(), theirs.detach()
            made += os.pipe()
            made += os.pipe()
        except OSError:
            for fd in made:
                os.close(fd)
            raise
        inbox, channel_end, output, output_end, error, error_end = made
        keep_from_forks(inbox, output, error)
        self._died[key] = died
        self.post({"do": "start", "job": key, "grace": grace}, [channel_end, output_end, error_end])
        return Ends(inbox=inbox, outbox=inbox, output=output, error=error)

    def post(self, message: dict[str, Any], fds: Sequence[int] = ()) -> None:
        """Send a message, and descriptors that are closed here afterwards; never blocks."""
        keep_from_forks(*fds)
        with self._lock:
            self._waiting.append((json.dumps(message).encode() + b"\n", list(fds)))
            self._flush()

    def close(self) -> None:
        """End the helper; it kills what is left. Returns when it is gone."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._hang_up)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close_complaints()

    def _flush(self) -> None:
        while self._waiting:
            data, fds = self._waiting[0]
            try:
                if self.serving:
                    socket.send_fds(self._control, [data], fds)
            except OSError as error:
                if error.errno in _FULL:
                    self._loop.call_soon_threadsafe(self._loop.call_later, _PAUSE, self._flush_later)
                    return
                # The helper is gone; the end of file on the same socket settles its jobs.
            self._waiting.popleft()
            close_own(*fds)

    def _flush_later(self) -> None:
        with self._lock:
            self._flush()

    def _readable(self) -> None:
        try:
            data = self._control.recv(65536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        *lines, self._lines = (self._lines + data).split(b"\n")
        for line in lines:
            self._heard(json.loads(line))

    def _heard(self, message: dict[str, Any]) -> None:
        if "left" in message:
            self._left.setdefault(message["left"], []).append(f"{message['name']} (process {message['pid']})")
            return
        key = message["exit"]
        lost = f"The system could not start a process for the job: {message['error']}." if "error" in message else None
        self._settle(key, Death(status=message.get("status"), left=tuple(self._left.pop(key, ())), lost=lost))

    def _settle(self, key: int, death: Death) -> None:
        died = self._died.pop(key, None)
        if died is not None:
            died(death)

    def _lost(self) -> None:
        self._hang_up()
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        os.set_blocking(self._complaints.fileno(), False)
        said = (self._complaints.read() or b"").decode(errors="replace").strip()
        self._close_complaints()
        why = said.splitlines()[-1] if said else f"exit status {status}"
        text = f"The helper process that supervised the job ended ({why}), and the job with it."
        for key in list(self._died):
            self._settle(key, Death(lost=text))

    def _close_complaints(self) -> None:
        if not self._complaints.closed:
            leave_to_forks(self._complaints.fileno())
            self._complaints.close()

    def _hang_up(self) -> None:
        if not self.serving:
            return
        self.serving = False
        self._loop.remove_reader(self._control.fileno())
        with self._lock:
            self._flush()
        close_own(self._control.detach())


_processes: list[subprocess.Popen[bytes]] = []


def _in_forked_child() -> None:
    # The helpers are children of the parent: a fork can neither wait for them nor should warn that it did not.
    for process in _processes:
        process.returncode = 0


os.register_at_fork(after_in_child=_in_forked_child)
