"""What the unmodified SDK does when the fault plan makes Azure misbehave."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ServiceResponseTimeoutError,
)
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azjobs.emulator import Emulator, EmulatorError, RunningEmulator, start, stop, tokens

NETWORK: Any = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
CREATE = {"kind": "Microsoft.Network/virtualNetworks/create"}


class Session:
    """An emulator in this process, and the SDK's clients for it. No wait of theirs takes time."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.resources = emulator.client(ResourceManagementClient)
        self.network = emulator.client(NetworkManagementClient)
        self.resources.resource_groups.create_or_update("g", {"location": "eastus"})

    def declare(self, effect: dict[str, Any], match: dict[str, Any], **more: Any) -> None:
        self.emulator.control("POST", "faults", {"match": match, "effect": effect, **more})

    def fired(self) -> int:
        return sum(rule["fired"] for rule in self.emulator.control("GET", "faults")["rules"])

    def create(self) -> Any:
        return self.network.virtual_networks.begin_create_or_update("g", "v", NETWORK)


@pytest.fixture
def sdk() -> Iterator[Session]:
    with Emulator(seed=1) as emulator:
        yield Session(emulator)


@pytest.mark.parametrize("effect", [{"type": "throttle", "retryAfter": 7}, {"type": "http", "status": 503}])
def test_a_write_that_is_throttled_or_unavailable_twice_is_tried_again(sdk: Session, effect: dict[str, Any]) -> None:
    sdk.declare(effect, {"method": "PUT"}, times=2)
    assert sdk.create().result().provisioning_state == "Succeeded"
    assert sdk.fired() == 2


def test_a_throttled_action_is_tried_again_only_when_told_how_long_to_wait(sdk: Session) -> None:
    sdk.create().result()
    move: Any = {"resources": [], "targetResourceGroup": "/subscriptions/none"}
    match = {"method": "POST"}
    sdk.declare({"type": "throttle", "retryAfter": None}, match)
    with pytest.raises(HttpResponseError) as refused:
        sdk.resources.resources.begin_move_resources("g", move)
    assert (refused.value.status_code, sdk.fired()) == (429, 1)
    sdk.declare({"type": "throttle", "retryAfter": 7}, match, times=2)
    with pytest.raises(HttpResponseError) as invalid:
        sdk.resources.resources.begin_move_resources("g", move)
    assert (invalid.value.status_code != 429, sdk.fired()) == (True, 3)


def test_throttling_without_an_end_is_given_up_after_three_retries(sdk: Session) -> None:
    sdk.declare({"type": "throttle", "retryAfter": 7}, {"method": "PUT"}, times="forever")
    with pytest.raises(HttpResponseError) as refused:
        sdk.create()
    assert (refused.value.status_code, sdk.fired()) == (429, 4)


@pytest.mark.parametrize(("code", "status"), [("AnotherOperationInProgress", 409), ("SkuNotAvailable", 409)])
def test_a_conflict_is_not_tried_again(sdk: Session, code: str, status: int) -> None:
    sdk.declare({"type": "http", "status": status, "code": code}, {"method": "PUT"})
    with pytest.raises(ResourceExistsError) as refused:
        sdk.create()
    assert refused.value.error is not None
    assert (refused.value.error.code, sdk.fired()) == (code, 1)


def test_a_conflict_with_a_time_to_wait_is_tried_again(sdk: Session) -> None:
    sdk.declare({"type": "http", "status": 409, "headers": {"Retry-After": "3"}}, {"method": "PUT"})
    assert sdk.create().result().provisioning_state == "Succeeded"


def test_server_errors_at_a_poll_are_survived(sdk: Session) -> None:
    sdk.declare({"type": "http", "status": 500}, {"phase": "poll"}, times=2)
    assert sdk.create().result().provisioning_state == "Succeeded"
    assert sdk.fired() == 2


def test_a_poll_that_has_expired_leaves_the_fate_unknown(sdk: Session) -> None:
    sdk.declare({"type": "expire_op"}, {"phase": "poll"})
    creation = sdk.create()
    with pytest.raises(HttpResponseError) as lost:
        creation.result()
    assert lost.value.status_code == 404
    sdk.emulator.control("POST", "advance", {"seconds": 600})
    assert sdk.network.virtual_networks.get("g", "v").provisioning_state == "Succeeded"


def test_a_token_that_expires_during_a_poll_ends_it(sdk: Session) -> None:
    sdk.declare({"type": "expired_token"}, {"phase": "poll"})
    creation = sdk.create()
    with pytest.raises((ClientAuthenticationError, HttpResponseError)) as refused:
        creation.result()
    assert refused.value.status_code == 401


@pytest.mark.parametrize(
    ("effect", "code"),
    [
        ({"type": "lro_fail", "code": "AllocationFailed", "message": "No room."}, "AllocationFailed"),
        ({"type": "lro_cancel"}, "OperationCanceled"),
    ],
)
def test_a_failed_operation_raises_with_status_200_and_its_code(
    sdk: Session, effect: dict[str, Any], code: str
) -> None:
    sdk.declare(effect, CREATE)
    with pytest.raises(HttpResponseError) as failed:
        sdk.create().result()
    assert failed.value.error is not None
    assert (failed.value.status_code, failed.value.error.code) == (200, code)


