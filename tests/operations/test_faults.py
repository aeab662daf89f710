"""What goes wrong between us and Azure, and what the job makes of it."""

from __future__ import annotations

import threading

import pytest
from azure.mgmt.compute import ComputeManagementClient
from tests.operations.conftest import DROPPED, SUBSCRIPTION, LocalAzure, Scripted, SkippingClock, answer
from tests.operations.plans import DEPLOYMENT, GROUP, MONITOR, OPERATION_RESULT, VM, plan

from azjobs.accounts.context import Context
from azjobs.commands.operating import operate
from azjobs.errors import JobFailed, NeverSent, OperationFailed, OutcomeUnknown, RequestRefused
from azjobs.jobs.engine import engine
from azjobs.jobs.job import Job
from azjobs.jobs.records import Stream
from azjobs.jobs.states import JobState
from azjobs.operations.arm import Arm
from azjobs.operations.plan import FirstRequest, OperationPlan, ResultFrom
from azjobs.operations.sdk import client
from azjobs.operations.submit import fetch, start, submit

CREATED = {"name": "MyVm", "properties": {"provisioningState": "Succeeded"}}

pytestmark = pytest.mark.usefixtures("clock")


def accepted(azure: LocalAzure, status: int = 201) -> Scripted:
    return answer(status, Azure_AsyncOperation=f"{azure.endpoint}{MONITOR}", Retry_After="10", x_ms_request_id="r-1")


def until_status(job: Job[object], part: str) -> None:
    rows = engine().wait([job.id], until=lambda row: part in row.status_message, timeout=20)
    assert rows, job.status_message


def test_a_throttled_start_is_sent_again_when_azure_says(
    azure: LocalAzure, context: Context, clock: SkippingClock
) -> None:
    throttled = answer(429, {"error": {"code": "TooManyRequests", "message": "slow"}}, Retry_After="17")
    azure.on("POST", f"{VM}/start", throttled, throttled, answer(200))
    assert start(plan(context, "POST", f"{VM}/start", result_type=None)).result(timeout=20) is None
    assert azure.asked("POST", "/start") == 3
    assert clock.waits.count(17.0) == 2


def test_a_lost_answer_to_a_put_is_no_reason_not_to_send_it_again(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, DROPPED, DROPPED, answer(200, CREATED))
    assert start(plan(context)).result(timeout=20) == CREATED
    assert azure.asked("PUT", VM) >= 3


def test_a_post_whose_answer_is_lost_is_sent_once_and_its_outcome_is_unknown(
    azure: LocalAzure, context: Context
) -> None:
    azure.on("POST", f"{VM}/start", DROPPED)
    job = start(plan(context, "POST", f"{VM}/start", result_type=None))
    with pytest.raises(OutcomeUnknown, match="look before you send it again"):
        job.result(timeout=20)
    assert azure.asked("POST", "/start") == 1


def test_a_put_that_never_took_effect_is_never_sent(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, DROPPED)
    with pytest.raises(NeverSent, match="nothing was created"):
        start(plan(context)).result(timeout=20)


def test_a_deployment_whose_answer_is_lost_is_found_by_its_name(azure: LocalAzure, context: Context) -> None:
    path = f"{DEPLOYMENT}/azjobs-*"
    azure.on("PUT", path, DROPPED)
    running = answer(200, {"properties": {"provisioningState": "Running"}}, Retry_After="5")
    done = {"properties": {"provisioningState": "Succeeded", "outputs": {"label": {"value": "x"}}}}
    azure.on("GET", path, running, running, answer(200, done))
    job = start(plan(context, path=DEPLOYMENT, deployment=True))
    assert job.result(timeout=20) == done


def test_a_put_on_something_that_stood_before_is_not_taken_for_its_work(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, DROPPED)
    azure.on("GET", VM, answer(200, CREATED))
    with pytest.raises(OutcomeUnknown, match="does not tell"):
        start(plan(context)).result(timeout=20)


def test_a_deletion_whose_answer_is_lost_is_told_by_absence(azure: LocalAzure, context: Context) -> None:
    azure.on("DELETE", VM, DROPPED, answer(404, {"error": {"code": "ResourceNotFound", "message": "gone"}}))
    azure.on("GET", VM, answer(200, {"properties": {"provisioningState": "Deleting"}}), answer(404))
    job = start(plan(context, "DELETE", result_type=None))
    assert job.result(timeout=20) is None
    assert job.state is JobState.COMPLETED


def test_a_refusal_fails_the_job_with_azures_own_error(azure: LocalAzure, context: Context) -> None:
    error = {"code": "SkuNotAvailable", "message": "not in brazilsouth", "target": "vmSize", "details": []}
    azure.on("PUT", VM, answer(409, {"error": error}))
    with pytest.raises(OperationFailed, match="not in brazilsouth") as caught:
        start(plan(context)).result(timeout=20)
    assert caught.value.error_code == "SkuNotAvailable"
    assert caught.value.reason is not None
    assert caught.value.reason.target == "vmSize"


