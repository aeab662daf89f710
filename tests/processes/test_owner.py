"""A process job belongs to the process that started it and ends with it, however that one ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tests.processes.conftest import Jobs, alive, eventually, number_in

from azjobs.errors import OwnerGone
from azjobs.jobs import engine as engines
from azjobs.jobs.engine import engine
from azjobs.jobs.states import JobState
from azjobs.jobs.verbs import receive_job, wait_job

SOURCE = str(Path(__file__).parents[2] / "src")

# A job whose process has a grandchild in a session of its own that ignores every request to end.
DEEP = """
import os, signal, subprocess, sys, time
from azjobs.jobs.verbs import get_job, receive_job, start_job, wait_job
folder = sys.argv[1]

def work():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    code = "import os, time; os.setsid(); time.sleep(120)"
    grandchild = subprocess.Popen([sys.executable, "-c", code])
    for name, pid in (("own", os.getpid()), ("grandchild", grandchild.pid)):
        with open(folder + "/part", "w") as file:
            file.write(str(pid))
        os.replace(folder + "/part", folder + "/" + name)
    time.sleep(120)

"""


def owner(folder: Path, text: str) -> subprocess.Popen[str]:
    path = folder / "owner.py"
    path.write_text(text)
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    command = [sys.executable, str(path), str(folder)]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def below(pid: int) -> list[int]:
    return [process.pid for process in psutil.Process(pid).children(recursive=True)]


def test_killing_the_owner_leaves_no_process(launcher: str, home: Path, tmp_path: Path) -> None:
    process = owner(tmp_path, DEEP + "start_job(work)\ntime.sleep(120)\n")
    pids = [number_in(tmp_path / name) for name in ("own", "grandchild")]
    pids += below(process.pid)
    process.kill()
    process.communicate()
    eventually(lambda: not [pid for pid in pids if alive(pid)])
    job = wait_job(1)
    assert job.state is JobState.FAILED
    with pytest.raises(OwnerGone, match=f"process {process.pid}"):
        receive_job(job)


def test_killing_the_owner_while_a_fork_of_it_lives_leaves_no_job(launcher: str, home: Path, tmp_path: Path) -> None:
    rest = """
start_job(work)
while not (os.path.exists(folder + "/own") and os.path.exists(folder + "/grandchild")):
    time.sleep(0.01)
if os.fork() == 0:
    open(folder + "/fork", "w").write(str(os.getpid()))
    for fd in (0, 1, 2):
        os.close(fd)
    time.sleep(120)
time.sleep(120)
"""
    process = owner(tmp_path, DEEP + rest)
    fork = number_in(tmp_path / "fork")
    pids = [number_in(tmp_path / name) for name in ("own", "grandchild")]
    process.kill()
    process.communicate()
    eventually(lambda: not [pid for pid in pids if alive(pid)])
    assert alive(fork)
    psutil.Process(fork).kill()


def test_the_end_of_the_interpreter_stops_its_jobs_and_says_so(launcher: str, home: Path, tmp_path: Path) -> None:
    rest = "start_job(work)\nwhile not os.path.exists(folder + '/grandchild'):\n    time.sleep(0.01)\n"
    process = owner(tmp_path, DEEP.replace("signal.SIG_IGN", "signal.SIG_DFL") + rest)
    pids = [number_in(tmp_path / name) for name in ("own", "grandchild")]
    out, error = process.communicate(timeout=50)
    assert (process.returncode, out, error) == (0, "", "")
    assert [pid for pid in pids if alive(pid)] == []
    row = engine().journal.get(1)
    assert row.state is JobState.STOPPED
    assert "exited" in row.status_message


def test_a_function_of_main_needs_no_guard(launcher: str, home: Path, tmp_path: Path) -> None:
    text = """
from dataclasses import dataclass
from azjobs.jobs.verbs import receive_job, start_job, wait_job

@dataclass
class Pair:
    left: int

def double(pair):
    return Pair(pair.left * 2)

print(receive_job(wait_job(start_job(double, [Pair(4)]))) == Pair(8))
"""
    out, error = owner(tmp_path, text).communicate(timeout=50)
    assert (out, error) == ("True\n", "")


def test_a_fork_of_the_owner_neither_runs_nor_ends_its_jobs(launcher: str, home: Path, tmp_path: Path) -> None:
    rest = """
job = start_job(lambda: time.sleep(0.5) or "done")
pid = os.fork()
if pid == 0:
    sys.exit(0)
print(os.waitpid(pid, 0)[1], receive_job(wait_job(job)))
pid = os.fork()
if pid == 0:
    print(receive_job(wait_job(start_job(lambda: "from the fork"))), flush=True)
    sys.exit(0)
print(os.waitpid(pid, 0)[1], receive_job(wait_job(start_job(lambda: "again"))))
"""
    out, error = owner(tmp_path, DEEP + rest).communicate(timeout=50)
    assert (out.splitlines(), error) == (["0 done", "from the fork", "0 again"], "")


@pytest.mark.skipif(sys.platform != "linux", reason="the helper exists on Linux only")
def test_a_helper_that_is_killed_takes_its_jobs_along_and_another_takes_its_place(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZJOBS_LAUNCHER", raising=False)
    from azjobs.jobs import engine as engines

    jobs = Jobs(engine())
    own, deep = tmp_path / "own", tmp_path / "deep"
    program = "import os, sys, time; os.setsid(); open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(120)"

    def work() -> None:
        subprocess.Popen([sys.executable, "-c", program, str(deep)])
        own.write_text(str(os.getpid()))
        time.sleep(120)

    job_id = jobs.start(work)
    pid, grandchild = number_in(own), number_in(deep)
    psutil.Process(psutil.Process(pid).ppid()).kill()
    row = jobs.wait(job_id)
    assert row.state is JobState.FAILED
    assert row.reason is not None
    assert "helper process" in row.reason.message
    eventually(lambda: not alive(pid) and not alive(grandchild))
    assert jobs.output(jobs.run(abs, -4)) == [4]
    engines.close()


THREADS = """
import threading, time
from concurrent.futures import ThreadPoolExecutor
from azjobs.jobs.verbs import start_job

def slow(word):
    time.sleep(0.5)
    return word

def work(word):
    print(start_job(slow, [word]).result())

threading.Thread(target=work, args=["thread"]).start()
ThreadPoolExecutor().submit(work, "pool")
"""


def test_threads_that_outlive_the_main_thread_keep_their_jobs(launcher: str, home: Path, tmp_path: Path) -> None:
    output, errors = owner(tmp_path, THREADS).communicate()
    assert sorted(output.split()) == ["pool", "thread"], errors


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_fork_keeps_the_files_that_were_opened_after_the_jobs_had_ended(jobs: Jobs) -> None:
    jobs.run(abs, 1)
    engines.close()
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(32)]
    pid = os.fork()
    if pid == 0:
        try:
            for fd in opened:
                os.fstat(fd)
        except OSError:
            os._exit(1)
        os._exit(0)
    for fd in opened:
        os.close(fd)
    assert os.waitpid(pid, 0)[1] == 0
