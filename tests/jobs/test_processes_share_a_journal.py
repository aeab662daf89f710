from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import azjobs
from azjobs import JobState, UsageError, get_job, receive_job, stop_job, wait_job
from azjobs.jobs.engine import engine
from azjobs.jobs.job import Job

StartThread = Callable[..., Job[Any]]

OTHER = """
import contextvars, sys, time
from azjobs.jobs.engine import engine
from azjobs.jobs.rows import NewJob
from azjobs.jobs.runners.thread import ThreadWork

def work(seconds):
    time.sleep(seconds)
    return "done"

new = NewJob(kind="thread", name="theirs", command="work", type_name="ThreadJob")
call = ThreadWork(function=work, args=(float(sys.argv[1]),), kwargs={}, context=contextvars.copy_context())
row = engine().submit(new, call)
engine().wait([row.id], until=lambda row: row.state != "NotStarted")
print(row.id, flush=True)
sys.stdin.read()
"""


class Other:
    """Another process with a job of its own."""

    def __init__(self, seconds: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.job_id = int(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate("")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def others() -> Iterator[Callable[[float], Other]]:
    started: list[Other] = []

    def start(seconds: float) -> Other:
        started.append(Other(seconds))
        return started[-1]

    yield start
    for other in started:
        other.kill()


def test_another_processs_job_is_seen_waited_for_and_received(others: Callable[[float], Other]) -> None:
    other = others(0.3)
    assert get_job() == []
    assert [job.id for job in get_job(all_sessions=True)] == [other.job_id]
    job = wait_job(other.job_id)
    assert job.state is JobState.COMPLETED
    assert receive_job("theirs") == ["done"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_a_thread_job_whose_process_was_killed_is_found_failed(others: Callable[[float], Other]) -> None:
    other = others(3600)
    assert get_job(other.job_id).state is JobState.RUNNING
    os.kill(other.process.pid, signal.SIGKILL)
    other.process.wait()
    assert wait_job(other.job_id).state is JobState.FAILED
    with pytest.raises(azjobs.OwnerGone, match="ended before the job did"):
        receive_job(other.job_id)


def test_a_thread_job_that_its_processs_end_cuts_off_says_so(others: Callable[[float], Other]) -> None:
    other = others(3600)
    other.end()
    job = get_job(other.job_id)
    assert job.state is JobState.STOPPED
    with pytest.raises(azjobs.JobStopped, match="its process ended before the job did"):
        job.result()


def test_a_living_owners_job_is_not_adopted(others: Callable[[float], Other]) -> None:
    other = others(3600)
    row = engine().journal.get(other.job_id)
    assert not engine().is_orphan(row)
    assert engine().adopt([row]) == []


def test_two_waiting_threads_both_wake(start_thread: StartThread) -> None:
    gate = threading.Event()
    job = start_thread(gate.wait)
    states: list[JobState] = []
    waiting = [threading.Thread(target=lambda: states.append(wait_job(job).state)) for _ in range(4)]
    for thread in waiting:
        thread.start()
    gate.set()
    for thread in waiting:
        thread.join()
    assert states == [JobState.COMPLETED] * 4


def test_the_owners_files_go_with_the_processes(others: Callable[[float], Other], azjobs_home: Any) -> None:
    other = others(0.01)
    wait_job(other.job_id)
    other.end()
    from azjobs.jobs import engine as module

    engine().owner_token  # noqa: B018
    module.close()
    assert list((azjobs_home / "owners").iterdir()) == []


def test_what_another_process_cannot_stop_is_said_here_every_time(others: Callable[[float], Other]) -> None:
    other = others(60)
    for _ in range(2):
        with pytest.raises(UsageError, match="Python cannot stop a thread from outside"):
            stop_job(other.job_id)
    assert get_job(other.job_id).state is JobState.RUNNING


@pytest.mark.skipif(sys.platform == "win32", reason="no process is halted there")
def test_a_stop_that_its_owner_did_not_live_to_do_is_done_here(others: Callable[[float], Other]) -> None:
    other = others(60)
    os.kill(other.process.pid, signal.SIGSTOP)
    stopping = threading.Thread(target=stop_job, args=(other.job_id,))
    stopping.start()
    while engine().journal.get(other.job_id).stop_request is None:
        threading.Event().wait(0.01)
    other.kill()
    stopping.join(20)
    assert not stopping.is_alive()
    assert get_job(other.job_id).state is JobState.FAILED


FULL = """
import logging, resource, sys, threading
from azjobs.operations.submit import submit
from azjobs.jobs.verbs import start_job

class Told(logging.Handler):
    def emit(self, record):
        told.release()

def large():
    gate.wait(20)
    return "x" * 2_000_000

told, gate = threading.Semaphore(0), threading.Event()
logging.getLogger("azjobs").addHandler(Told())
in_thread = submit(large)
start_job(abs, [1]).result()
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
gate.set()
in_process = start_job(lambda: "x" * 2_000_000)
for _ in "12":
    assert told.acquire(timeout=20)
print(in_thread.state, in_process.state)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(len(in_thread.result(20)), len(in_process.result(20)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit to set")
def test_results_that_the_disk_does_not_take_are_kept_until_it_does() -> None:
    done = subprocess.run([sys.executable, "-c", FULL], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["Running Running", "2000000 2000000"], done.stderr
