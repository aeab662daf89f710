"""Azure's request limits, which the emulator keeps when it is asked to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azjobs.emulator import EmulatorError, start, stop, wellknown
from azjobs.emulator.clock import ScaledClock
from azjobs.emulator.core import Azure
from azjobs.emulator.paths import parse
from azjobs.emulator.request import Request, Response
from azjobs.emulator.throttling.buckets import TokenBucket
from azjobs.emulator.throttling.limits import compute_group

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

READS = "x-ms-ratelimit-remaining-subscription-reads"
GLOBAL_READS = "x-ms-ratelimit-remaining-subscription-global-reads"
RESOURCE = "x-ms-ratelimit-remaining-resource"


@pytest.fixture
def limited(arm: Arm) -> Arm:
    """An emulated Azure in this process that limits requests."""
    arm.azure = Azure(arm.clock, seed=1, throttled=True)
    return arm


def exhaust(arm: Arm, method: str, path: str, at_most: int = 5000) -> tuple[int, Response]:
    """Ask until it is refused: how many requests were granted, and the refusal."""
    for granted in range(at_most):
        response = arm.ask(method, path)
        if response.status == 429:
            return granted, response
    raise AssertionError(f"{at_most} requests were granted.")


@settings(max_examples=200, deadline=None)
@given(
    capacity=st.integers(1, 300),
    rate=st.floats(0.1, 50),
    waits=st.lists(st.floats(0, 20), min_size=1, max_size=60),
    burst=st.integers(1, 40),
)
def test_a_bucket_never_grants_more_than_it_holds_and_what_came_back(
    capacity: int, rate: float, waits: list[float], burst: int
) -> None:
    bucket, now = TokenBucket(capacity=capacity, rate=rate, now=0.0), 0.0
    granted: list[float] = []
    for wait in waits:
        now += wait
        granted += [now for _ in range(burst) if bucket.take(now)]
        assert 0 <= bucket.remaining(now) <= capacity
    for first, began in enumerate(granted):
        for last in range(first, len(granted)):
            assert last - first + 1 <= capacity + rate * (granted[last] - began) + 1e-6


@settings(max_examples=200, deadline=None)
@given(capacity=st.integers(1, 50), rate=st.floats(0.05, 50), pause=st.floats(0, 3))
def test_a_bucket_grants_again_after_the_time_that_it_names(capacity: int, rate: float, pause: float) -> None:
    bucket, now = TokenBucket(capacity=capacity, rate=rate, now=0.0), pause
    while bucket.take(now):
        pass
    wait = bucket.wait(now)
    assert wait > 0
    assert not bucket.take(now + wait * 0.99)
    assert bucket.take(now + wait)


def test_an_emulator_that_was_not_asked_to_grants_everything(arm: Arm) -> None:
    assert {arm.ask("GET", "/subscriptions").status for _ in range(400)} == {200}
    assert arm.ask("GET", arm.subscription).headers[READS] == "249"


def test_every_answer_says_what_is_left_and_errors_do_so_too(limited: Arm) -> None:
    found = [limited.ask("GET", path) for path in (limited.subscription, limited.group, limited.subscription)]
    assert [answer.status for answer in found] == [200, 404, 200]
    assert [answer.headers[READS] for answer in found] == ["249", "248", "247"]
    assert [answer.headers[GLOBAL_READS] for answer in found] == ["3749", "3748", "3747"]
    writing = limited.ask("PUT", limited.group, {"location": "eastus"})
    assert writing.headers["x-ms-ratelimit-remaining-subscription-writes"] == "199"
    assert READS not in writing.headers


def test_too_many_reads_are_refused_as_azure_refuses_them_and_come_back_with_time(limited: Arm) -> None:
    granted, refusal = exhaust(limited, "GET", limited.subscription)
    assert granted == 250
    error = refusal.json()["error"]
    assert error["code"] == "SubscriptionRequestsThrottled"
    assert error["message"] == (
        f"Number of 'read' requests for subscription '{wellknown.SUBSCRIPTION_ID}' actor "
        f"'{wellknown.CLIENT_OBJECT_ID}' exceeded. Please try again after '1' seconds."
    )
    assert (refusal.headers["Retry-After"], refusal.headers[READS]) == ("1", "0")
    # Writes have a bucket of their own, and so has every subscription.
    assert limited.ask("PUT", limited.group, {"location": "eastus"}).status == 201
    assert limited.ask("GET", f"/subscriptions/{wellknown.SECOND_SUBSCRIPTION_ID}").status == 200
    limited.clock.advance(2)
    assert exhaust(limited, "GET", limited.subscription)[0] == 50


@pytest.mark.parametrize(("method", "body"), [("PUT", {"location": "eastus"}), ("DELETE", None)])
def test_writes_and_deletes_come_back_more_slowly(limited: Arm, method: str, body: object) -> None:
    for _ in range(200):
        assert limited.ask(method, limited.group, body).status in (200, 201, 202, 404)
    assert limited.ask(method, limited.group, body).status == 429
    limited.clock.advance(1)
    granted = [limited.ask(method, limited.group, body).status for _ in range(11)]
    assert [status == 429 for status in granted] == [*[False] * 10, True]


def test_compute_has_counters_of_its_own_and_a_body_without_wrapper(limited: Arm) -> None:
    limited.make_group()
    machines = f"{limited.compute}/virtualMachines"
    assert limited.ask("GET", machines).headers[RESOURCE] == (
        "Microsoft.Compute/HighCostGet3Min;159,Microsoft.Compute/HighCostGet30Min;799"
    )
    granted, refusal = exhaust(limited, "GET", machines)
    assert granted == 159
    body = refusal.json()
    assert (body["code"], "error" in body) == ("OperationNotAllowed", False)
    (detail,) = body["details"]
    assert (detail["code"], detail["target"]) == ("TooManyRequests", "HighCostGet3Min")
    window = json.loads(detail["message"])
    assert (window["operationGroup"], window["allowedRequestCount"]) == ("HighCostGet3Min", 160)
    assert window["measuredRequestCount"] > 160
    assert refusal.headers["Retry-After"] == "2"
    assert refusal.headers[RESOURCE].startswith("Microsoft.Compute/HighCostGet3Min;0,")
    # One that is refused takes nothing from the other buckets.
    before = limited.ask("GET", limited.subscription).headers[READS]
    limited.ask("GET", machines)
    assert int(limited.ask("GET", limited.subscription).headers[READS]) == int(before) - 1
    assert limited.ask("GET", f"{machines}/none").status == 404


@pytest.mark.parametrize(
    ("method", "tail", "group"),
    [
        ("PUT", "virtualMachines/v", "PutVM"),
        ("PATCH", "virtualMachines/v", "PutVM"),
        ("DELETE", "virtualMachines/v", "DeleteVM"),
        ("POST", "virtualMachines/v/deallocate", "DeleteVM"),
        ("POST", "virtualMachines/v/start", "UpdateVM"),
        ("POST", "virtualMachines/v/restart", "UpdateVM"),
        ("PUT", "virtualMachines/v/extensions/e", "UpdateVM"),
        ("GET", "virtualMachines/v", "LowCostGet"),
        ("GET", "virtualMachines/v/instanceView", "LowCostGet"),
        ("GET", "virtualMachines", "HighCostGet"),
        ("GET", "locations/eastus/operations/o", "GetOperation"),
        ("GET", "locations/eastus/DiskOperations/o", "GetOperation"),
        ("PUT", "disks/d", "CreateUpdateDisks"),
        ("DELETE", "disks/d", "DeleteDisks"),
        ("PUT", "galleries/g", None),
    ],
)
def test_a_request_counts_against_the_group_that_azure_counts_it_in(method: str, tail: str, group: str | None) -> None:
    assert compute_group(method, parse(f"/subscriptions/s/providers/Microsoft.Compute/{tail}")) == group


def test_requests_without_a_token_count_against_nobody(limited: Arm) -> None:
    for _ in range(300):
        assert limited.azure.handle(Request.from_target("GET", f"{limited.subscription}?api-version=2024-07-01"))
    assert limited.ask("GET", limited.subscription).headers[READS] == "249"


def test_a_reset_fills_the_buckets(limited: Arm) -> None:
    exhaust(limited, "GET", limited.subscription)
    limited.ask("POST", "/_emulator/reset")
    assert limited.ask("GET", limited.subscription).headers[READS] == "249"


def test_a_fast_clock_refills_faster_and_says_so(arm: Arm) -> None:
    time = [0.0]
    arm.azure = Azure(ScaledClock(20.0, start=0.0, monotonic=lambda: time[0]), throttled=True)
    refusal = exhaust(arm, "GET", arm.subscription)[1]
    # One second of the emulator's is 50 ms of the client's.
    assert refusal.headers["Retry-After-Ms"] == "50"
    assert "Retry-After" not in refusal.headers
    # The SDKs try a POST again only where there is a Retry-After, which knows whole seconds alone.
    for _ in range(200):
        arm.ask("POST", f"{arm.subscription}/providers/Microsoft.Compute/register")
    assert arm.ask("POST", f"{arm.subscription}/providers/Microsoft.Compute/register").headers["Retry-After"] == "1"
    time[0] = 0.1
    assert exhaust(arm, "GET", arm.subscription)[0] == 50


def test_the_launcher_starts_an_emulator_that_throttles(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="not as 'aws'"):
        start(tmp_path, throttle="aws")
    try:
        assert start(tmp_path, throttle="azure").throttle == "azure"
    finally:
        stop(tmp_path)
