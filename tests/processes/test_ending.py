"""Stopping a process job ends all of it, whatever it started and however that hid; nothing is left behind."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.processes.conftest import Jobs, alive, eventually, number_in

from azjobs.errors import JobStopped
from azjobs.jobs.records import Stream
from azjobs.jobs.states import JobState
from azjobs.jobs.verbs import receive_job, remove_job, start_job, stop_job, wait_job

HIDE = """
import os, signal, sys, time

def tell(path):
    with open(path + ".part", "w") as file:
        file.write(str(os.getpid()))
    os.replace(path + ".part", path)

signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        tell(sys.argv[1])
        time.sleep(120)
    os._exit(0)
tell(sys.argv[2])
time.sleep(float(sys.argv[3]))
"""


def hide(daemon: Path, child: Path, seconds: float) -> list[str]:
    """A program that ignores SIGTERM and leaves a daemon in a session of its own."""
    return [sys.executable, "-c", HIDE, str(daemon), str(child), str(seconds)]


def test_stop_ends_descendants_in_their_own_session_that_ignore_the_request(jobs: Jobs, tmp_path: Path) -> None:
    daemon, child, own = tmp_path / "daemon", tmp_path / "child", tmp_path / "own"
    command = hide(daemon, child, 120)

    def work() -> None:
        import os
        import subprocess

        own.write_text(str(os.getpid()))
        subprocess.run(command, check=True)

    job_id = jobs.start(work, grace=0.2)
    pids = [number_in(path) for path in (daemon, child, own)]
    row = jobs.stop(job_id)
    assert row.state is JobState.STOPPED
    assert [pid for pid in pids if alive(pid)] == []
    with pytest.raises(JobStopped):
        receive_job(job_id)


def test_stop_lets_the_function_tidy_up(jobs: Jobs, tmp_path: Path) -> None:
    ready, tidied = tmp_path / "ready", tmp_path / "tidied"

    def work() -> None:
        try:
            ready.touch()
            time.sleep(120)
        finally:
            tidied.touch()

    job = start_job(work)
    eventually(ready.exists)
    assert stop_job(job)[0].state is JobState.STOPPED
    assert tidied.exists()


def test_stop_kills_who_does_not_listen_when_the_grace_is_over(jobs: Jobs, tmp_path: Path) -> None:
    ready = tmp_path / "ready"

    def work() -> None:
        while True:
            try:
                ready.touch()
                time.sleep(120)
            except BaseException:
                print("not me")

    job_id = jobs.start(work, grace=0.3)
    eventually(ready.exists)
    row = jobs.stop(job_id)
    assert row.state is JobState.STOPPED
    assert jobs.texts(row, Stream.INFORMATION) == ["not me"]


def test_a_job_stopped_at_once_is_stopped_or_was_quicker(jobs: Jobs) -> None:
    for _ in range(5):
        assert jobs.stop(jobs.start(time.sleep, 60)).state is JobState.STOPPED
        assert jobs.stop(jobs.start(abs, 1)).state in (JobState.STOPPED, JobState.COMPLETED)


def test_stop_ends_a_job_that_only_waits_for_its_own_threads(jobs: Jobs, tmp_path: Path) -> None:
    ready = tmp_path / "ready"

    def work() -> str:
        import threading

        def wait() -> None:
            ready.touch()
            time.sleep(120)

        threading.Thread(target=wait).start()
        return "value"

    job_id = jobs.start(work)
    eventually(lambda: ready.exists() and jobs.output(job_id))
    row = jobs.stop(job_id)
    assert row.state is JobState.STOPPED
    assert jobs.output(row) == ["value"]


def test_what_was_done_before_the_stop_is_kept(jobs: Jobs, tmp_path: Path) -> None:
    def work() -> Any:
        yield "first"
        time.sleep(120)

    job_id = jobs.start(work)
    eventually(lambda: jobs.output(job_id))
    assert jobs.output(jobs.stop(job_id)) == ["first"]


def test_a_running_job_can_be_removed_by_force(jobs: Jobs, tmp_path: Path) -> None:
    own = tmp_path / "own"

    def work() -> None:
        import os

        own.write_text(str(os.getpid()))
        time.sleep(120)

    job = start_job(work)
    pid = number_in(own)
    remove_job(job, force=True)
    assert not alive(pid)


def test_a_job_over_its_timeout_is_ended_with_all_it_started(jobs: Jobs, tmp_path: Path) -> None:
    child = tmp_path / "child"

    def work() -> None:
        import subprocess

        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
        part = child.with_suffix(".part")
        part.write_text(str(process.pid))
        part.replace(child)
        process.wait()

    row = jobs.run(work, timeout=2)
    assert row.state is JobState.FAILED
    assert row.reason is not None
    assert row.reason.code == "Timeout"
    assert "2 s" in row.reason.message
    assert not (child.exists() and alive(number_in(child)))


def test_a_job_within_its_timeout_completes(jobs: Jobs) -> None:
    assert jobs.run(abs, -1, timeout=60).state is JobState.COMPLETED


def test_what_a_finished_job_left_running_is_ended_and_named(jobs: Jobs, tmp_path: Path) -> None:
    daemon, child = tmp_path / "daemon", tmp_path / "child"
    command = hide(daemon, child, 120)

    def work() -> str:
        import subprocess

        subprocess.Popen(command)
        while not (daemon.exists() and child.exists()):
            time.sleep(0.01)
        return "done"

    row = jobs.run(work, grace=0.2)
    assert row.state is JobState.COMPLETED
    assert jobs.output(row) == ["done"]
    assert [path for path in (daemon, child) if alive(number_in(path))] == []
    assert "left running" in jobs.texts(row, Stream.WARNING)[0]


def test_what_a_crashed_job_left_running_is_ended(jobs: Jobs, tmp_path: Path) -> None:
    daemon, child = tmp_path / "daemon", tmp_path / "child"
    command = hide(daemon, child, 120)

    def work() -> None:
        import os
        import subprocess

        subprocess.Popen(command)
        while not (daemon.exists() and child.exists()):
            time.sleep(0.01)
        os.kill(os.getpid(), 9)

    row = jobs.run(work, grace=0.2)
    assert row.state is JobState.FAILED
    assert [path for path in (daemon, child) if alive(number_in(path))] == []


def test_a_process_that_says_it_is_meant_to_outlive_its_job_does(jobs: Jobs, tmp_path: Path) -> None:
    own = tmp_path / "own"
    program = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(30)"

    def work() -> None:
        import os
        import subprocess

        environment = {**os.environ, "AZJOBS_DETACHED": "1"}
        command = [sys.executable, "-c", program, str(own)]
        subprocess.Popen(command, env=environment, start_new_session=True)
        while not own.exists():
            time.sleep(0.01)

    row = jobs.run(work)
    assert row.state is JobState.COMPLETED
    pid = number_in(own)
    assert alive(pid)
    import os

    os.kill(pid, 9)
    eventually(lambda: not alive(pid))


def test_many_jobs_are_stopped_together(jobs: Jobs) -> None:
    ids = [jobs.start(time.sleep, 120) for _ in range(8)]
    stopped = stop_job(ids)
    assert {job.state for job in stopped} == {JobState.STOPPED}


def test_a_completed_job_stays_completed_when_it_is_stopped(jobs: Jobs) -> None:
    job = wait_job(start_job(abs, (-3,)))
    stop_job(job)
    assert job.state is JobState.COMPLETED
    assert receive_job(job) == 3
