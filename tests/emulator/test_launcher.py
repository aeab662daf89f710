"""Starting, finding and stopping an emulator's process."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azjobs import emulator
from azjobs.emulator import EmulatorError, RunningEmulator, tokens, wellknown
from azjobs.emulator.wellknown import CONTROL_SECRET_HEADER

SECOND = f"/subscriptions/{wellknown.SUBSCRIPTION_ID}"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    emulator.stop(tmp_path / "home")


def ask(running: RunningEmulator, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """One request over TLS, trusting the emulator's authority alone."""
    context = ssl.create_default_context(cafile=str(running.ca_file))
    connection = http.client.HTTPSConnection("127.0.0.1", running.port, timeout=10, context=context)
    token = tokens.issue(running.endpoint, running.endpoint, time.time())
    try:
        fields = {"Authorization": f"Bearer {token}", **headers}
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
        connection.request(method, path, content, fields)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None
    finally:
        connection.close()


def kill(running: RunningEmulator) -> None:
    """End its process at once, and wait until it has ended."""
    os.kill(running.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    os.waitpid(running.pid, 0)


def group(name: str = "g") -> str:
    return f"{SECOND}/resourceGroups/{name}?api-version=2024-07-01"


def test_it_starts_answers_over_tls_is_found_and_stops(home: Path) -> None:
    assert emulator.status(home) is None
    running = emulator.start(home, speed=50)
    assert running.endpoint == f"https://127.0.0.1:{running.port}"
    assert emulator.status(home) == running
    assert ask(running, "GET", "/_emulator/status")[1]["speed"] == 50
    assert emulator.stop(home) is True
    assert emulator.status(home) is None
    assert emulator.stop(home) is False
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)


def test_its_secret_is_not_in_its_repr(home: Path) -> None:
    running = emulator.start(home)
    assert running.client_secret == wellknown.CLIENT_SECRET
    assert wellknown.CLIENT_SECRET not in repr(running)


