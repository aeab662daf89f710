"""A function as a process job gives what the plain call gives."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.processes.conftest import Jobs, eventually

from azjobs.errors import NothingToReceive
from azjobs.jobs.engine import engine
from azjobs.jobs.states import JobState
from azjobs.jobs.verbs import receive_job, start_job, stop_job, wait_job


def test_a_function_runs_in_another_process_and_its_result_is_received(jobs: Jobs) -> None:
    job = start_job(lambda a, b: (os.getpid(), a + b), (1,), {"b": 2})
    pid, total = receive_job(wait_job(job))
    assert total == 3
    assert pid not in (os.getpid(), os.getppid())
    with pytest.raises(NothingToReceive):
        receive_job(job)


@pytest.mark.parametrize("value", [None, True, 7, 2**80, 1.5, "täxt\n\udcff", b"\0", [1, {"a": (2,)}], {1: {2}}])
def test_a_result_keeps_its_type(jobs: Jobs, value: object) -> None:
    row = jobs.run(lambda: value)
    assert row.state is JobState.COMPLETED
    assert jobs.output(row) == [value]
    assert type(jobs.output(row)[0]) is type(value)


def test_a_class_of_the_callers_own_comes_back_as_itself(jobs: Jobs) -> None:
    @dataclass
    class Point:
        x: int

    assert jobs.output(jobs.run(lambda: Point(3))) == [Point(3)]


def test_closures_partials_and_bound_methods_can_be_targets(jobs: Jobs) -> None:
    offset = 10
    ids = [jobs.start(lambda x: x + offset, 1), jobs.start(functools.partial(pow, 2), 5), jobs.start("a-b".split, "-")]
    assert [jobs.output(jobs.wait(job_id)) for job_id in ids] == [[11], [32], [["a", "b"]]]


def test_each_item_of_a_generator_is_a_record_as_it_is_yielded(jobs: Jobs, tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    def items() -> Iterator[int]:
        import time

        yield 1
        while not gate.exists():
            time.sleep(0.01)
        yield 2

    job_id = jobs.start(items)
    assert eventually(lambda: jobs.output(job_id)) == [1]
    gate.touch()
    row = jobs.wait(job_id)
    assert jobs.output(row) == [1, 2]
    assert row.detail["result"] == "items"


def test_coroutines_and_asynchronous_generators_are_run_to_their_end(jobs: Jobs) -> None:
    async def value() -> str:
        return "done"

    async def items() -> AsyncIterator[int]:
        for number in range(3):
            yield number

    assert jobs.output(jobs.run(value)) == ["done"]
    assert jobs.output(jobs.run(items)) == [0, 1, 2]


def test_a_large_argument_and_a_large_result_travel_whole(jobs: Jobs) -> None:
    data = os.urandom(3_000_000)
    assert jobs.output(jobs.run(lambda given: given[::-1], data)) == [data[::-1]]


def test_the_process_is_like_the_callers(jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_CALLER", "1")
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "only_here.py").write_text("VALUE = 42\n")

    def look() -> tuple[object, ...]:
        import only_here  # type: ignore[import-not-found]

        variables = [os.environ.get(name) for name in ("OF_CALLER", "GIVEN")]
        return os.getcwd(), variables, only_here.VALUE, sys.prefix, sys.stdin.read()

    row = jobs.run(look, working_directory=tmp_path, environment={"GIVEN": "2"})
    assert jobs.output(row) == [(str(tmp_path), ["1", "2"], 42, sys.prefix, "")]


def test_the_environment_is_the_callers_at_the_time_of_the_call(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATER", "before")
    jobs.run(abs, 1)
    monkeypatch.setenv("LATER", "after")
    assert jobs.output(jobs.run(lambda: os.environ["LATER"])) == ["after"]


def test_initialization_runs_first_in_the_same_process(jobs: Jobs) -> None:
    def prepare() -> None:
        os.environ["PREPARED"] = str(os.getpid())

    row = jobs.run(lambda: os.environ["PREPARED"] == str(os.getpid()), initialization=prepare)
    assert jobs.output(row) == [True]


def test_jobs_do_not_see_each_others_changes(jobs: Jobs) -> None:
    def change() -> int:
        sys.modules["left_behind"] = sys
        os.environ["LEFT"] = "1"
        return os.getpid()

    first = jobs.output(jobs.run(change))
    seen = jobs.output(jobs.run(lambda: ("left_behind" in sys.modules, "LEFT" in os.environ, os.getpid())))
    assert seen[0][:2] == (False, False)
    assert seen[0][2] != first[0]


def test_many_jobs_run_at_the_same_time(jobs: Jobs, tmp_path: Path) -> None:
    def meet(number: int) -> int:
        import time

        (tmp_path / str(number)).touch()
        while len(list(tmp_path.glob("[0-9]*"))) < 12:
            time.sleep(0.01)
        return number

    ids = [jobs.start(meet, number) for number in range(12)]
    assert [jobs.output(jobs.wait(job_id)) for job_id in ids] == [[number] for number in range(12)]


def test_a_job_can_start_jobs_of_its_own(jobs: Jobs) -> None:
    def outer() -> int:
        from azjobs.jobs.verbs import receive_job, start_job, wait_job

        inner: int = receive_job(wait_job(start_job(abs, (-5,))))
        return inner + 1

    assert jobs.output(jobs.run(outer)) == [6]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_jobs_give_back_what_they_used(jobs: Jobs) -> None:
    def used() -> tuple[int, int]:
        descriptors = len(os.listdir("/proc/self/fd"))
        return descriptors, process.num_threads()

    process = psutil.Process()
    jobs.run(abs, 1)
    before = eventually(used)
    for job_id in [jobs.start(abs, number) for number in range(10)]:
        jobs.wait(job_id)
    eventually(lambda: used() <= before)


@pytest.mark.skipif(sys.platform != "linux", reason="the warm helper exists on Linux only")
def test_a_job_that_uses_azure_finds_the_sdk_loaded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZJOBS_LAUNCHER", raising=False)
    jobs = Jobs(engine())

    def look() -> list[bool]:
        import threading

        found = ["azure.mgmt.compute.models" in sys.modules, "azure.identity" in sys.modules]
        return [*found, threading.active_count() == 1]

    assert jobs.output(jobs.run(look)) == [[True, True, True]]
    assert jobs.output(jobs.run(lambda: "msal" in sys.modules)) == [False]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_arguments_are_on_no_command_line_and_in_no_environment(jobs: Jobs, tmp_path: Path) -> None:
    secret = "Pa$$w0rd-" + "x" * 20
    ready = tmp_path / "ready"

    def hold(secret: str) -> None:
        import time

        ready.write_text("ready")
        time.sleep(60)

    job = start_job(hold, (secret,))
    eventually(ready.exists)
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                assert secret.encode() not in (process / name).read_bytes()
            except OSError:
                continue
    stop_job(job)
    for file in (tmp_path / "home").rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