def test_a_failed_operation_tells_nested_errors_even_when_they_are_texts(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, accepted(azure))
    nested = '{"error": {"code": "NicInUse", "message": "in use", "details": []}}'
    error = {"code": "DeploymentFailed", "message": "see inside", "details": [{"code": "Conflict", "message": nested}]}
    azure.on("GET", MONITOR, answer(200, {"status": "Failed", "error": error}))
    with pytest.raises(OperationFailed) as caught:
        start(plan(context)).result(timeout=20)
    assert caught.value.reason is not None
    assert [detail.code for detail in caught.value.reason.details] == ["NicInUse"]


def test_a_token_that_expires_meanwhile_is_renewed(azure: LocalAzure, context: Context) -> None:
    def expire() -> Scripted:
        azure.refused_tokens.add(f"token-{azure.tokens}")
        return accepted(azure)

    azure.on("PUT", VM, expire)
    azure.on("GET", MONITOR, answer(200, {"status": "Succeeded"}))
    azure.on("GET", VM, answer(200, CREATED))
    before = azure.tokens
    assert start(plan(context)).result(timeout=20) == CREATED
    assert azure.tokens == before + 1


def test_an_sdk_call_whose_token_was_revoked_gets_a_new_one(azure: LocalAzure, context: Context) -> None:
    azure.on("POST", f"{VM}/start", answer(200))
    machines = client(ComputeManagementClient).virtual_machines
    submit(machines.begin_start, "g", "MyVm").result(timeout=20)
    azure.refused_tokens.add(f"token-{azure.tokens}")
    submit(machines.begin_start, "g", "MyVm").result(timeout=20)
    assert azure.asked("POST", "/start") == 3


@pytest.mark.parametrize(
    ("script", "kind", "sent"),
    [
        ([answer(429, Retry_After_Ms="1"), answer(200)], None, 2),
        ([DROPPED], "OutcomeUnknown", 1),
        ([answer(409, {"error": {"code": "Conflict", "message": "no"}})], "OperationFailed", 1),
        ([answer(502)], "OutcomeUnknown", 1),
    ],
    ids=["throttled", "answer lost", "refused", "gateway"],
)
def test_an_sdk_action_is_repeated_only_when_azure_has_not_taken_it(
    azure: LocalAzure, context: Context, script: list[Scripted], kind: str | None, sent: int
) -> None:
    azure.on("POST", f"{VM}/start", *script)
    job = submit(client(ComputeManagementClient).virtual_machines.begin_start, "g", "MyVm")
    error = job.exception(timeout=20)
    assert (error and type(error).__name__) == kind
    assert azure.asked("POST", "/start") == sent


@pytest.mark.parametrize(
    "trouble",
    [
        [answer(503, Retry_After="2"), answer(500), answer(429)],
        [DROPPED, DROPPED],
        [Scripted(200, {}, b"<html>sorry</html>"), answer(200, {"unexpected": 1})],
        [answer(404, {"error": {"code": "NotFound", "message": "not yet"}})],
        [answer(403, {"error": {"code": "AuthorizationFailed", "message": "role is spreading"}})],
    ],
    ids=["server errors", "lost connections", "garbage", "not yet there", "forbidden for now"],
)
def test_looks_that_tell_nothing_are_repeated(azure: LocalAzure, context: Context, trouble: list[Scripted]) -> None:
    azure.on("PUT", VM, accepted(azure))
    azure.on("GET", MONITOR, *trouble, answer(200, {"status": "Succeeded"}))
    azure.on("GET", VM, answer(200, CREATED))
    job = start(plan(context))
    assert job.result(timeout=20) == CREATED
    assert job.status_message == ""


def test_an_operation_that_azure_forgot_is_told_by_the_resource(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, accepted(azure))
    azure.on("GET", VM, answer(200, {"properties": {"provisioningState": "Creating"}}), answer(200, CREATED))
    assert start(plan(context)).result(timeout=20) == CREATED


def test_a_deployment_that_left_the_history_is_told_by_what_it_made(azure: LocalAzure, context: Context) -> None:
    result = ResultFrom(path=VM, api_version="2", look=VM)
    azure.on("PUT", f"{DEPLOYMENT}/azjobs-*", accepted(azure))
    azure.on("GET", VM, answer(200, CREATED))
    job = start(plan(context, path=DEPLOYMENT, deployment=True, result=result))
    assert job.result(timeout=20) == CREATED


def test_an_action_that_azure_forgot_has_an_unknown_outcome(azure: LocalAzure, context: Context) -> None:
    azure.on("POST", f"{VM}/start", accepted(azure, 202))
    with pytest.raises(OutcomeUnknown, match="look at the resource"):
        start(plan(context, "POST", f"{VM}/start", result_type=None)).result(timeout=20)


