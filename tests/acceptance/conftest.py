from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azjobs.emulator import start, stop

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def emulated(azjobs_home: Path) -> Iterator[Path]:
    """An emulator in the test's own state folder, so that `connect(environment="Emulator")` finds it running."""
    azjobs_home.mkdir(mode=0o700)
    start(azjobs_home / "emulator", speed=150, state_file=azjobs_home / "emulator" / "state.json")
    yield azjobs_home
    stop(azjobs_home / "emulator")


@pytest.fixture
def azjobs_command() -> Run:
    """Run `azjobs …` as a process of its own."""

    def run(*arguments: str, check: bool = True, input: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "azjobs", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, input=input, env=os.environ)
        if check:
            assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run
