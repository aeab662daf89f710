from __future__ import annotations

import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Jobs, command, environment

from azjobs.cli.demo.durations import spoken, together_and_apart


def demo(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the demo, with its temporary folders in one of ours."""
    return subprocess.Popen(
        command("demo", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment(), "TMPDIR": str(folder)},
    )


def processes_of(folder: Path) -> list[int]:
    """The processes whose command line names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words:
            found.append(int(process.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked for in /proc")
def test_the_demo_makes_vms_as_jobs_side_by_side_and_leaves_nothing(tmp_path: Path, azjobs_home: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    process = demo(folder, "--vms", "4", "--speed", "100")
    out, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (0, "")
    rows = [line for line in out.splitlines() if " AzureLongRunningJob " in line]
    assert [row.split()[-4] for row in rows] == ["Running"] * 4 + ["Completed"] * 4
    machines = [line.split() for line in out.splitlines() if line.split()[6:7] == ["Succeeded"]]
    assert sorted(machine[1] for machine in machines) == ["MyVm0", "MyVm1", "MyVm2", "MyVm3"]
    assert "One after another: " in out
    assert "times as fast" in out
    assert list(folder.iterdir()) == []
    assert processes_of(folder) == []
    assert not azjobs_home.exists(), "the user's own state is not touched"


@pytest.mark.skipif(os.name != "posix", reason="SIGINT to one process is POSIX's")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_demo_that_is_interrupted_tears_down_too(tmp_path: Path, number: int, code: int) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    process = demo(folder, "--vms", "3", "--speed", "2")
    assert process.stdout is not None
    seen = ""
    deadline = time.monotonic() + 40
    while "AzureLongRunningJob" not in seen and time.monotonic() < deadline:
        seen += process.stdout.readline()
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in err
    assert list(folder.iterdir()) == []
    assert processes_of(folder) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4 s"),
        (59.2, "59 s"),
        (59.9, "1 min 0 s"),
        (1241, "20 min 41 s"),
        (3600, "1 h 0 min"),
        (9000, "2 h 30 min"),
    ],
)
def test_a_time_is_said_as_a_person_says_it(seconds: float, text: str) -> None:
    assert spoken(seconds) == text


def test_jobs_side_by_side_take_as_long_as_from_the_first_begin_to_the_last_end(jobs: Jobs) -> None:
    from dataclasses import replace

    from azjobs.jobs.engine import engine

    row = engine().journal.get(jobs.add())
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    rows = [
        replace(row, begin_time=noon + timedelta(seconds=start), end_time=noon + timedelta(seconds=start + 10))
        for start in (0, 1, 2)
    ]
    assert together_and_apart(rows, speed=5) == (60, 150)
