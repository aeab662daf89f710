"""The small pure parts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from azure.mgmt.compute.models import VirtualMachine
from azure.mgmt.network.models import VirtualNetwork
from hypothesis import given
from hypothesis import strategies as st
from tests.operations.conftest import SkippingClock

from azjobs.operations.answers import Answer, arm_error
from azjobs.operations.delays import poll_delay, retry_after
from azjobs.operations.detail import Acceptance, Azure, Detail, Intent
from azjobs.operations.evidence import changed_since, names_job
from azjobs.operations.failures import from_error
from azjobs.operations.lro import Operation, Via
from azjobs.operations.network import same_origin
from azjobs.operations.pacing import Gate, Pacing
from azjobs.operations.plan import ResultFrom
from azjobs.operations.progress import summary
from azjobs.operations.results import decode, path_of
from azjobs.operations.retrying import BACKGROUND, FOREGROUND, pause_after_answer, pause_after_silence
from azjobs.operations.workers import Workers


@given(st.dictionaries(st.sampled_from(["Retry-After", "retry-after-ms", "x-ms-retry-after-ms"]), st.text(max_size=8)))
def test_whatever_a_retry_after_says_the_wait_is_a_time(headers: dict[str, str]) -> None:
    asked = retry_after(headers)
    assert asked is None or 0 < asked < float("inf")
    assert 0 < poll_delay(headers) < float("inf")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "A", "message": "m"}}, "A"),
        ({"Error": {"Code": "A", "Message": "m"}}, "A"),
        ({"code": "A", "message": "m", "details": []}, "A"),
        ({"odata.error": {"code": "A", "message": {"lang": "en", "value": "m"}}}, "A"),
        ({"properties": {"statusMessage": {"error": {"code": "A", "message": "m"}}}}, "A"),
        ({"name": "no error"}, None),
        ([1], None),
        (None, None),
    ],
)
def test_an_error_is_found_in_whatever_shape_azure_gives_it(body: object, code: str | None) -> None:
    error = arm_error(body)
    reason = from_error(error) if error else None
    assert (reason and reason.code) == code
    assert reason is None or reason.message == "m"


def test_a_post_is_repeated_only_when_it_surely_was_not_taken() -> None:
    def pause(method: str, status: int) -> float | None:
        said = Answer.read(status, {}, b"")
        return pause_after_answer(method, said, failures=1, throttled=1, patience=BACKGROUND)

    assert pause("POST", 429)
    assert pause("POST", 503) is None
    assert pause("PUT", 503)
    assert pause("DELETE", 500)
    assert pause("PUT", 409) is None
    assert pause_after_silence("POST", sent=False, failures=1, patience=BACKGROUND)
    assert pause_after_silence("POST", sent=True, failures=1, patience=BACKGROUND) is None
    assert pause_after_silence("DELETE", sent=True, failures=1, patience=BACKGROUND)


def test_somebody_who_waits_in_front_of_it_is_not_kept_for_twenty_minutes() -> None:
    said = Answer.read(429, {"retry-after": "1200"}, b"")
    assert pause_after_answer("GET", said, failures=0, throttled=1, patience=FOREGROUND) is None
    assert pause_after_answer("GET", said, failures=0, throttled=1, patience=BACKGROUND) == 1200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"systemData": {"lastModifiedAt": "2026-01-01T12:00:10.1234567Z"}}, True),
        ({"systemData": {"lastModifiedAt": "2026-01-01T11:00:00Z"}}, False),
        ({"properties": {"timestamp": "2026-01-01T12:00:01Z"}}, True),
        ({"properties": {"timeCreated": "2026-01-01T12:00:01+00:00"}}, True),
        ({"properties": {"timeCreated": "2025-01-01T12:00:01+00:00"}}, None),
        ({"properties": {}}, None),
    ],
)
def test_what_stands_is_our_work_only_when_azure_dates_it_after_the_request(
    body: object, expected: bool | None
) -> None:
    noon = 1767268800.0
    said = Answer.read(200, {"date": "Thu, 01 Jan 2026 12:01:00 GMT"}, json.dumps(body).encode())
    assert changed_since(said, noon, noon + 60) is expected


def test_the_emulators_faster_clock_is_allowed_for() -> None:
    noon = 1767268800.0
    headers = {"date": "Thu, 01 Jan 2026 10:00:00 GMT", "x-azjobs-emulator-speed": "60"}
    said = Answer.read(200, headers, b'{"properties": {"timestamp": "2026-01-01T09:01:00Z"}}')
    assert changed_since(said, noon, noon + 60) is True


def test_a_deployment_named_after_the_job_can_be_nobody_elses() -> None:
    instance = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    assert names_job(f"https://h/deployments/azjobs-{instance}?api-version=1", instance)
    assert not names_job("https://h/deployments/azjobs-1?api-version=1", instance)


@pytest.mark.parametrize("kind", [VirtualMachine, VirtualNetwork])
def test_the_type_of_a_result_is_named_by_its_public_path(kind: type) -> None:
    path = path_of(kind)
    assert path is not None
    assert "._" not in path
    assert type(decode(path, {"name": "x", "location": "eastus"}, {})) is kind


def test_lists_maps_and_plain_values_are_results_too() -> None:
    path = path_of(list[VirtualNetwork])
    assert path is not None
    assert [type(item) for item in decode(path, [{"name": "a"}], {})] == [VirtualNetwork]
    assert decode("builtins:str", "text", {}) == "text"
    assert decode(path_of(dict[str, list[VirtualNetwork]]) or "", {"a": [{"name": "n"}]}, {})["a"][0].name == "n"
    assert path_of(type(None)) is None
    assert decode(path_of(Any) or "", {"any": 1}, {}) == {"any": 1}


def test_the_result_of_a_package_that_is_not_installed_is_the_body() -> None:
    assert decode("azure.mgmt.nowhere.models:Thing", {"name": "x"}, {}) == {"name": "x"}
    assert decode("azure.mgmt.compute.models:NoSuchModelAnyMore", {"name": "x"}, {}) == {"name": "x"}


def test_a_detail_is_the_same_after_it_was_written_down() -> None:
    operation = Operation(
        method="PUT", url="https://h/a", via=Via.LOCATION, poll_url="https://h/b?s=%2B", status="Running"
    )
    detail = Detail(
        azure=Azure(host="https://h", tenant="t", subscription="s", account="a", scopes=("x/.default",)),
        method_path="m:C.begin_x",
        result_type="m:R",
        intent=Intent(method="PUT", url="https://h/a", time=1.5, deployment="/d"),
        acceptance=Acceptance(time=2.5, status=201, request_id="r"),
        result=ResultFrom(path="/p", api_version="1", extras={"k": None}, extras_from_outputs={"k": "out"}),
        operation=operation,
        parts=3,
        cancelling=True,
    )
    assert Detail.from_json(json.loads(json.dumps(detail.to_json()))) == detail


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://management.azure.com/x", True),
        ("https://MANAGEMENT.azure.com:443/x", True),
        ("https://management.azure.com:444/x", False),
        ("http://management.azure.com/x", False),
        ("https://management.azure.com.evil.example/x", False),
        ("https://management.azure.com@evil.example/x", False),
        ("https://user@management.azure.com/x", False),
        ("https://management.azure.com:x/", False),
        ("//management.azure.com/x", False),
    ],
)
def test_a_token_goes_to_its_own_host_only(url: str, same: bool) -> None:
    assert same_origin(url, "https://management.azure.com") is same


def test_progress_counts_what_is_made_of_what_the_template_has() -> None:
    def operation(kind: str, name: str, state: str) -> dict[str, Any]:
        target = {"resourceType": f"Microsoft.X/{kind}", "resourceName": name}
        return {"properties": {"provisioningState": state, "targetResource": target}}

    told = summary("new_vm", [operation("a", "1", "Succeeded"), operation("b", "2", "Running"), {"properties": {}}], 4)
    assert told is not None
    assert (told.percent, told.status) == (25.0, "1 of 4 resources made")
    assert told.items == {"a/1": "Succeeded", "b/2": "Running"}
    assert summary("new_vm", [], 4) is None


def test_one_429_holds_back_the_starts_of_its_kind_and_no_others() -> None:
    clock = SkippingClock()

    async def scenario() -> tuple[list[float], float]:
        pacing = Pacing(clock)
        writes = pacing.gate("h", "S", "PUT")
        assert pacing.gate("h", "s", "PATCH") is writes
        assert pacing.gate("h", "S", "DELETE") is not writes
        writes.throttled(10)
        waited: list[float] = []

        async def told(seconds: float) -> None:
            waited.append(seconds)

        async with writes.place(told):
            pass
        before = clock.skipped
        async with pacing.gate("h", "S", "DELETE").place(told):
            pass
        return waited, clock.skipped - before

    waited, others = asyncio.run(scenario())
    assert len(waited) == 1
    assert 9 < waited[0] <= 10
    assert others == 0


def test_a_retry_after_of_twenty_minutes_blocks_no_other_job_for_so_long() -> None:
    clock = SkippingClock()

    async def scenario() -> float:
        gate = Gate(clock, at_once=1)
        gate.throttled(1200)
        async with gate.place():
            return clock.skipped

    assert asyncio.run(scenario()) < 70


def test_only_so_many_starts_are_in_flight() -> None:
    async def scenario() -> int:
        gate = Gate(SkippingClock(), at_once=3)
        inside = most = 0

        async def start() -> None:
            nonlocal inside, most
            async with gate.place():
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(start() for _ in range(20)))
        return most

    assert asyncio.run(scenario()) == 3


def test_workers_give_results_and_errors() -> None:
    workers = Workers(4, "test-worker")
    futures = [workers.submit(divmod, 7, number) for number in (1, 2, 0)]
    assert futures[0].result(timeout=5) == (7, 0)
    assert futures[1].result(timeout=5) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        futures[2].result(timeout=5)
    workers.shutdown()
