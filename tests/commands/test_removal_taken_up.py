"""A removal with dependents whose process is killed is finished by the next process that waits for it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import azjobs
from azjobs.accounts.credential import Credential
from azjobs.operations import submit

# So slow that the removal is still under way when its process is killed.
SPEED = 100
REMOVAL = textwrap.dedent(
    """
    import time
    import azjobs

    job = azjobs.remove_vm("web", with_dependents=True, as_job=True)
    while job.state == "NotStarted":
        time.sleep(0.005)
    print(job.id, flush=True)
    time.sleep(60)
    """
)


@pytest.fixture
def slow_emulator(azjobs_home: Path) -> Iterator[None]:
    from azjobs.emulator import launcher

    folder = azjobs_home / "emulator"
    folder.mkdir(mode=0o700, parents=True)
    try:
        launcher.start(folder, speed=SPEED)
        yield
    finally:
        launcher.stop(folder)


@pytest.mark.usefixtures("slow_emulator")
def test_a_removal_whose_process_is_killed_is_finished_by_who_waits_for_it() -> None:
    context = azjobs.connect(environment="Emulator")
    azjobs.new_vm("web", image="Ubuntu2404", credential=Credential("azureuser", "correct-Horse-1"))
    with subprocess.Popen([sys.executable, "-c", REMOVAL], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        job_id = int(process.stdout.readline())
        process.kill()
    job = azjobs.wait_job(job_id)
    assert job.state == "Completed"
    assert azjobs.receive_job(job) is None
    path = f"/subscriptions/{context.subscription}/resourceGroups/web/resources"
    assert submit.fetch(context, lambda arm: arm.list(path, api_version="2025-04-01")) == []
