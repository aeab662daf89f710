"""Fixtures of the command line's tests: `azjobs` as a process or in this one, journals with jobs, two emulators."""

from __future__ import annotations

import io
import json
import os
import shutil
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azjobs.jobs.engine import engine
from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import NewRecord, Payload, Progress, Stream
from azjobs.jobs.rows import NewJob
from azjobs.jobs.states import JobState

if TYPE_CHECKING:
    from azjobs.emulator.launcher import RunningEmulator

PASSWORD = "Canary-31c5aa-Passw0rd"


@dataclass(frozen=True)
class Said:
    """What a call of `azjobs` gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def sentences(self) -> list[str]:
        """What it said of itself, without where it acted."""
        return [line for line in self.err.splitlines() if not line.startswith("azjobs: Acting in ")]


Call = Callable[..., Said]


def environment() -> dict[str, str]:
    """Return the environment of a call: no login from outside, no colours, and Python as users run it."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "PYTHONUNBUFFERED"))}
    return {**mine, "NO_COLOR": "1", "COLUMNS": "80"}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "azjobs", *arguments]


@pytest.fixture
def azjobs() -> Call:
    """Run `azjobs …` as a process of its own."""

    def run(*arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> Said:
        done = subprocess.run(
            command(*arguments),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            input=stdin,
            env={**environment(), **(env or {})},
            timeout=50,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `azjobs …` in this process, which is quicker; each call begins as a new process would."""
    from azjobs.accounts import session, sources
    from azjobs.cli import main

    def run(*arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> Said:
        with monkeypatch.context() as patch:
            patch.setattr(session, "_state", session._State())
            patch.setattr(sources, "_sources", {})
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            capsys.readouterr()
            code = main(arguments)
            said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@dataclass(frozen=True)
class Jobs:
    """Writes jobs into the journal as their owner would have left them; the process that did is gone."""

    def add(
        self,
        state: JobState = JobState.COMPLETED,
        *,
        name: str = "",
        command: str = "measure",
        results: Sequence[Any] = (),
        reason: Reason | None = None,
        message: str = "",
        progress: Progress | None = None,
        type_name: str = "BackgroundJob",
    ) -> int:
        journal = engine().journal
        row = journal.create(
            NewJob(kind="process", name=name, command=command, type_name=type_name), engine().owner_token
        )
        from azjobs.jobs.journal import Change

        records = [NewRecord(stream=Stream.OUTPUT, payload=_payload(result)) for result in results]
        if progress is not None:
            records.append(NewRecord(stream=Stream.PROGRESS, payload=progress.to_payload()))
        path = [JobState.RUNNING, state] if state is not JobState.RUNNING else [JobState.RUNNING]
        for number, step in enumerate(path if state is not JobState.NOT_STARTED else [], start=1):
            last = number == len(path)
            change = Change(
                state=step,
                records=records if last else (),
                reason=reason if last else None,
                status_message=message if last else None,
            )
            row = journal.change(row.id, row.epoch, change).result()
        return row.id


def _payload(result: Any) -> Payload:
    return Payload.text(result) if isinstance(result, str) else Payload.json(result)


@pytest.fixture
def jobs() -> Jobs:
    """Return what writes jobs into this test's journal."""
    return Jobs()


@dataclass(frozen=True)
class Azure:
    """An emulator with somebody logged in, in this test's state folder."""

    running: RunningEmulator
    home: Path
    password_file: str

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to the emulator's control endpoints."""
        request = urllib.request.Request(
            f"{self.running.endpoint}/_emulator/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        trusted = ssl.create_default_context(cafile=str(self.running.ca_file))
        with urllib.request.urlopen(request, context=trusted) as answer:
            return json.load(answer)

    def writes(self) -> int:
        """Return how many requests that change something it was sent."""
        made = self.control("GET", "requests")["requests"]
        return sum(entry["count"] for entry in made if entry["method"] != "GET" and "/token" not in entry["path"])


@dataclass(frozen=True)
class _World:
    running: RunningEmulator
    accounts: Path


def _world(folder: Path, speed: float) -> Iterator[_World]:
    from azjobs.emulator import launcher

    home = folder / "home"
    home.mkdir(mode=0o700)
    try:
        running = launcher.start(home / "emulator", speed=speed, idle_seconds=300)
        login = subprocess.run(
            command("connect", "--environment", "Emulator"),
            capture_output=True,
            text=True,
            check=False,
            env={**environment(), "AZJOBS_HOME": str(home)},
            timeout=50,
        )
        assert login.returncode == 0, login.stderr
        yield _World(running, home / "accounts")
    finally:
        launcher.stop(home / "emulator")


@pytest.fixture(scope="session")
def _fast_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_World]:
    yield from _world(tmp_path_factory.mktemp("fast"), 600)


@pytest.fixture(scope="session")
def _slow_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_World]:
    yield from _world(tmp_path_factory.mktemp("slow"), 4)


def _move_in(world: _World, home: Path) -> Azure:
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "emulator").symlink_to(world.running.home)
    shutil.copytree(world.accounts, home / "accounts")
    password_file = home.with_name("password.txt")
    password_file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    azure = Azure(world.running, home, str(password_file))
    azure.control("POST", "reset")
    return azure


@pytest.fixture
def azure(_fast_world: _World, azjobs_home: Path) -> Azure:
    """An empty Azure in which a virtual machine takes a quarter of a second."""
    return _move_in(_fast_world, azjobs_home)


@pytest.fixture
def slow_azure(_slow_world: _World, azjobs_home: Path) -> Azure:
    """An empty Azure in which a virtual machine takes half a minute: longer than any test waits."""
    return _move_in(_slow_world, azjobs_home)
