"""What type-checkers know of SDK calls as jobs, and of jobs: checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import Any, assert_type

from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.models import VirtualMachine

import azjobs
from azjobs import Job


def a_client() -> None:
    assert_type(azjobs.client(ComputeManagementClient), ComputeManagementClient)


def a_long_running_method(body: VirtualMachine) -> None:
    compute = azjobs.client(ComputeManagementClient)
    job = azjobs.submit(compute.virtual_machines.begin_create_or_update, "MyVm", "MyVm", body)
    assert_type(job, Job[VirtualMachine])
    assert_type(job.result(), VirtualMachine)
    assert_type(azjobs.submit(compute.virtual_machines.begin_redeploy, "MyVm", "MyVm"), Job[None])


def a_plain_function() -> None:
    def add(left: int, right: int) -> int:
        return left + right

    assert_type(azjobs.submit(add, 1, right=2), Job[int])
    azjobs.submit(add, "one", 2)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]


def verbs(job: Job[VirtualMachine], id_: int) -> None:
    assert_type(azjobs.get_job(job), Job[VirtualMachine])
    assert_type(azjobs.wait_job(job), Job[VirtualMachine])
    assert_type(azjobs.wait_job(job, timeout=3.0), Job[VirtualMachine])
    assert_type(azjobs.receive_job(job), VirtualMachine)
    assert_type(azjobs.receive_job(azjobs.wait_job(job)), VirtualMachine)
    assert_type(azjobs.get_job(id_), Job[Any])
    assert_type(azjobs.receive_job(id_), Any)
    assert_type(azjobs.wait_job(azjobs.get_job()), azjobs.JobList)
