"""Plain calls of commands: they wait, give the result or the error itself, and leave no job; Ctrl-C leaves it."""

from __future__ import annotations

import _thread
import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from tests.operations.conftest import LocalAzure, Scripted, SkippingClock, answer
from tests.operations.plans import MONITOR, VM, plan

from azjobs.accounts.context import Context
from azjobs.errors import InvalidArgument, OperationFailed, RequestRefused, ServiceUnreachable
from azjobs.jobs.engine import engine
from azjobs.jobs.job import handle
from azjobs.jobs.records import Progress, Stream
from azjobs.jobs.states import JobState
from azjobs.operations.arm import Arm, absolute
from azjobs.operations.plan import Finished, FirstRequest, OperationPlan
from azjobs.operations.submit import fetch, run, start, submit


def made(azure: LocalAzure) -> None:
    azure.on("PUT", VM, answer(201, Azure_AsyncOperation=f"{azure.endpoint}{MONITOR}", Retry_After_Ms="10"))
    azure.on("GET", MONITOR, answer(200, {"status": "Succeeded"}))
    azure.on("GET", VM, answer(200, {"name": "MyVm"}))


def test_a_plain_call_gives_the_result_and_leaves_no_job(azure: LocalAzure, context: Context) -> None:
    made(azure)
    assert run(plan(context)) == {"name": "MyVm"}
    assert engine().journal.all() == []


def test_a_plain_call_raises_azures_error_and_leaves_no_job(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, answer(409, {"error": {"code": "OperationNotAllowed", "message": "exceeding quota"}}))
    with pytest.raises(OperationFailed, match="exceeding quota"):
        run(plan(context))
    assert engine().journal.all() == []


def test_what_there_is_already_is_returned_with_a_warning(azure: LocalAzure, context: Context) -> None:
    async def prepare(arm: Arm) -> Finished:
        return Finished(body={"name": "MyVm"}, warnings=("It exists already.",))

    existing = OperationPlan[object](
        command="new_vm", resource="MyVm", context=context, prepare=prepare, result_type="builtins:object"
    )
    with pytest.warns(UserWarning, match="exists already") as caught:
        assert run(existing) == {"name": "MyVm"}
    assert caught[0].filename == __file__
    assert azure.requests == []


def test_bad_input_found_while_preparing_is_raised_as_itself(context: Context) -> None:
    async def prepare(arm: Arm) -> FirstRequest:
        raise InvalidArgument("The DNS label 'x' is taken.")

    with pytest.raises(InvalidArgument, match="is taken"):
        run(OperationPlan[None](command="new_vm", resource="MyVm", context=context, prepare=prepare))


def test_what_a_command_says_becomes_records_of_its_job(azure: LocalAzure, context: Context) -> None:
    made(azure)

    async def prepare(arm: Arm) -> FirstRequest:
        arm.warn("Mind the gap.")
        arm.progress(Progress(activity="Looking", status="at the group"))
        return FirstRequest(method="PUT", path=VM, api_version="1")

    job = start(OperationPlan[None](command="new_vm", resource="MyVm", context=context, prepare=prepare))
    job.wait(timeout=20)
    assert [record.stream for record in job.records] == [Stream.WARNING, Stream.PROGRESS, Stream.OUTPUT]