def test_starting_twice_gives_the_same_one(home: Path) -> None:
    found: list[RunningEmulator] = []
    threads = [threading.Thread(target=lambda: found.append(emulator.start(home))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({running.pid for running in found}) == 1
    assert len(found) == 4


def test_two_processes_that_start_at_once_start_one(home: Path) -> None:
    script = f"from pathlib import Path; from azjobs.emulator import start; print(start(Path({str(home)!r})).pid)"
    environment = {**os.environ, "PYTHONPATH": str(Path(emulator.__file__).parents[2])}
    both = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", script], stdout=subprocess.PIPE, env=environment)
        for _ in range(2)
    ]
    pids = {process.communicate()[0] for process in both}
    assert len(pids) == 1
    assert {process.returncode for process in both} == {0}
    # It has outlived the process that started it.
    running = emulator.status(home)
    assert running is not None
    assert ask(running, "GET", "/_emulator/status")[0] == 200


def test_it_takes_the_same_port_and_authority_again(home: Path) -> None:
    first = emulator.start(home)
    authority = first.ca_file.read_bytes()
    emulator.stop(home)
    again = emulator.start(home)
    assert (again.port, again.ca_file.read_bytes()) == (first.port, authority)


def test_a_port_in_use_is_named_with_what_to_do(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmulatorError, match=f"^Port {port} is in use by another program: .*choose another one"):
            emulator.start(home, port=port)
        assert emulator.status(home) is None


def test_a_remembered_port_in_use_is_named_with_what_to_do(home: Path) -> None:
    port = emulator.start(home).port
    emulator.stop(home)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(EmulatorError, match=f"^Port {port}, which the emulator had last time, is in use"):
            emulator.start(home)


def test_one_that_runs_on_another_port_than_the_one_asked_for_is_said_to(home: Path) -> None:
    running = emulator.start(home)
    other = running.port - 1
    with pytest.raises(EmulatorError, match=f"already runs on port {running.port}"):
        emulator.start(home, port=other)


@pytest.mark.parametrize(("speed", "port"), [(0.0, None), (-1.0, None), (float("nan"), None), (1.0, 70000)])
def test_a_speed_or_a_port_that_makes_no_sense_is_refused(home: Path, speed: float, port: int | None) -> None:
    with pytest.raises(EmulatorError, match="must be"):
        emulator.start(home, speed=speed, port=port)


def test_a_killed_one_is_no_emulator_and_the_next_start_works(home: Path) -> None:
    killed = emulator.start(home)
    kill(killed)
    assert emulator.status(home) is None
    assert emulator.stop(home) is False
    again = emulator.start(home)
    assert (again.port, again.pid != killed.pid) == (killed.port, True)


def test_one_that_cannot_start_says_why_in_one_sentence(home: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "state.json"
    damaged.write_text("not json")
    with pytest.raises(EmulatorError, match=r"^The emulator did not start: The state file .* cannot be read .*move it"):
        emulator.start(home, state_file=damaged)
    assert damaged.read_text() == "not json"


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(EmulatorError, match=r"cannot be made .*: choose another one"):
        emulator.start(in_the_way / "home")


def test_what_it_knows_survives_a_stop_and_an_operation_goes_on_where_it_was(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "state.json"
    running = emulator.start(home, speed=1, state_file=file)
    assert running.state_file == file
    assert ask(running, "PUT", group(), {"location": "eastus"})[0] == 201
    assert ask(running, "PUT", group("gone"), {"location": "eastus"})[0] == 201
    assert ask(running, "DELETE", group("gone"))[0] == 202
    emulator.stop(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = emulator.start(home, speed=100_000, state_file=file)
    assert ask(again, "GET", group())[0] == 200
    deadline = time.monotonic() + 10
    while ask(again, "GET", group("gone"))[0] != 404:
        assert time.monotonic() < deadline


def test_what_it_knows_survives_a_kill_soon_after(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    running = emulator.start(home, state_file=file)
    ask(running, "PUT", group(), {"location": "eastus"})
    deadline = time.monotonic() + 10
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    kill(running)
    assert ask(emulator.start(home, state_file=file), "GET", group())[0] == 200


def test_it_stops_by_itself_when_nobody_asks(home: Path) -> None:
    running = emulator.start(home, idle_seconds=0.2)
    assert wait_until_gone(running) == 0


def test_it_stays_while_an_operation_is_in_flight(home: Path) -> None:
    running = emulator.start(home, speed=20, idle_seconds=0.2)
    ask(running, "PUT", group(), {"location": "eastus"})
    ask(running, "DELETE", group())
    asked = time.monotonic()
    assert wait_until_gone(running) == 0
    # The deletion takes 20 s of emulator time: 1 s.
    assert time.monotonic() - asked >= 0.9


def wait_until_gone(running: RunningEmulator) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(running.pid, 0)[1])


def test_it_can_be_told_to_shut_down_only_with_the_secret(home: Path) -> None:
    running = emulator.start(home)
    assert ask(running, "POST", "/_emulator/shutdown")[0] == 403
    assert ask(running, "POST", "/_emulator/shutdown", **{CONTROL_SECRET_HEADER: "wrong"})[0] == 403
    right = {CONTROL_SECRET_HEADER: wellknown.CLIENT_SECRET}
    assert ask(running, "POST", "/_emulator/shutdown", **right)[0] == 200
    assert wait_until_gone(running) == 0


def test_a_signal_stops_it_with_its_state_saved(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    running = emulator.start(home, state_file=file)
    ask(running, "PUT", group(), {"location": "eastus"})
    os.kill(running.pid, signal.SIGTERM)
    assert wait_until_gone(running) == 0
    assert "/resourceGroups/g" in file.read_text()


def test_a_request_that_is_too_large_is_refused_as_arm_refuses_it(home: Path) -> None:
    running = emulator.start(home)
    status, body = ask(running, "PUT", group(), b" " * (5 * 1024 * 1024))
    assert (status, body["error"]["code"]) == (413, "RequestContentTooLarge")


def test_a_slow_client_keeps_nobody_waiting(home: Path) -> None:
    running = emulator.start(home)
    context = ssl.create_default_context(cafile=str(running.ca_file))
    with (
        socket.create_connection(("127.0.0.1", running.port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as slow,
    ):
        slow.sendall(b"PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        assert ask(running, "GET", "/_emulator/status")[0] == 200


def test_its_files_are_its_owners_alone(home: Path) -> None:
    emulator.start(home)
    private = [path for path in home.iterdir() if path.name != "emulator-ca.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert not [path.name for path in home.iterdir() if path.name.startswith("emulator-") and "ca" not in path.name]


def test_importing_the_emulator_loads_no_server() -> None:
    script = (
        "import sys, azjobs.emulator; "
        "heavy = {'asyncio', 'aiohttp', 'cryptography', 'ssl', 'azure', 'http.client'} & set(sys.modules); "
        "sys.exit(len(heavy))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(emulator.__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 0