def test_a_blocked_group_deletion_says_so(azure: LocalAzure, context: Context) -> None:
    azure.on("DELETE", VM, answer(202, Location=f"{azure.endpoint}{OPERATION_RESULT}"))
    blocked = {"Error": {"Code": "ResourceGroupDeletionBlocked", "Message": "Deletion of resource group 'g' failed"}}
    azure.on("GET", OPERATION_RESULT, answer(202), answer(409, blocked))
    with pytest.raises(OperationFailed) as caught:
        start(plan(context, "DELETE", result_type=None)).result(timeout=20)
    assert caught.value.error_code == "ResourceGroupDeletionBlocked"


def test_no_token_travels_to_another_host(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, answer(201, Azure_AsyncOperation="https://evil.example/operations/1"))
    job = start(plan(context))
    with pytest.raises(OutcomeUnknown, match="no token was sent"):
        job.result(timeout=20)


def test_a_result_that_is_not_shown_is_not_called_a_success(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, accepted(azure))
    azure.on("GET", MONITOR, answer(200, {"status": "Succeeded"}))
    azure.on("GET", VM, answer(403, {"error": {"code": "RequestDisallowedByPolicy", "message": "no reading"}}))
    azure.on("GET", f"{VM}?api-version=1", answer(400, {"error": {"code": "Odd", "message": "no reading"}}))
    with pytest.raises(
        OperationFailed, match="ended the operation as Succeeded, but did not show its result: no reading"
    ):
        start(plan(context)).result(timeout=20)


def test_a_job_says_what_it_waits_for_while_azure_cannot_be_reached(azure: LocalAzure, context: Context) -> None:
    back = threading.Event()

    def look() -> Scripted:
        return answer(200, {"status": "Succeeded"}) if back.is_set() else answer(503)

    azure.on("PUT", VM, accepted(azure))
    azure.on("GET", MONITOR, look)
    azure.on("GET", VM, answer(200, CREATED))
    job = start(plan(context))
    until_status(job, "Azure answered 503; looking again in")
    assert job.state is JobState.RUNNING
    back.set()
    assert job.result(timeout=20) == CREATED


def test_what_a_service_tells_of_its_progress_is_recorded(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, accepted(azure))
    told = [answer(200, {"status": "Running", "percentComplete": percent}) for percent in (50, 50, 75)]
    azure.on("GET", MONITOR, *told, answer(200, {"status": "Succeeded"}))
    azure.on("GET", VM, answer(200, CREATED))
    job = start(plan(context))
    job.result(timeout=20)
    assert [record.value.percent for record in job.records if record.stream is Stream.PROGRESS] == [50.0, 75.0]


def test_the_resources_of_a_deployment_are_asked_for_while_somebody_looks(azure: LocalAzure, context: Context) -> None:
    looked = threading.Event()
    path = f"{DEPLOYMENT}/azjobs-*"
    target = {"resourceType": "Microsoft.Network/virtualNetworks", "resourceName": "net"}

    def operations() -> Scripted:
        looked.set()
        return answer(200, {"value": [{"properties": {"provisioningState": "Succeeded", "targetResource": target}}]})

    azure.on("PUT", path, accepted(azure))
    azure.on("GET", MONITOR, lambda: answer(200, {"status": "Succeeded" if looked.is_set() else "Running"}))
    azure.on("GET", f"{path}/operations", operations)
    azure.on("GET", path, answer(200, {"name": "d"}))
    job = start(
        plan(context, path=DEPLOYMENT, deployment=True, body={"properties": {"template": {"resources": [1, 2]}}})
    )
    assert job.result(timeout=20) == {"name": "d"}
    told = [record.value for record in job.records if record.stream is Stream.PROGRESS]
    assert [(each.percent, each.items) for each in told] == [
        (50.0, {"virtualNetworks/net": "Succeeded"}),
        (100.0, {"virtualNetworks/net": "Succeeded"}),
    ]


def test_the_resources_of_a_deployment_are_not_asked_for_while_nobody_looks(
    azure: LocalAzure, context: Context
) -> None:
    path = f"{DEPLOYMENT}/azjobs-*"
    running = [answer(200, {"status": "Running"})] * 5
    azure.on("PUT", path, accepted(azure))
    azure.on("GET", MONITOR, *running, answer(200, {"status": "Succeeded"}))
    azure.on("GET", path, answer(200, {"name": "d"}))
    job = start(plan(context, path=DEPLOYMENT, deployment=True))
    for _ in range(400):
        if job.state.finished:
            break
        threading.Event().wait(0.05)
    assert job.state is JobState.COMPLETED
    assert azure.asked("GET", f"{path}/operations") == 0