def test_ctrl_c_leaves_the_job_and_says_how_to_go_on(
    azure: LocalAzure, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    made(azure)
    looked = threading.Event()
    azure.scripts.pop(("GET", MONITOR))

    def look() -> Scripted:
        if not looked.is_set():
            looked.set()
            _thread.interrupt_main()
        return answer(200, {"status": "Running"}, Retry_After_Ms="20")

    azure.on("GET", MONITOR, look)
    with pytest.raises(KeyboardInterrupt):
        run(plan(context))
    (row,) = engine().journal.all()
    expected = (
        f"Interrupted. Job {row.id} goes on in Azure: wait for it with wait_job({row.id}) or `azjobs wait {row.id}`."
    )
    assert expected in capsys.readouterr().err
    assert row.state is JobState.RUNNING
    with azure.lock:
        azure.scripts[("GET", MONITOR)].clear()
    azure.on("GET", MONITOR, answer(200, {"status": "Succeeded"}))
    assert handle(row).result(timeout=20) == {"name": "MyVm"}


def test_reading_goes_over_pages_and_past_a_throttle(azure: LocalAzure, context: Context, clock: SkippingClock) -> None:
    azure.on(
        "GET",
        "/list?api-version=1",
        answer(429, Retry_After_Ms="1"),
        answer(200, {"value": [{"n": 1}], "nextLink": f"{azure.endpoint}/more"}),
    )
    azure.on("GET", "/more", answer(200, {"value": [{"n": 2}]}))
    assert fetch(context, lambda arm: arm.list("/list", api_version="1")) == [{"n": 1}, {"n": 2}]


def test_what_is_missing_is_an_error_unless_it_may_be(azure: LocalAzure, context: Context) -> None:
    assert fetch(context, lambda arm: arm.get("/nothing", api_version="1", missing_ok=True)) is None
    with pytest.raises(RequestRefused, match="Nothing is scripted") as caught:
        fetch(context, lambda arm: arm.get("/nothing", api_version="1"))
    assert (caught.value.status, caught.value.error_code) == (404, "NotFound")


def test_a_warning_of_a_read_is_a_warning_of_the_call(context: Context) -> None:
    async def read(arm: Arm) -> int:
        arm.warn("stale")
        return 7

    with pytest.warns(UserWarning, match="stale"):
        assert fetch(context, read) == 7


def test_a_host_that_is_not_there_is_said_so(context: Context, clock: SkippingClock) -> None:
    from dataclasses import replace

    gone = replace(context, environment=replace(context.environment, resource_manager="https://127.0.0.1:9"))
    with pytest.raises(ServiceUnreachable, match=r"127\.0\.0\.1:9 cannot be reached"):
        fetch(gone, lambda arm: arm.get("/x", api_version="1"))


def test_a_script_that_ends_at_once_leaves_a_job_that_azure_has_accepted(emulated: Context) -> None:
    script = """
import azjobs
from azure.mgmt.resource.resources import ResourceManagementClient
client = azjobs.client(ResourceManagementClient)
client.resource_groups.create_or_update("short-script", {"location": "eastus"})
azjobs.submit(client.resource_groups.begin_delete, "short-script")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" or done.stderr.startswith("azjobs: waiting until Azure has accepted job 1")
    row = engine().journal.get(1)
    assert row.detail["acceptance"]["status"] == 202
    assert handle(row).result(timeout=40) is None


def test_a_job_says_how_to_start_an_emulator_that_is_gone(emulated: Context) -> None:
    from dataclasses import replace

    gone = replace(emulated, environment=replace(emulated.environment, resource_manager="https://127.0.0.1:9"))

    async def prepare(arm: Arm) -> FirstRequest:
        return FirstRequest(method="PUT", path=VM, api_version="1")

    job = start(OperationPlan[None](command="new_vm", resource="MyVm", context=gone, prepare=prepare))
    error = job.exception(timeout=20)
    assert type(error).__name__ == "NeverSent"
    assert "azjobs emulator start" in str(error)


def test_a_command_is_submitted_by_its_own_name(azure: LocalAzure, context: Context) -> None:
    made(azure)

    class Command:
        def __call__(self, name: str) -> object:
            return run(plan(context))

        def as_job(self, name: str) -> object:
            return start(plan(context))

    job = submit(Command(), "MyVm")
    assert job.result(timeout=20) == {"name": "MyVm"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/subscriptions/S/resourceGroups/a b", "https://h/subscriptions/S/resourceGroups/a%20b?api-version=1"),
        ("https://h/x?$expand=instanceView", "https://h/x?$expand=instanceView&api-version=1"),
    ],
)
def test_urls_are_made_whole(path: str, expected: str) -> None:
    assert absolute("https://h", path, api_version="1") == expected


def test_a_terminal_shows_what_a_plain_call_waits_for(emulated: Context) -> None:
    pty: Any = pytest.importorskip("pty", reason="needs a pseudo-terminal")

    script = """
import azjobs
from azjobs.commands import new_resource_group, remove_resource_group
new_resource_group("shown", location="eastus")
remove_resource_group("shown")
"""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "COLUMNS": "200"}
    with subprocess.Popen([sys.executable, "-c", script], stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:
            pass  # the other side was closed
        os.close(ours)
        assert process.wait(timeout=40) == 0, seen
    assert b"Long Running Operation for 'remove_resource_group' on resource 'shown'" in seen
