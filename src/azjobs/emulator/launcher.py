"""Starting, finding and stopping the emulator's process. Light: no asyncio, no TLS, no server until it is needed.

An emulator belongs to a home folder. It holds a lock in there for as long as it lives, so a killed one is no emulator,
and writes `emulator.json` when it answers. That file stays behind: the next start takes the same port, so that saved
endpoints and poll URLs stay valid.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from azjobs.emulator import wellknown
from azjobs.emulator.home_files import HomeFiles, read_record, write_record
from azjobs.emulator.locking import FileLock

HOST = "127.0.0.1"
DEFAULT_SPEED = 20.0
DEFAULT_IDLE_SECONDS = 1800.0
_POLL_SECONDS = 0.02
_starting = threading.Lock()


class EmulatorError(Exception):
    """The emulator cannot be started, found or stopped. The message says what to do."""


@dataclass(frozen=True, kw_only=True)
class RunningEmulator:
    """An emulator that answers.

    Args:
        endpoint: Its address, for ARM and for Entra.
        port: Its port.
        pid: Its process.
        ca_file: The certificate authority that clients must trust, PEM. It stays the same for a home.
        speed: Seconds of emulator time per real second.
        state_file: Where it saves its state; None when it does not.
        home: The folder that it belongs to.
        throttle: "azure" when it limits requests as Azure does; None when it does not.
        tenant_id: The tenant.
        subscription_id: The first subscription.
        client_id: The application to sign in as.
        client_secret: The application's secret. Public, but kept out of the repr, as a secret should be.
    """

    endpoint: str
    port: int
    pid: int
    ca_file: Path
    speed: float
    state_file: Path | None
    home: Path
    throttle: str | None = None
    tenant_id: str = wellknown.TENANT_ID
    subscription_id: str = wellknown.SUBSCRIPTION_ID
    client_id: str = wellknown.CLIENT_ID
    client_secret: str = field(default=wellknown.CLIENT_SECRET, repr=False)


def start(
    home: Path,
    *,
    port: int | None = None,
    speed: float = DEFAULT_SPEED,
    state_file: Path | None = None,
    idle_seconds: float = DEFAULT_IDLE_SECONDS,
    throttle: str | None = None,
    faults_file: Path | None = None,
    timeout: float = 20.0,
) -> RunningEmulator:
    """Start the emulator of a home, detached from this process; the running one when it runs already.

    Args:
        home: The folder for its certificate authority, log and record; made when absent.
        port: The port; the one that it had last when not given, any free one the first time.
        speed: Seconds of emulator time per real second.
        state_file: Where its resources are loaded from and saved to; nowhere when not given.
        idle_seconds: After how many seconds without a request, and with nothing in flight, it stops.
        throttle: "azure" to limit requests as Azure does; they are not limited when not given.
        faults_file: A JSON file with the rules of the fault plan, see `azjobs.emulator.faults`.
        timeout: How many seconds to wait for it to answer.

    Returns:
        The emulator, answering.

    Raises:
        EmulatorError: It did not start, or runs already on another port than the one asked for.
    """
    if not 0 < speed < float("inf"):
        raise EmulatorError(f"The emulator's speed must be a number above 0, not {speed}.")
    if port is not None and not 0 < port < 65536:
        raise EmulatorError(f"The emulator's port must be between 1 and 65535, not {port}.")
    if throttle not in (None, "azure"):
        raise EmulatorError(f"The emulator throttles as 'azure' does or not at all, not as '{throttle}'.")
    files = HomeFiles(home=_made(home))
    with _exclusively(files, timeout):
        running = status(files.home)
        if running is not None:
            if port is not None and port != running.port:
                raise EmulatorError(
                    f"The emulator of {files.home} already runs on port {running.port}: use that one, "
                    "or stop it first to start it on another port."
                )
            return running
        chosen = port if port is not None else _last_port(files)
        if chosen is not None:
            _refuse_busy(chosen, remembered=port is None, files=files)
        options = ["--port", str(chosen or 0), "--speed", repr(float(speed))]
        options += ["--idle-seconds", repr(float(idle_seconds))]
        if throttle is not None:
            options += ["--throttle", throttle]
        for option, file in (("--state-file", state_file), ("--faults", faults_file)):
            if file is not None:
                options += [option, os.path.abspath(file)]
        return _launch(files, options, timeout)


def status(home: Path) -> RunningEmulator | None:
    """The running emulator of a home; None when none runs.

    Args:
        home: The home folder.
    """
    files = HomeFiles(home=Path(os.path.abspath(home)))
    if not FileLock(files.alive).is_held():
        return None
    record = read_record(files)
    if record is None or not record.get("pid"):
        return None
    state_file = record.get("state_file")
    return RunningEmulator(
        endpoint=f"https://{HOST}:{record['port']}",
        port=record["port"],
        pid=record["pid"],
        ca_file=files.ca_certificate,
        speed=record["speed"],
        state_file=Path(state_file) if state_file else None,
        home=files.home,
        throttle="azure" if record.get("throttled") else None,
    )


def stop(home: Path, timeout: float = 10.0) -> bool:
    """Stop the emulator of a home.

    Args:
        home: The home folder.
        timeout: How many seconds to wait for it to end.

    Returns:
        True when it has ended, its state saved; False when none ran.

    Raises:
        EmulatorError: It did not end in time.
    """
    files = HomeFiles(home=Path(os.path.abspath(home)))
    if not files.home.is_dir():
        return False
    with _exclusively(files, timeout):
        running = status(files.home)
        if running is None:
            return False
        _ask_to_stop(running, timeout)
        deadline = time.monotonic() + timeout
        while FileLock(files.alive).is_held() or _is_alive(running.pid, deadline):
            if time.monotonic() > deadline:
                raise EmulatorError(
                    f"The emulator (process {running.pid}) did not stop within {timeout:g} s; "
                    f"its log is {files.log}. End the process, then start the emulator again."
                )
            time.sleep(_POLL_SECONDS)
        return True


def _made(home: Path) -> Path:
    home = Path(os.path.abspath(home))
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise EmulatorError(
            f"The emulator's folder {home} cannot be made ({error.strerror}): choose another one."
        ) from None
    return home


@contextlib.contextmanager
def _exclusively(files: HomeFiles, timeout: float) -> Iterator[None]:
    """Be the only one who starts or stops the emulator of a home, in this process and beyond."""
    with _starting:
        lock = FileLock(files.starting)
        deadline = time.monotonic() + timeout + 1.0
        try:
            while not lock.acquire():
                if time.monotonic() > deadline:
                    raise EmulatorError(
                        f"Another process has been starting or stopping the emulator of {files.home} for more than "
                        f"{timeout:g} s: look at {files.log}, and try again."
                    )
                time.sleep(_POLL_SECONDS)
        except OSError as error:
            raise EmulatorError(
                f"The emulator's folder {files.home} cannot be written to ({error.strerror}): make it writable or "
                "choose another one."
            ) from None
        try:
            yield
        finally:
            lock.release()


def _forget_process(files: HomeFiles) -> None:
    """Keep an emulator that was killed from being taken for the one that is about to start."""
    record = read_record(files)
    if record is not None and record.get("pid"):
        write_record(files, {**record, "pid": None})


def _last_port(files: HomeFiles) -> int | None:
    record = read_record(files)
    return record["port"] if record is not None and 0 < record["port"] < 65536 else None


def _refuse_busy(port: int, *, remembered: bool, files: HomeFiles) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            origin = ", which the emulator had last time," if remembered else ""
            advice = f"or delete {files.record} to let it take another one" if remembered else "or choose another one"
            raise EmulatorError(
                f"Port {port}{origin} is in use by another program: end that program, {advice}."
            ) from None


def _launch(files: HomeFiles, options: list[str], timeout: float) -> RunningEmulator:
    # -P keeps the working directory, which may hold a module of any name, out of the server's sys.path.
    command = [sys.executable, "-P", "-m", "azjobs.emulator", "serve"]
    command += ["--home", str(files.home), *options]
    _forget_process(files)
    process = _spawn(command, files)
    deadline = time.monotonic() + timeout
    while True:
        running = status(files.home)
        if running is not None and running.pid == process.pid:
            _detached.append(process)
            return running
        code = process.poll()
        if code is not None:
            raise EmulatorError(f"The emulator did not start: {_last_line(files.log, code)} Its log is {files.log}.")
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise EmulatorError(
                f"The emulator did not answer within {timeout:g} s, so it was stopped. Its log is {files.log}."
            )
        time.sleep(_POLL_SECONDS)


class _Detached(subprocess.Popen[bytes]):
    """A process that is meant to outlive the one that started it."""

    def __del__(self) -> None:
        # Popen's own would warn that the process is still running.
        pass


_detached: list[_Detached] = []
"""The emulators that this process started. They outlive it; while it lives, it must reap them."""


def _spawn(command: list[str], files: HomeFiles) -> _Detached:
    # A process job ends what it leaves running, unless it is marked so: the emulator outlives who starts it.
    environment = {**os.environ, "AZJOBS_DETACHED": "1"}
    root = str(Path(__file__).resolve().parents[2])
    if root not in _installed_paths():
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    flags, own_session = 0, True
    if sys.platform == "win32":
        flags, own_session = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS, False
    descriptor = os.open(files.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as log:
        return _Detached(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=files.home,
            env=environment,
            close_fds=True,
            creationflags=flags,
            start_new_session=own_session,
        )


def _installed_paths() -> tuple[str, ...]:
    """The folders that every interpreter of this installation searches anyway."""
    return tuple(str(Path(path).resolve()) for path in sys.path if path.endswith(("site-packages", "dist-packages")))


def _last_line(log: Path, code: int) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    line = lines[-1].strip() if lines else f"it ended with exit code {code} and said nothing"
    return line if line.endswith(".") else f"{line}."


def _ask_to_stop(running: RunningEmulator, timeout: float) -> None:
    """Ask over HTTPS, which works on every platform and across containers; by a signal when it does not answer."""
    import http.client
    import ssl

    try:
        context = ssl.create_default_context(cafile=str(running.ca_file))
        connection = http.client.HTTPSConnection(HOST, running.port, timeout=min(timeout, 5.0), context=context)
        try:
            connection.request(
                "POST",
                f"{wellknown.CONTROL_PREFIX}/shutdown",
                headers={wellknown.CONTROL_SECRET_HEADER: running.client_secret},
            )
            connection.getresponse().read()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        with contextlib.suppress(OSError):
            os.kill(running.pid, signal.SIGTERM)


def _is_alive(pid: int, deadline: float) -> bool:
    """Whether a process that has let go of its lock is still ending. Reaps it when it is a child of this process."""
    for process in _detached:
        if process.pid == pid:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            if process.returncode is None:
                return True
            _detached.remove(process)
            return False
    if sys.platform == "win32":
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended and waits for its parent to notice."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        # Without /proc there is no telling: its lock is gone, so it has ended.
        return True
    return fields[0] in ("Z", "X")