def test_a_poll_without_a_status_raises_without_a_code(sdk: Session) -> None:
    sdk.declare({"type": "garbage", "variant": "no-status"}, {"phase": "poll"})
    with pytest.raises(HttpResponseError) as failed:
        sdk.create().result()
    assert failed.value.error is None or failed.value.error.code is None


def test_a_status_in_another_casing_is_understood(sdk: Session) -> None:
    sdk.declare({"type": "garbage", "variant": "status-casing"}, {"phase": "poll"}, times="forever")
    assert sdk.create().result().name == "v"


def test_a_connection_that_is_reset_twice_is_made_again_for_a_read(sdk: Session) -> None:
    sdk.declare({"type": "reset"}, {"method": "GET"}, times=2)
    assert sdk.resources.resource_groups.get("g").name == "g"
    assert sdk.fired() == 2


def test_a_write_whose_answer_is_lost_is_sent_again_and_meets_its_own_operation(sdk: Session) -> None:
    sdk.declare({"type": "reset", "after": True}, {"method": "PUT"})
    with pytest.raises(ResourceExistsError) as refused:
        sdk.create()
    assert refused.value.error is not None
    assert refused.value.error.code == "AnotherOperationInProgress"
    sdk.emulator.control("POST", "advance", {"seconds": 600})
    assert sdk.network.virtual_networks.get("g", "v").provisioning_state == "Succeeded"


def test_a_request_that_is_never_answered_is_a_time_out(sdk: Session) -> None:
    sdk.declare({"type": "stall"}, {"method": "GET"}, times="forever")
    with pytest.raises(ServiceResponseTimeoutError):
        sdk.resources.resource_groups.get("g")


# Over TLS, against the server


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[RunningEmulator]:
    """An emulator in a process of its own, started with a rules file: the first GET of a group gets no answer."""
    rules = tmp_path / "rules.json"
    rule = {"match": {"kind": "*/resourceGroups/read"}, "effect": {"type": "reset"}}
    rules.write_text(json.dumps({"seed": 3, "rules": [rule]}), encoding="utf-8")
    yield start(tmp_path / "home", speed=3000, faults_file=rules)
    stop(tmp_path / "home")


def ask(running: RunningEmulator, method: str, path: str, body: Any = None, timeout: float = 20) -> requests.Response:
    token = tokens.issue(running.endpoint, running.endpoint, time.time())
    return requests.request(
        method,
        f"{running.endpoint}{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        verify=str(running.ca_file),
        timeout=timeout,
    )


def test_the_server_resets_connections_and_holds_requests_until_they_are_released(faulty: RunningEmulator) -> None:
    group = f"/subscriptions/{faulty.subscription_id}/resourceGroups/{uuid.uuid4().hex}?api-version=2024-07-01"
    assert ask(faulty, "PUT", group, {"location": "eastus"}).status_code == 201
    with pytest.raises(requests.ConnectionError):
        ask(faulty, "GET", group)
    assert ask(faulty, "GET", group).status_code == 200

    rule = {"match": {"kind": "*/resourceGroups/read"}, "effect": {"type": "stall"}}
    assert ask(faulty, "POST", "/_emulator/faults", rule).status_code == 201
    answered: list[int] = []
    client = threading.Thread(target=lambda: answered.append(ask(faulty, "GET", group).status_code))
    client.start()
    while not ask(faulty, "GET", "/_emulator/faults").json()["stalled"]:
        assert not answered
        time.sleep(0.01)
    assert ask(faulty, "POST", "/_emulator/faults/release").json() == {"released": 1}
    client.join(20)
    assert answered == [200]

    ask(faulty, "POST", "/_emulator/faults", rule)
    with pytest.raises(requests.ReadTimeout):
        ask(faulty, "GET", group, timeout=0.3)
    # What still stalls does not keep the server from stopping.
    ask(faulty, "POST", "/_emulator/faults", {**rule, "times": "forever"})
    stuck = threading.Thread(target=lambda: _swallow(faulty, group))
    stuck.start()
    while len(ask(faulty, "GET", "/_emulator/faults").json()["stalled"]) < 2:
        time.sleep(0.01)
    assert stop(faulty.home)
    stuck.join(20)
    assert not stuck.is_alive()


def _swallow(running: RunningEmulator, path: str) -> None:
    with pytest.raises(requests.ConnectionError):
        ask(running, "GET", path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [('[{"match": {}}]', "Rule 1 needs the member 'effect'."), ("{", "name a file of JSON")],
)
def test_a_rules_file_that_cannot_be_used_keeps_the_server_from_starting(
    tmp_path: Path, content: str, complaint: str
) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(content, encoding="utf-8")
    with pytest.raises(EmulatorError, match=complaint):
        start(tmp_path / "home", faults_file=rules)