def test_the_body_of_a_request_is_stored_nowhere(azure: LocalAzure, context: Context) -> None:
    azure.on("PUT", VM, accepted(azure))
    azure.on("GET", MONITOR, answer(200, {"status": "Failed", "error": {"code": "X", "message": "y"}}))
    job = start(plan(context, body={"properties": {"osProfile": {"adminPassword": "kanarienvogel"}}}))
    assert job.exception(timeout=20) is not None
    home = engine().home
    engine().journal.close()
    assert any(b"kanarienvogel" in body for body in azure.bodies)
    for file in home.rglob("*"):
        assert not file.is_file() or b"kanarienvogel" not in file.read_bytes(), file


@pytest.mark.parametrize(
    ("code", "advice"),
    [("DeploymentQuotaExceeded", "at most 800 deployments"), ("ResourceGroupQuotaExceeded", "at most 980 resource")],
)
def test_a_limit_of_azures_that_is_reached_says_what_to_do(
    azure: LocalAzure, context: Context, code: str, advice: str
) -> None:
    refused = answer(409, {"error": {"code": code, "message": "It would exceed the quota."}})
    azure.on("PUT", VM, refused)
    with pytest.raises(JobFailed, match=f"{code}: It would exceed the quota. .*{advice}"):
        start(plan(context)).result(timeout=20)


def test_a_subscription_that_has_not_used_a_provider_yet_is_registered_for_it(
    azure: LocalAzure, context: Context
) -> None:
    message = (
        "The subscription is not registered to use namespace 'Microsoft.Network'. See https://aka.ms/rps-not-found."
    )
    missing = answer(409, {"error": {"code": "MissingSubscriptionRegistration", "message": message}})
    provider = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network"
    azure.on("GET", f"{provider}/locations", missing, answer(200, {"available": True}))
    azure.on("POST", f"{provider}/register", answer(200, {"registrationState": "Registering"}))
    azure.on(
        "GET",
        provider,
        answer(200, {"registrationState": "Registering"}),
        answer(200, {"registrationState": "Registered"}),
    )
    with pytest.warns(UserWarning, match="has not used Microsoft.Network yet"):
        body = fetch(context, lambda arm: arm.get(f"{provider}/locations", api_version="2025-05-01"))
    assert body == {"available": True}
    assert azure.asked("POST", "/register") == 1


def test_a_failure_after_the_preparation_does_not_say_that_nothing_was_sent(
    azure: LocalAzure, context: Context
) -> None:
    azure.on("PUT", GROUP, answer(200, {"name": "g"}))
    azure.on("PUT", f"{GROUP}/more", DROPPED)

    async def prepare(arm: Arm) -> FirstRequest:
        await arm.request("PUT", GROUP, api_version="1", body={})
        await arm.request("PUT", f"{GROUP}/more", api_version="1", body={})
        raise AssertionError("unreachable")

    job = start(OperationPlan[None](command="c", resource=None, context=context, prepare=prepare))
    error = job.exception(timeout=20)
    assert isinstance(error, NeverSent)
    assert "Nothing was sent" not in str(error)
    assert f"to prepare it, this was: PUT {GROUP}, PUT {GROUP}/more" in str(error)


def test_a_step_of_a_command_outlasts_an_azure_that_is_busy(
    azure: LocalAzure, context: Context, clock: SkippingClock
) -> None:
    busy = answer(429, {"error": {"code": "TooManyRequests", "message": "slow"}}, Retry_After="40")
    azure.on("DELETE", VM, answer(202, Azure_AsyncOperation=f"{azure.endpoint}{MONITOR}", Retry_After="10"))
    azure.on("GET", MONITOR, *[busy] * 12, answer(200, {"status": "Succeeded"}))
    fetch(context, lambda arm: operate(arm, "DELETE", VM, api_version="1"))
    assert clock.waits.count(40.0) == 12


def test_a_step_of_a_command_that_azure_forgot_is_no_success(azure: LocalAzure, context: Context) -> None:
    azure.on("DELETE", VM, answer(202, Azure_AsyncOperation=f"{azure.endpoint}{MONITOR}", Retry_After="10"))
    azure.on("GET", MONITOR, answer(404))
    with pytest.raises(RequestRefused, match="no longer tells how the DELETE"):
        fetch(context, lambda arm: operate(arm, "DELETE", VM, api_version="1"))


def test_a_clock_that_is_set_back_keeps_nobody_waiting(
    azure: LocalAzure, context: Context, clock: SkippingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure.on("PUT", VM, DROPPED)
    azure.on("GET", VM, answer(404))
    job = start(plan(context))
    until_status(job, "does not show anything of it yet")
    monkeypatch.setattr(clock, "now", lambda: 0.0)
    assert isinstance(job.exception(timeout=20), NeverSent)
