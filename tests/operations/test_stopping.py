"""Stop is not cancel, and what was not sent is not sent any more."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.operations.conftest import LocalAzure, Scripted, answer
from tests.operations.plans import DEPLOYMENT, MONITOR, VM, plan

from azjobs.accounts.context import Context
from azjobs.errors import AzJobsError, RequestRefused, UsageError
from azjobs.jobs import engine as engines
from azjobs.jobs.engine import engine
from azjobs.jobs.job import Job
from azjobs.jobs.states import JobState
from azjobs.jobs.verbs import receive_job, stop_job, wait_job
from azjobs.operations.arm import Arm
from azjobs.operations.plan import FirstRequest, OperationPlan
from azjobs.operations.submit import start


@pytest.fixture
def ending(azure: LocalAzure) -> threading.Event:
    """Until it is set, the operation runs."""
    ended = threading.Event()

    def look() -> Scripted:
        return answer(200, {"status": "Succeeded" if ended.is_set() else "Running"}, Retry_After_Ms="20")

    azure.on("PUT", VM, answer(201, Azure_AsyncOperation=f"{azure.endpoint}{MONITOR}", Retry_After_Ms="20"))
    azure.on("GET", MONITOR, look)
    azure.on("GET", VM, answer(200, {"name": "MyVm"}))
    return ended


def running(job: Job[object]) -> None:
    assert engine().wait([job.id], until=lambda row: row.state is JobState.RUNNING, timeout=20)


def test_stop_ends_the_watching_and_wait_takes_it_up_again(context: Context, ending: threading.Event) -> None:
    job = start(plan(context))
    running(job)
    stop_job(job)
    assert job.state is JobState.DISCONNECTED
    assert "Azure goes on" in job.status_message
    ending.set()
    assert receive_job(wait_job(job, timeout=20)) == {"name": "MyVm"}


def test_what_azure_cannot_cancel_goes_on(context: Context, ending: threading.Event) -> None:
    job = start(plan(context))
    running(job)
    with pytest.raises(UsageError, match="Azure cancels only deployments"):
        stop_job(job, cancel=True)
    assert job.state is JobState.RUNNING
    ending.set()
    assert job.result(timeout=20) == {"name": "MyVm"}


def test_a_job_that_is_stopped_before_it_was_sent_sends_nothing(context: Context, azure: LocalAzure) -> None:
    reached = threading.Event()

    async def prepare(arm: Arm) -> FirstRequest:
        reached.set()
        await asyncio.sleep(30)
        return FirstRequest(method="PUT", path=VM, api_version="1")

    job = start(OperationPlan[None](command="new_vm", resource="MyVm", context=context, prepare=prepare))
    assert reached.wait(20)
    stop_job(job)
    assert job.state is JobState.STOPPED
    assert azure.requests == []


def test_a_job_that_azure_keeps_waiting_can_be_stopped_and_is_not_sent_again(
    context: Context, azure: LocalAzure
) -> None:
    azure.on("PUT", VM, answer(429, Retry_After="1200"))
    job = start(plan(context))
    assert engine().wait([job.id], until=lambda row: "fewer requests" in row.status_message, timeout=20)
    stop_job(job)
    assert job.state is JobState.STOPPED
    assert azure.asked("PUT", VM) == 1


def test_a_job_of_another_version_is_left_alone_and_says_so(context: Context, ending: threading.Event) -> None:
    job = start(plan(context))
    running(job)
    control = engine()._controls[job.id]
    control.write(detail={"version": 99}, release=True)
    engines.close()
    with pytest.raises(AzJobsError, match="another version of azjobs"):
        job.result(timeout=20)
    assert job.state is JobState.RUNNING


def test_a_job_that_was_never_sent_is_not_sent_by_who_takes_it_up(context: Context, azure: LocalAzure) -> None:
    async def prepare(arm: Arm) -> FirstRequest:
        await asyncio.sleep(30)
        raise AssertionError("never reached")

    job = start(OperationPlan[None](command="new_vm", resource="MyVm", context=context, prepare=prepare))
    threading.Timer(0.2, lambda: _abandon(job)).start()
    error = job.exception(timeout=20)
    assert type(error).__name__ == "NeverSent"
    assert azure.requests == []


def _abandon(job: Job[object]) -> None:
    """Give the job back as a killed process does: without a word."""
    control = engine()._controls[job.id]
    runner = engine().runner("operation")
    tracked = runner._jobs[job.id]  # type: ignore[attr-defined]
    engine().loop.call_soon_threadsafe(tracked.task.cancel)
    control.write(release=True)


def test_a_cancelled_deployment_stops_when_azure_says_so(context: Context, azure: LocalAzure) -> None:
    path = f"{DEPLOYMENT}/azjobs-*"

    def look() -> Scripted:
        cancelled = azure.asked("POST", "/cancel") >= 2
        return answer(200, {"status": "Canceled" if cancelled else "Running"}, Retry_After_Ms="20")

    azure.on("PUT", path, answer(201, Azure_AsyncOperation=f"{azure.endpoint}{MONITOR}", Retry_After_Ms="20"))
    azure.on("GET", MONITOR, look)
    azure.on("POST", f"{path}/cancel", answer(503), answer(204))
    job = start(plan(context, path=DEPLOYMENT, deployment=True))
    running(job)
    stop_job(job, cancel=True)
    assert job.state is JobState.STOPPED
    assert job.reason is None


def test_a_deployment_that_azure_does_not_let_be_cancelled_goes_on(context: Context, azure: LocalAzure) -> None:
    path = f"{DEPLOYMENT}/azjobs-*"
    ended = threading.Event()
    azure.on("PUT", path, answer(201, Azure_AsyncOperation=f"{azure.endpoint}{MONITOR}", Retry_After_Ms="20"))
    azure.on(
        "GET",
        MONITOR,
        lambda: answer(200, {"status": "Succeeded" if ended.is_set() else "Running"}, Retry_After_Ms="20"),
    )
    azure.on("GET", path, answer(200, {"name": "d"}))
    azure.on("POST", f"{path}/cancel", answer(403, {"error": {"code": "AuthorizationFailed", "message": "no role"}}))
    job = start(plan(context, path=DEPLOYMENT, deployment=True))
    running(job)
    with pytest.raises(RequestRefused, match="no role"):
        stop_job(job, cancel=True)
    assert job.state is JobState.RUNNING
    ended.set()
    assert job.result(timeout=20) == {"name": "d"}


def test_somebody_elses_cancellation_is_a_failure_of_the_job(context: Context, azure: LocalAzure) -> None:
    azure.on("PUT", VM, answer(201, Azure_AsyncOperation=f"{azure.endpoint}{MONITOR}", Retry_After_Ms="20"))
    azure.on("GET", MONITOR, answer(200, {"status": "Canceled"}))
    job = start(plan(context))
    error = job.exception(timeout=20)
    assert "cancelled in Azure" in str(error)
    assert job.state is JobState.FAILED


def test_a_job_goes_on_where_the_last_process_left_it(context: Context, ending: threading.Event) -> None:
    job = start(plan(context))
    running(job)
    engines.close()
    row = engine().journal.get(job.id)
    assert (row.state, row.detail["acceptance"]["status"]) == (JobState.RUNNING, 201)
    ending.set()
    assert job.result(timeout=20) == {"name": "MyVm"}
