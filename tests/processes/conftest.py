"""Every test of process jobs runs with both launchers, in a state folder of its own, and must leave no process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from azjobs.jobs import engine as engines
from azjobs.jobs.engine import Engine, engine
from azjobs.jobs.records import Record, Stream
from azjobs.jobs.rows import JobRow, NewJob
from azjobs.jobs.runners.process import ProcessWork


@pytest.fixture(params=["fork", "spawn"])
def launcher(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name = str(request.param)
    monkeypatch.setenv("AZJOBS_LAUNCHER", name)
    return name


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AZJOBS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class Jobs:
    """Starts process jobs and tells what became of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def start(self, target: Any, *args: Any, **options: Any) -> int:
        work = ProcessWork(target=target, args=args, **options)
        new = NewJob(kind="process", name="", command="a test", type_name="BackgroundJob")
        return self.engine.submit(new, work).id

    def wait(self, job_id: int) -> JobRow:
        return self.engine.wait([job_id])[0]

    def run(self, target: Any, *args: Any, **options: Any) -> JobRow:
        return self.wait(self.start(target, *args, **options))

    def row(self, job_id: int) -> JobRow:
        return self.engine.journal.get(job_id)

    def stop(self, job_id: int) -> JobRow:
        self.engine.stop(self.row(job_id), cancel=False)
        return self.row(job_id)

    def records(self, row: JobRow | int) -> list[Record]:
        return self.engine.journal.records(row if isinstance(row, int) else row.id)

    def said(self, row: JobRow | int) -> list[tuple[str, Any]]:
        return [(record.stream.value, record.value) for record in self.records(row)]

    def texts(self, row: JobRow | int, stream: Stream) -> list[Any]:
        return [record.value for record in self.records(row) if record.stream is stream]

    def output(self, row: JobRow | int) -> list[Any]:
        return self.texts(row, Stream.OUTPUT)


@pytest.fixture
def jobs(launcher: str, home: Path) -> Iterator[Jobs]:
    before = set(psutil.Process().children(recursive=True))
    yield Jobs(engine())
    engines.close()
    assert [process for process in psutil.Process().children(recursive=True) if process not in before] == []


def eventually(holds: Callable[[], Any], seconds: float = 20) -> Any:
    """Return what `holds` gives once it is true; fail when it never is."""
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.01)
    return value


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def number_in(path: Path) -> int:
    """Return the number that a job writes into a file, when it has."""
    return int(eventually(lambda: path.exists() and path.read_text().strip()))
