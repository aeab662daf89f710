"""A process that is killed at any instant: the next one knows what became of the operation, and it happened once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient
from tests.operations.emulation import (
    compute,
    deployment,
    network_interface,
    network_resource,
    new_group,
    virtual_machine,
)

from azjobs.accounts.context import Context
from azjobs.errors import NeverSent
from azjobs.jobs.engine import engine
from azjobs.jobs.job import Job, handle
from azjobs.jobs.records import Stream
from azjobs.jobs.states import JobState
from azjobs.operations import resolving
from azjobs.operations.sdk import client

WORKER = Path(__file__).with_name("crash_worker.py")
ROUNDS = 8
LONGEST = 0.15  # seconds; starting the job, sending and writing the answer down takes about a third of that

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator shows at once what it took."""
    monkeypatch.setattr(resolving, "GRACE", 2.0)


def killed(kind: str, group: str, name: str, body: dict[str, Any], after: float) -> None:
    """Run the worker and kill it so many seconds after it began to submit."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(WORKER), kind, group, name, json.dumps(body)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            process.stdin.write(b"go\n")
            process.stdin.flush()
            time.sleep(after)
        finally:
            process.kill()


def recovered() -> Job[Any] | None:
    """Return the job that the killed process left, waited for; None when it was killed before it wrote one."""
    rows = engine().journal.all()
    assert len(rows) <= 1
    if not rows:
        return None
    job = handle(rows[0])
    job.wait(timeout=40)
    return job


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_vm_of_a_killed_process_is_made_once_and_received_once(emulated: Context, round_: int) -> None:
    group = new_group()
    body = virtual_machine(network_interface(group))
    killed("vm", group, "MyVm", body, LONGEST * (round_ + random.random()) / ROUNDS)
    job = recovered()
    made = [machine.name for machine in compute().virtual_machines.list(group)]
    assert_one_end(job, made, "MyVm")


@pytest.mark.parametrize("round_", range(4))
def test_a_deployment_of_a_killed_process_runs_once_and_is_received_once(emulated: Context, round_: int) -> None:
    group = new_group()
    killed("deployment", group, "made", deployment([network_resource()]), LONGEST * (round_ + random.random()) / 4)
    job = recovered()
    found = client(DeploymentsMgmtClient).deployments.list_by_resource_group(group)
    assert_one_end(job, [str(one.name) for one in found], "made")
    resources = client(ResourceManagementClient).resources.list_by_resource_group(group)
    assert len(list(resources)) == (1 if job is not None and job.state is JobState.COMPLETED else 0)


def assert_one_end(job: Job[Any] | None, made: list[str | None], name: str) -> None:
    if job is None:
        assert made == []
        return
    outputs = [record for record in job.records if record.stream is Stream.OUTPUT]
    if job.state is JobState.COMPLETED:
        assert made == [name]
        assert len(outputs) == 1
        assert job.result().name == name
    else:
        assert isinstance(job.exception(), NeverSent)
        assert (made, outputs) == ([], [])
