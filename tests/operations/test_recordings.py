"""What the real Azure answered, verbatim, through our engine and through azure-core's own: the same end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.operations.conftest import LocalAzure, Scripted, SkippingClock, answer
from tests.operations.recordings import FOLDER, REAL, RecordedOperation, exchanges, operations, recordings

from azjobs.accounts.context import Context
from azjobs.jobs.engine import engine
from azjobs.jobs.states import JobState
from azjobs.jobs.verbs import stop_job
from azjobs.operations.answers import Answer
from azjobs.operations.arm import Arm
from azjobs.operations.lro import Succeeded, begin
from azjobs.operations.plan import FirstRequest, OperationPlan
from azjobs.operations.submit import start

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings of the real Azure are not beside the clone")


def serve(azure: LocalAzure, operation: RecordedOperation) -> None:
    for exchange in (operation.first, *operation.looks):
        headers = {name: value.replace(REAL, azure.endpoint) for name, value in exchange.headers.items()}
        azure.on(exchange.method, exchange.path, Scripted(exchange.status, headers, exchange.body.encode()))


def plan_of(operation: RecordedOperation, context: Context) -> OperationPlan[Any]:
    async def prepare(arm: Arm) -> FirstRequest:
        first = operation.first
        body = {"recorded": True} if first.method in {"PUT", "PATCH"} else None
        return FirstRequest(method=first.method, path=first.plain, api_version=first.api_version, body=body)

    return OperationPlan(
        command="recorded", resource=operation.name, context=context, prepare=prepare, result_type="builtins:object"
    )


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.stem)
def test_recorded_operations_end_as_they_did_in_azure(
    path: Path, azure: LocalAzure, context: Context, clock: SkippingClock
) -> None:
    for operation in operations(path):
        if "CanCancel" in path.stem and operation.first.method == "PUT":
            continue  # see the cancelled deployment below
        azure.reset()
        clock.waits.clear()
        serve(azure, operation)
        assert_ends_as_recorded(operation, context, clock)


def assert_ends_as_recorded(operation: RecordedOperation, context: Context, clock: SkippingClock) -> None:
    job = start(plan_of(operation, context))
    result = job.result(timeout=30)
    assert job.state is JobState.COMPLETED
    if operation.first.method in {"PUT", "PATCH"}:
        recorded = [look for look in operation.looks if look.path == operation.first.path]
        expected = recorded[0] if recorded else operation.looks[-1]
        assert result == json.loads(expected.body), operation.name
    waited = operation.first.headers.get("retry-after")
    if waited is not None:
        assert clock.waits[0] == float(waited), operation.name
    row = job.row
    assert row.detail["acceptance"]["request_id"] == operation.first.headers["x-ms-request-id"]
    assert "recorded" not in json.dumps(row.detail["intent"])


def test_there_are_recordings_of_each_kind() -> None:
    names = {operation.name for path in recordings() for operation in operations(path)}
    assert {
        "PUT virtualMachines",
        "PATCH virtualMachines",
        "DELETE virtualMachines",
        "PUT virtualNetworks",
        "PUT networkSecurityGroups",
        "PUT publicIPAddresses",
        "PUT networkInterfaces",
        "PUT deployments",
        "DELETE resourcegroups",
    } <= names


def test_a_recorded_deployment_is_cancelled(azure: LocalAzure, context: Context, clock: SkippingClock) -> None:
    path = next(path for path in recordings() if "CanCancel" in path.stem)
    said = exchanges(path)
    put = next(one for one in said if one.method == "PUT" and "/deployments/" in one.path)
    cancel = next(one for one in said if one.method == "POST" and one.plain.endswith("/cancel"))
    cancelled = [one for one in said if one.method == "GET" and one.path == put.path][-1]
    azure.on("PUT", put.path, Scripted(put.status, _moved(put.headers, azure), put.body.encode()))
    azure.on("POST", cancel.path, Scripted(cancel.status, _moved(cancel.headers, azure), cancel.body.encode()))
    monitor = put.headers["azure-asyncoperation"].removeprefix(REAL)
    # The recording has no look between the cancellation and its end: the engine is told the state that the GET showed.
    state = json.loads(cancelled.body)["properties"]["provisioningState"]

    def look() -> Scripted:
        done = azure.asked("POST", "/cancel") > 0
        return answer(200, {"status": state if done else "Running"}, Retry_After="5")

    azure.on("GET", monitor, look)
    job = start(plan_of(RecordedOperation(put, ()), context))
    engine().wait([job.id], until=lambda row: row.state is JobState.RUNNING, timeout=20)
    stop_job(job, cancel=True)
    assert job.state is JobState.STOPPED
    assert azure.asked("POST", "/cancel") == 1


def _moved(headers: Any, azure: LocalAzure) -> dict[str, str]:
    return {name: value.replace(REAL, azure.endpoint) for name, value in headers.items()}


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.stem)
def test_synchronous_answers_of_azure_are_the_end(path: Path) -> None:
    for exchange in exchanges(path):
        waits = {"azure-asyncoperation", "location"} & set(exchange.headers)
        if exchange.method in {"PUT", "DELETE"} and 200 <= exchange.status < 300 and not waits:
            said = Answer.read(exchange.status, exchange.headers, exchange.body.encode())
            assert isinstance(begin(exchange.method, REAL + exchange.path, said)[1], Succeeded)
