"""The fault plan: rules that say what goes wrong, when, and how often."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azjobs.emulator.request import Delivery, Response

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

MACHINE = "Microsoft.Compute/virtualMachines"


def declare(arm: Arm, effect: dict[str, Any] | str, match: dict[str, Any] | None = None, **more: Any) -> str:
    """Declare one rule and return its id."""
    shown = {"type": effect} if isinstance(effect, str) else effect
    answer = arm.ask("POST", "/_emulator/faults", {"match": match or {}, "effect": shown, **more})
    assert answer.status == 201, answer.body
    return str(answer.json()["rules"][0]["id"])


def fault(status: int, **more: Any) -> dict[str, Any]:
    return {"type": "http", "status": status, **more}


def creating(arm: Arm) -> tuple[str, Response]:
    """Start to create the machine `vm`: its id, and the answer."""
    arm.make_group()
    arm.make_network()
    arm.make_interface()
    machine = f"{arm.compute}/virtualMachines/vm"
    return machine, arm.ask("PUT", machine, arm.machine_body())


def poll_of(answer: Response, header: str = "Azure-AsyncOperation") -> str:
    return answer.headers[header].removeprefix("https://management.azure.com")


# Requests


def test_a_request_fails_as_often_as_the_rule_says_and_then_no_more(arm: Arm) -> None:
    arm.make_group()
    declare(arm, fault(503, code="ServerBusy", headers={"Retry-After": "7"}), {"method": "GET"}, times=2)
    first = arm.ask("GET", arm.group)
    assert (first.status, first.json()["error"]["code"], first.headers["Retry-After"]) == (503, "ServerBusy", "7")
    assert [arm.ask("GET", arm.group).status for _ in range(3)] == [503, 200, 200]


def test_the_first_rule_that_matches_fires_alone(arm: Arm) -> None:
    arm.make_group()
    declare(arm, fault(503), {"name": "other"})
    declare(arm, fault(500), {"name": "g"})
    declare(arm, fault(502), {"name": "*"})
    assert [arm.ask("GET", arm.group).status for _ in range(3)] == [500, 502, 200]


@pytest.mark.parametrize(
    ("match", "hits"),
    [
        ({"method": "PUT"}, [False, True]),
        ({"kind": "microsoft.resources/RESOURCEGROUPS/read"}, [True, False]),
        ({"kind": "*/create"}, [False, True]),
        ({"name": "N*"}, [False, True]),
        ({"id": "*/resourcegroups/g"}, [True, False]),
        ({"phase": "poll"}, [False, False]),
    ],
)
def test_a_rule_is_about_what_its_match_says(arm: Arm, match: dict[str, Any], hits: list[bool]) -> None:
    arm.make_group()
    declare(arm, fault(500), match, times="forever")
    found = [
        arm.ask("GET", arm.group),
        arm.ask("PUT", f"{arm.subscription}/resourceGroups/new", {"location": "eastus"}),
    ]
    assert [answer.status == 500 for answer in found] == hits


def test_the_nth_match_is_the_first_to_fire(arm: Arm) -> None:
    arm.make_group()
    declare(arm, fault(500), {"method": "GET", "nth": 3})
    assert [arm.ask("GET", arm.group).status for _ in range(4)] == [200, 200, 500, 200]


def test_chances_are_the_same_for_the_same_seed(arm: Arm) -> None:
    arm.make_group()
    runs = []
    for _ in range(2):
        rule = {"match": {"probability": 0.4}, "effect": fault(500), "times": "forever"}
        arm.ask("DELETE", "/_emulator/faults")
        arm.ask("POST", "/_emulator/faults", {"seed": 11, "rules": [rule]})
        runs.append([arm.ask("GET", arm.group).status for _ in range(100)])
    assert runs[0] == runs[1]
    assert 20 < runs[0].count(500) < 60


def test_a_lost_answer_leaves_the_effect_or_not(arm: Arm) -> None:
    declare(arm, "reset", {"method": "PUT"})
    assert arm.ask("PUT", arm.group, {"location": "eastus"}).delivery is Delivery.RESET
    assert arm.ask("GET", arm.group).status == 404
    declare(arm, {"type": "reset", "after": True}, {"method": "PUT"})
    assert arm.ask("PUT", arm.group, {"location": "eastus"}).delivery is Delivery.RESET
    assert arm.ask("GET", arm.group).status == 200


def test_an_error_can_come_after_the_effect(arm: Arm) -> None:
    declare(arm, fault(504, after=True), {"method": "PUT"})
    assert arm.ask("PUT", arm.group, {"location": "eastus"}).status == 504
    assert arm.ask("GET", arm.group).status == 200


def test_a_request_that_stalls_goes_on_when_it_is_released(arm: Arm) -> None:
    declare(arm, "stall", {"method": "PUT"}, times="forever")
    assert arm.ask("PUT", arm.group, {"location": "eastus"}).delivery is Delivery.STALL
    (stalled,) = arm.get("/_emulator/faults")["stalled"]
    assert stalled["id"] == arm.group
    assert arm.ask("POST", "/_emulator/faults/release").json() == {"released": 1}
    assert arm.get("/_emulator/faults")["stalled"] == []


@pytest.mark.parametrize(
    ("effect", "code", "retry_after"),
    [
        ({"type": "throttle"}, "SubscriptionRequestsThrottled", "10"),
        ({"type": "throttle", "retryAfter": 1200}, "SubscriptionRequestsThrottled", "1200"),
        ({"type": "throttle", "retryAfter": None}, "SubscriptionRequestsThrottled", None),
        ({"type": "throttle", "counter": "HighCostGet30Min"}, "OperationNotAllowed", "10"),
    ],
)
def test_a_rule_throttles_as_azure_does(arm: Arm, effect: dict[str, Any], code: str, retry_after: str | None) -> None:
    arm.make_group()
    declare(arm, effect)
    refusal = arm.ask("GET", arm.group)
    body = refusal.json()
    assert (refusal.status, body.get("error", body)["code"]) == (429, code)
    assert refusal.headers.get("Retry-After") == retry_after
    assert arm.ask("GET", arm.group).status == 200


def test_a_token_can_expire_and_the_servers_clock_differ(arm: Arm) -> None:
    declare(arm, "expired_token")
    assert arm.error("GET", arm.subscription)[:2] == (401, "ExpiredAuthenticationToken")
    assert arm.ask("GET", arm.subscription).status == 200
    declare(arm, {"type": "clock_skew", "seconds": 7200})
    ahead = arm.ask("GET", arm.subscription)
    assert (ahead.status, ahead.json()["error"]["code"]) == (401, "ExpiredAuthenticationToken")
    arm.ask("DELETE", "/_emulator/faults")
    declare(arm, {"type": "clock_skew", "seconds": -7200})
    behind = arm.ask("GET", arm.subscription)
    assert (behind.status, "Date" in behind.headers) == (200, True)


def test_answers_are_damaged_in_every_way_that_is_named(arm: Arm) -> None:
    _, answer = creating(arm)
    poll = poll_of(answer)
    found = {}
    for variant in ("not-json", "empty", "truncated", "no-status", "status-casing", "no-retry-after"):
        declare(arm, {"type": "garbage", "variant": variant}, {"phase": "poll"})
        found[variant] = arm.ask("GET", poll)
    assert {damaged.status for damaged in found.values()} == {200}
    assert found["not-json"].body.startswith(b"<html>")
    assert found["empty"].body == b""
    with pytest.raises(json.JSONDecodeError):
        found["truncated"].json()
    assert "status" not in found["no-status"].json()
    assert found["status-casing"].json()["status"] == "inprogress"
    assert "Retry-After" not in found["no-retry-after"].headers
    assert arm.ask("GET", poll).json()["status"] == "InProgress"


def test_a_stale_read_shows_what_was_before_the_last_write(arm: Arm) -> None:
    declare(arm, "stale_read", {"name": "v"}, times=2)
    network = f"{arm.network}/virtualNetworks/v"
    arm.make_group()
    body = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    assert arm.ask("PUT", network, body).status == 201
    assert arm.error("GET", network)[1] == "ResourceNotFound"
    arm.settle()
    assert arm.ask("PATCH", network, {"tags": {"a": "1"}}).status == 200
    assert "tags" not in arm.get(network)
    assert arm.get(network)["tags"] == {"a": "1"}


def test_an_operation_whose_polls_expire_goes_on_unseen(arm: Arm) -> None:
    machine, answer = creating(arm)
    declare(arm, "expire_op")
    assert arm.ask("GET", machine).status == 200
    assert arm.error("GET", poll_of(answer))[:2] == (404, "NotFound")
    assert arm.error("GET", poll_of(answer))[:2] == (404, "NotFound")
    arm.settle()
    assert arm.get(machine)["properties"]["provisioningState"] == "Succeeded"


def test_polls_and_results_are_matched_by_their_operation(arm: Arm) -> None:
    arm.make_machine()
    deletion = arm.ask("DELETE", f"{arm.compute}/virtualMachines/vm")
    declare(arm, fault(500), {"kind": f"{MACHINE}/delete", "name": "vm", "phase": "poll"})
    declare(arm, fault(502), {"kind": f"{MACHINE}/delete", "name": "vm", "phase": "result"})
    assert arm.ask("GET", poll_of(deletion, "Location")).status == 502
    assert arm.ask("GET", poll_of(deletion)).status == 500
    assert arm.ask("GET", poll_of(deletion)).status == 200


# Operations


def test_an_operation_fails_part_of_the_way(arm: Arm) -> None:
    creating(arm)
    (whole,) = arm.azure.operations.in_flight
    arm.ask("POST", "/_emulator/reset")
    declare(arm, {"type": "lro_fail", "code": "AllocationFailed", "message": "No.", "at": 0.5}, {"name": "vm"})
    machine, answer = creating(arm)
    duration = (whole.due or 0.0) - whole.started
    arm.clock.advance(0.4 * duration)
    assert arm.get(poll_of(answer))["status"] == "InProgress"
    arm.clock.advance(0.2 * duration)
    body = arm.get(poll_of(answer))
    assert (body["status"], body["error"]["code"]) == ("Failed", "AllocationFailed")
    assert arm.get(machine)["properties"]["provisioningState"] == "Failed"


def test_an_operation_that_is_rolled_back_leaves_no_trace(arm: Arm) -> None:
    failing = {"type": "lro_fail", "code": "Conflict", "message": "No.", "leave": "rolled back"}
    declare(arm, failing, {"kind": f"{MACHINE}/create"})
    machine, answer = creating(arm)
    arm.settle()
    assert arm.get(poll_of(answer))["status"] == "Failed"
    assert arm.ask("GET", machine).status == 404
    arm.make_machine()
    arm.do("POST", f"{machine}/deallocate")
    before = arm.get(machine)
    declare(arm, failing, {"kind": f"{MACHINE}/start"})
    assert arm.ask("POST", f"{machine}/start").status == 202
    arm.settle()
    assert arm.get(machine) == before
    statuses = arm.get(f"{machine}/instanceView")["statuses"]
    assert [status["code"] for status in statuses if "Power" in status["code"]] == ["PowerState/deallocated"]


def test_an_operation_is_cancelled_from_outside(arm: Arm) -> None:
    declare(arm, "lro_cancel", {"kind": f"{MACHINE}/create"})
    machine, answer = creating(arm)
    arm.settle()
    body = arm.get(poll_of(answer))
    assert (body["status"], body["error"]["code"]) == ("Canceled", "OperationCanceled")
    assert arm.get(machine)["properties"]["provisioningState"] == "Failed"


def test_an_operation_takes_as_much_longer_as_a_rule_says(arm: Arm) -> None:
    declare(arm, {"type": "slow", "factor": 10}, {"kind": f"{MACHINE}/create"})
    _, answer = creating(arm)
    arm.clock.advance(800)
    assert arm.get(poll_of(answer))["status"] == "InProgress"
    arm.clock.advance(800)
    assert arm.get(poll_of(answer))["status"] == "Succeeded"


def test_an_operation_is_held_and_released_with_the_time_that_it_had_left(arm: Arm) -> None:
    declare(arm, "lro_hold", {"kind": f"{MACHINE}/create"})
    _, answer = creating(arm)
    operation = arm.get("/_emulator/operations")["value"][0]["id"]
    arm.clock.advance(10_000)
    assert arm.get(poll_of(answer))["status"] == "InProgress"
    assert arm.ask("POST", f"/_emulator/operations/{operation}/release").status == 200
    arm.clock.advance(50)
    assert arm.get(poll_of(answer))["status"] == "InProgress"
    arm.clock.advance(100)
    assert arm.get(poll_of(answer))["status"] == "Succeeded"
    assert arm.error("POST", f"/_emulator/operations/{operation}/release")[0] == 409
    assert arm.error("POST", f"/_emulator/operations/{operation}/hold")[0] == 409


def test_a_size_that_has_run_out_fails_to_be_allocated(arm: Arm) -> None:
    declare(arm, {"type": "capacity", "size": "Standard_DS1*", "location": "East US"})
    machine, answer = creating(arm)
    arm.settle()
    assert arm.get(poll_of(answer))["error"]["code"] == "AllocationFailed"
    other = arm.make_machine("other", "n2", hardwareProfile={"vmSize": "Standard_D2s_v3"})
    assert other["properties"]["provisioningState"] == "Succeeded"
    # It lasts until the rule is taken away.
    arm.do("DELETE", machine)
    assert arm.make_machine("again")["properties"]["provisioningState"] == "Failed"
    arm.ask("DELETE", "/_emulator/faults")
    arm.do("POST", f"{arm.compute}/virtualMachines/again/start")
    assert arm.get(f"{arm.compute}/virtualMachines/again")["properties"]["provisioningState"] == "Succeeded"


def test_a_zone_that_has_run_out_is_named_in_the_error(arm: Arm) -> None:
    declare(arm, {"type": "capacity", "zone": "2"})
    arm.make_machine("free")
    body = {**arm.machine_body("n2"), "zones": ["2"]}
    arm.make_interface("n2")
    answer = arm.ask("PUT", f"{arm.compute}/virtualMachines/zonal", body)
    arm.settle()
    assert arm.get(poll_of(answer))["error"]["code"] == "ZonalAllocationFailed"
    assert arm.get(f"{arm.compute}/virtualMachines/free")["properties"]["provisioningState"] == "Succeeded"


# Conditions


def test_a_region_that_is_down_takes_nothing_and_shows_nothing(arm: Arm) -> None:
    arm.make_group()
    arm.make_network()
    rule = declare(arm, {"type": "region_down", "location": "eastus"}, {"kind": "Microsoft.Network/*"})
    assert arm.error("GET", f"{arm.network}/virtualNetworks/v")[:2] == (503, "ServiceUnavailable")
    elsewhere = {"location": "westus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    assert arm.ask("PUT", f"{arm.network}/virtualNetworks/w", elsewhere).status == 201
    here = {**elsewhere, "location": "East US"}
    assert arm.error("PUT", f"{arm.network}/virtualNetworks/x", here)[0] == 503
    assert arm.ask("GET", arm.group).status == 200
    assert arm.ask("DELETE", f"/_emulator/faults/{rule}").status == 200
    assert arm.ask("GET", f"{arm.network}/virtualNetworks/v").status == 200
    assert arm.error("DELETE", f"/_emulator/faults/{rule}")[0] == 404


def test_a_lowered_quota_is_refused_with_azures_figures(arm: Arm) -> None:
    declare(arm, {"type": "quota", "family": "standardDSv3Family", "cores": 5, "location": "eastus"})
    size = {"hardwareProfile": {"vmSize": "Standard_D2s_v3"}}
    arm.make_machine("a", "na", **size)
    arm.make_machine("b", "nb", **size)
    arm.make_interface("nc")
    third = f"{arm.compute}/virtualMachines/c"
    status, code, message = arm.error("PUT", third, arm.machine_body("nc", **size))
    assert (status, code) == (409, "OperationNotAllowed")
    assert "exceeding approved standardDSv3Family Cores quota" in message
    assert "Current Limit: 5, Current Usage: 4, Additional Required: 2, (Minimum) New Limit Required: 6" in message
    larger = {"properties": {"hardwareProfile": {"vmSize": "Standard_D8s_v3"}}}
    assert arm.error("PATCH", f"{arm.compute}/virtualMachines/a", larger)[1] == "OperationNotAllowed"
    assert arm.ask("PATCH", f"{arm.compute}/virtualMachines/a", {"tags": {"a": "b"}}).status == 200
    assert arm.ask("PUT", third, arm.machine_body("nc")).status == 201
    usages = arm.get(f"{arm.subscription}/providers/Microsoft.Compute/locations/eastus/usages")["value"]
    (row,) = [row for row in usages if row["name"]["value"] == "standardDSv3Family"]
    assert (row["currentValue"], row["limit"]) == (4, 5)


# Deployments


def template(arm: Arm) -> dict[str, Any]:
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    return {
        "properties": {
            "mode": "Incremental",
            "template": {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "resources": [
                    {
                        "type": "Microsoft.Network/virtualNetworks",
                        "apiVersion": "2024-05-01",
                        "name": "v",
                        "location": "eastus",
                        "properties": space,
                    }
                ],
            },
        }
    }


@pytest.mark.parametrize(("action", "state"), [("finish", "Succeeded"), ("fail", "Failed"), ("release", "Succeeded")])
def test_a_deployments_resource_is_held_and_ended_by_hand(arm: Arm, action: str, state: str) -> None:
    arm.make_group()
    deployment = f"{arm.group}/providers/Microsoft.Resources/deployments/d"
    assert arm.ask("PUT", deployment, template(arm)).status == 201
    arm.clock.advance(1.5)
    running = {row["kind"].rpartition("/")[0]: row["id"] for row in arm.get("/_emulator/operations")["value"]}
    own, network = running["Microsoft.Resources/deployments"], running["Microsoft.Network/virtualNetworks"]
    assert arm.error("POST", f"/_emulator/operations/{own}/hold")[0] == 409
    assert arm.ask("POST", f"/_emulator/operations/{network}/hold").status == 200
    arm.clock.advance(10_000)
    assert arm.get(deployment)["properties"]["provisioningState"] == "Running"
    assert arm.ask("POST", f"/_emulator/operations/{network}/{action}").status == 200
    arm.settle()
    assert arm.get(deployment)["properties"]["provisioningState"] == state


def test_rules_hold_for_a_deployments_resources_too(arm: Arm) -> None:
    arm.make_group()
    declare(arm, {"type": "region_down", "location": "eastus"}, {"kind": "Microsoft.Network/*"})
    deployment = f"{arm.group}/providers/Microsoft.Resources/deployments/d"
    assert arm.ask("PUT", deployment, template(arm)).status == 201
    arm.settle()
    properties = arm.get(deployment)["properties"]
    assert properties["provisioningState"] == "Failed"
    assert "ServiceUnavailable" in json.dumps(properties["error"])


# Whatever the rules

_EFFECTS: list[dict[str, Any]] = [
    fault(503),
    fault(409, after=True),
    {"type": "throttle"},
    {"type": "throttle", "counter": "PutVM3Min"},
    {"type": "reset"},
    {"type": "reset", "after": True},
    {"type": "stall"},
    *(
        {"type": "garbage", "variant": name}
        for name in ("not-json", "empty", "truncated", "no-status", "status-casing")
    ),
    {"type": "stale_read"},
    {"type": "expire_op"},
    {"type": "expired_token"},
    {"type": "clock_skew", "seconds": 9000},
    {"type": "lro_fail", "at": 0},
    {"type": "lro_fail", "leave": "rolled back"},
    {"type": "lro_cancel", "at": 0.3},
    {"type": "lro_hold"},
    {"type": "slow", "factor": 4},
    {"type": "capacity"},
    {"type": "region_down", "location": "eastus"},
    {"type": "quota", "cores": 1},
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=st.lists(st.tuples(st.sampled_from(_EFFECTS), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=6),
    steps=st.lists(st.tuples(st.integers(0, 8), st.sampled_from([0, 1, 30, 500])), min_size=1, max_size=25),
)
def test_no_rules_make_the_emulator_itself_fail_or_leave_anything_undone(
    arm: Arm, rules: list[tuple[dict[str, Any], int, int]], steps: list[tuple[int, float]]
) -> None:
    arm = type(arm)()  # a new one for each example
    machine, answer = creating(arm)
    polls = [poll_of(answer)]
    for effect, nth, times in rules:
        declare(arm, effect, {"nth": nth}, times=times)
    requests: list[tuple[str, str, Any]] = [
        ("GET", machine, None),
        ("PUT", machine, arm.machine_body()),
        ("PATCH", machine, {"tags": {"a": "b"}}),
        ("POST", f"{machine}/start", None),
        ("POST", f"{machine}/deallocate", None),
        ("DELETE", machine, None),
        ("GET", f"{arm.network}/networkInterfaces/n", None),
        ("GET", f"{arm.compute}/virtualMachines", None),
    ]
    for number, seconds in steps:
        arm.clock.advance(seconds)
        method, path, body = requests[number] if number < len(requests) else ("GET", polls[-1], None)
        given_answer = arm.ask(method, path, body)
        assert given_answer.status != 500, given_answer.body
        if "Azure-AsyncOperation" in given_answer.headers:
            polls.append(poll_of(given_answer))
    arm.ask("DELETE", "/_emulator/faults")
    for operation in arm.azure.operations.in_flight:
        arm.ask("POST", f"/_emulator/operations/{operation.id}/finish")
    arm.settle()
    # When the rules are gone, everything is as usual.
    assert arm.ask("DELETE", machine).status in (202, 204)
    arm.settle()
    assert arm.ask("GET", machine).status == 404
    assert all(operation.is_terminal for operation in arm.azure.operations)


# The control endpoint


def test_the_log_says_what_fired(arm: Arm) -> None:
    arm.make_group()
    rule = declare(arm, fault(500), {"method": "GET"})
    arm.ask("GET", arm.group)
    shown = arm.get("/_emulator/faults")
    assert (shown["rules"][0]["id"], shown["rules"][0]["fired"], shown["rules"][0]["times"]) == (rule, 1, 1)
    (entry,) = shown["log"]
    assert (entry["rule"], entry["method"], entry["id"], entry["phase"]) == (rule, "GET", arm.group, "request")
    assert entry["effect"] == "http"


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ([], None),
        ({"match": {}}, "needs the member 'effect'"),
        ({"effect": {"type": "explode"}}, "must be one of http, throttle"),
        ({"effect": {"type": "http"}}, "needs the member 'status'"),
        ({"effect": {"type": "http", "status": 200}}, "a number from 400 to 599, not '200'"),
        ({"effect": {"type": "http", "status": 429, "headers": {"Retry-After": "0.5"}}}, "whole number of seconds"),
        ({"effect": {"type": "http", "status": 503, "headers": {"A": "b\r\nC: d"}}}, "object of texts"),
        ({"effect": {"type": "http", "status": 503, "headers": {"Content-Length": "5"}}}, "frame an answer"),
        ({"effect": {"type": "clock_skew", "seconds": float("nan")}}, "must be a number"),
        ({"effect": {"type": "slow", "factor": 0}}, "a number from 0.001"),
        ({"effect": {"type": "stall", "seconds": 1}}, "unknown member 'seconds'"),
        ({"effect": {"type": "stall"}, "match": {"phase": "later"}}, "request, poll, result"),
        ({"effect": {"type": "stall"}, "match": {"nth": 0}}, "at least 1"),
        ({"effect": {"type": "stall"}, "times": 0}, "'forever'"),
        ({"effect": {"type": "throttle", "counter": "Tea"}}, "must be one of PutVM3Min"),
        ({"effect": {"type": "throttle", "retryAfter": 0.5}}, "whole number of seconds above 0"),
        ({"rules": {}}, "must be an array"),
        ("rule", "must be an object"),
        ({"kind": 7}, "must be a text"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_with_its_reason(arm: Arm, rule: Any, complaint: str | None) -> None:
    answer = arm.ask("POST", "/_emulator/faults", json.dumps(rule).encode())
    if complaint is None:
        assert answer.status == 201
        return
    assert answer.status == 400
    assert complaint in answer.json()["error"]["message"]
    assert arm.get("/_emulator/faults")["rules"] == []
