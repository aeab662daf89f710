"""A process job that goes wrong is Failed and says why: with its exception, its exit code or the signal."""

from __future__ import annotations

import os
import sys
import time

import pytest
from tests.processes.conftest import Jobs

from azjobs.errors import JobFailed
from azjobs.jobs.records import Stream
from azjobs.jobs.states import JobState
from azjobs.jobs.verbs import receive_job, start_job, wait_job


def test_an_exception_is_raised_again_as_itself_with_its_traceback(jobs: Jobs) -> None:
    class Odd(ValueError):
        pass

    def fail() -> None:
        raise Odd("wrong", 7)

    job = start_job(fail)
    for _ in range(2):
        with pytest.raises(Odd) as caught:
            receive_job(wait_job(job))
    assert caught.value.args == ("wrong", 7)
    assert any("in fail" in note and "child.py" not in note for note in caught.value.__notes__)
    assert jobs.texts(job.id, Stream.ERROR)[0].endswith("Odd: ('wrong', 7)")


def test_an_exception_that_cannot_be_rebuilt_keeps_its_name_and_text(jobs: Jobs) -> None:
    class Needy(Exception):
        def __init__(self, one: str, two: str) -> None:
            super().__init__(f"{one} and {two}")

    def fail() -> None:
        raise Needy("one", "two")

    row = jobs.run(fail)
    assert row.reason is not None
    assert (row.reason.code, row.reason.message, row.reason.exception) == ("Needy", "one and two", None)


@pytest.mark.parametrize("code", [0, None])
def test_exiting_without_a_code_completes_a_job(jobs: Jobs, code: int | None) -> None:
    row = jobs.run(lambda: sys.exit(code))
    assert row.state is JobState.COMPLETED
    assert jobs.output(row) == [None]


@pytest.mark.parametrize(("code", "message"), [(3, "exit code 3"), ("no disk", "no disk")])
def test_exiting_with_a_code_or_a_text_fails_a_job(jobs: Jobs, code: object, message: str) -> None:
    row = jobs.run(lambda: sys.exit(code))  # type: ignore[arg-type]
    assert row.state is JobState.FAILED
    assert row.reason is not None
    assert message in row.reason.message


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(("number", "name"), [(11, "SIGSEGV"), (9, "SIGKILL"), (15, "SIGTERM")])
def test_a_process_ended_by_a_signal_fails_and_names_it(jobs: Jobs, number: int, name: str) -> None:
    def die() -> None:
        print("last words")
        os.kill(os.getpid(), number)
        time.sleep(60)

    row = jobs.run(die)
    assert row.state is JobState.FAILED
    assert row.reason is not None
    assert row.reason.code == "ProcessDied"
    assert f"signal {number} ({name})" in row.reason.message
    assert jobs.texts(row, Stream.INFORMATION) == ["last words"]


def test_a_process_that_leaves_without_returning_fails_and_names_its_code(jobs: Jobs) -> None:
    def leave() -> None:
        os.write(1, b"written last\n")
        os._exit(0)

    row = jobs.run(leave)
    assert row.reason is not None
    assert "without returning, with exit code 0" in row.reason.message
    assert jobs.texts(row, Stream.INFORMATION) == ["written last"]


def test_a_job_that_closes_what_it_does_not_own_still_ends(jobs: Jobs) -> None:
    row = jobs.run(lambda: os.closerange(0, 256))
    assert row.state is JobState.FAILED


def test_a_job_that_writes_into_every_descriptor_is_ended_and_says_so(jobs: Jobs) -> None:
    def scribble() -> None:
        import contextlib

        for number in range(3, 64):
            with contextlib.suppress(OSError):
                os.write(number, b"\xff" * 64)
        time.sleep(60)

    row = jobs.run(scribble)
    assert row.reason is not None
    assert "file descriptor" in row.reason.message


def test_a_module_that_the_process_cannot_import_is_named(jobs: Jobs) -> None:
    row = jobs.run(lambda: __import__("no_such_module_here"))
    with pytest.raises(ModuleNotFoundError, match="no_such_module_here"):
        receive_job(row.id)


def test_a_command_that_vanishes_before_it_starts_is_named(jobs: Jobs) -> None:
    row = jobs.run(["sh", "-c", "exec /no/such/program"])
    with pytest.raises(JobFailed, match="exit code 127"):
        receive_job(row.id)


def test_an_error_whose_text_is_no_utf_8_is_raised_as_itself(jobs: Jobs) -> None:
    def fail() -> None:
        raise ValueError(os.fsdecode(b"caf\xe9"))

    with pytest.raises(ValueError, match="caf\udce9"):
        receive_job(jobs.run(fail).id)


def test_an_interrupt_in_a_job_does_not_interrupt_who_receives_it(jobs: Jobs) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(JobFailed, match="KeyboardInterrupt"):
        receive_job(jobs.run(interrupted).id)
