from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the rounds fork"),
    pytest.mark.slow,
    pytest.mark.timeout(150),
]

ROUNDS = Path(__file__).with_name("crash_rounds.py")


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, ROUNDS, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("part", range(5))
def test_a_process_killed_while_its_job_runs_loses_nothing(part: int) -> None:
    assert "10 received" in run("--rounds", "10")


def test_a_process_killed_before_azure_answered_leaves_a_vm_or_a_job_that_says_never_sent() -> None:
    run("--rounds", "10", "--before-acceptance")
