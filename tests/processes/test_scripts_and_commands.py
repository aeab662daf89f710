"""A script or a command line as a process job: what it writes to standard output is the job's output, line by line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.processes.conftest import Jobs

from azjobs.jobs.job import Job
from azjobs.jobs.records import Stream
from azjobs.jobs.states import JobState
from azjobs.jobs.verbs import receive_job, start_job, wait_job


def script(folder: Path, text: str) -> Path:
    path = folder / "work.py"
    path.write_text(text)
    return path


def test_a_script_runs_as_main_with_its_arguments_and_its_folder_on_the_path(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("NAME = 'beside'\n")
    path = script(tmp_path, "import sys, beside\nprint(__name__, __file__, sys.argv, beside.NAME)\n")
    row = jobs.run(path, "a", 2)
    assert jobs.output(row) == [f"__main__ {path} {[str(path), 'a', '2']} beside"]


def test_a_script_that_exits_with_a_code_fails_and_says_so(jobs: Jobs, tmp_path: Path) -> None:
    path = script(tmp_path, "import sys\nprint('before')\nsys.stderr.write('no such disk\\n')\nsys.exit(3)\n")
    row = jobs.run(str(path))
    assert row.state is JobState.FAILED
    assert row.reason is not None
    assert (row.reason.code, row.detail["exit_code"]) == ("ExitCode", 3)
    assert "exit code 3" in row.reason.message
    assert jobs.output(row) == ["before"]


def test_a_scripts_error_has_a_traceback_that_begins_in_the_script(jobs: Jobs, tmp_path: Path) -> None:
    row = jobs.run(script(tmp_path, "def inner():\n    return 1 / 0\ninner()\n"))
    assert row.reason is not None
    assert row.reason.code == "ZeroDivisionError"
    assert row.reason.traceback is not None
    assert row.reason.traceback.splitlines()[1].strip().startswith(f'File "{tmp_path / "work.py"}", line 3')


def test_a_relative_script_is_looked_for_in_the_working_directory(jobs: Jobs, tmp_path: Path) -> None:
    script(tmp_path, "print('found')\n")
    assert jobs.output(jobs.run("work.py", working_directory=tmp_path)) == ["found"]


def test_a_command_line_gives_its_lines(jobs: Jobs) -> None:
    job: Job[Any] = start_job([sys.executable, "-c", "import sys; print('one'); print(sys.argv[1:])"], ["two words", 3])
    assert receive_job(wait_job(job)) == ["one", "['two words', '3']"]


def test_a_failing_command_says_its_code_and_its_last_words(jobs: Jobs) -> None:
    row = jobs.run([sys.executable, "-c", "import sys; sys.stderr.write('disk is full\\n'); sys.exit(4)"])
    assert row.state is JobState.FAILED
    assert row.reason is not None
    assert row.reason.message == "The command ended with exit code 4. It last said: disk is full"
    assert jobs.texts(row, Stream.ERROR) == ["disk is full"]


def test_a_command_ended_by_a_signal_says_which(jobs: Jobs) -> None:
    row = jobs.run([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
    assert row.reason is not None
    assert row.reason.code == "ProcessDied"
    assert "signal 9 (SIGKILL)" in row.reason.message
