"""What every request to the emulated ARM must carry, and what every answer bears."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from azjobs.emulator import tokens, wellknown
from azjobs.emulator.clock import ScaledClock
from azjobs.emulator.core import Azure
from azjobs.emulator.request import Request

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm


def test_a_request_without_a_token_is_refused_and_told_where_to_get_one(arm: Arm) -> None:
    response = arm.azure.handle(Request.from_target("GET", "/subscriptions?api-version=2022-12-01"))
    assert response.status == 401
    assert response.json()["error"]["code"] == "AuthenticationFailed"
    assert response.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


@pytest.mark.parametrize(
    "token", ["Bearer nonsense", "Bearer a.b.c", "Bearer ÿ.b.c", "Bearer eyJhbGciOiJub25lIn0.e30."]
)
def test_a_token_that_the_emulator_did_not_issue_is_invalid(arm: Arm, token: str) -> None:
    assert arm.error("GET", "/subscriptions", authorization=token)[:2] == (401, "InvalidAuthenticationToken")


def test_an_authorization_that_is_no_bearer_token_is_refused(arm: Arm) -> None:
    status, code, _ = arm.error("GET", "/subscriptions", authorization="Basic abc")
    assert (status, code) == (401, "AuthenticationFailedInvalidHeader")


def test_an_expired_token_is_refused_with_both_times(arm: Arm) -> None:
    old = tokens.issue("https://management.azure.com/", "https://sts.example/", time.time() - 7200)
    status, code, message = arm.error("GET", "/subscriptions", authorization=f"Bearer {old}")
    assert (status, code) == (401, "ExpiredAuthenticationToken")
    assert "is earlier than current UTC time" in message


def test_a_tokens_lifetime_is_real_time_however_far_the_emulators_clock_has_gone(arm: Arm) -> None:
    arm.clock.advance(10 * 86_400)
    assert arm.ask("GET", "/subscriptions").status == 200


def test_a_request_without_an_api_version_is_refused(arm: Arm) -> None:
    headers = {"authorization": f"Bearer {arm.token}"}
    response = arm.azure.handle(Request.from_target("GET", "/subscriptions", headers))
    assert (response.status, response.json()["error"]["code"]) == (400, "MissingApiVersionParameter")


def test_an_api_version_that_is_no_date_is_refused(arm: Arm) -> None:
    status, code, _ = arm.error("GET", "/subscriptions?api-version=latest")
    assert (status, code) == (400, "InvalidApiVersionParameter")


def test_an_unknown_subscription_is_not_found(arm: Arm) -> None:
    unknown = "00000000-1111-2222-3333-444444444444"
    for path in (f"/subscriptions/{unknown}", f"/subscriptions/{unknown}/resourceGroups/g"):
        status, code, message = arm.error("GET", path)
        assert (status, code) == (404, "SubscriptionNotFound")
        assert message == f"The subscription '{unknown}' could not be found."


def test_both_subscriptions_are_listed_and_hold_their_own_groups(arm: Arm) -> None:
    listed = {item["subscriptionId"]: item["displayName"] for item in arm.get("/subscriptions")["value"]}
    assert listed == wellknown.SUBSCRIPTIONS
    arm.make_group()
    second = f"/subscriptions/{wellknown.SECOND_SUBSCRIPTION_ID}"
    assert arm.get(f"{second}/resourceGroups")["value"] == []
    assert arm.error("GET", f"{second}/resourceGroups/g")[1] == "ResourceGroupNotFound"


def test_a_resource_in_an_absent_group_says_so_and_that_the_front_door_refused(arm: Arm) -> None:
    response = arm.ask("GET", f"{arm.compute}/virtualMachines/vm")
    assert (response.status, response.json()["error"]["code"]) == (404, "ResourceGroupNotFound")
    assert response.headers["x-ms-failure-cause"] == "gateway"


def test_every_answer_bears_arms_headers(arm: Arm) -> None:
    headers = arm.ask("GET", "/subscriptions").headers
    assert headers["Cache-Control"] == "no-cache"
    assert headers["x-ms-request-id"]
    assert headers["x-ms-routing-request-id"].endswith(headers["x-ms-correlation-request-id"])
    assert headers["x-ms-ratelimit-remaining-subscription-reads"].isdigit()
    assert headers["x-azjobs-emulator-speed"] == "1"


def test_a_client_request_id_is_echoed_only_when_asked_for(arm: Arm) -> None:
    plain = arm.ask("GET", "/subscriptions", x_ms_client_request_id="mine")
    assert "x-ms-client-request-id" not in plain.headers
    asked = arm.ask("GET", "/subscriptions", x_ms_client_request_id="mine", x_ms_return_client_request_id="true")
    assert asked.headers["x-ms-client-request-id"] == "mine"


@pytest.mark.parametrize("path", ["", "/", "//", "/nothing", "/providers", "/subscriptions/", "/a/b/c/d/e", "/%00"])
def test_odd_paths_are_answered_with_an_arm_error_or_a_list(arm: Arm, path: str) -> None:
    response = arm.ask("GET", path)
    assert response.status < 500
    assert "value" in response.json() or "error" in response.json()


def test_a_method_without_meaning_is_not_allowed(arm: Arm) -> None:
    arm.make_group()
    assert arm.error("PUT", "/subscriptions", {})[0] == 405
    assert arm.error("TRACE", arm.group)[0] == 405
    assert arm.error("DELETE", f"{arm.subscription}/resourceGroups")[0] == 405


def test_doubled_slashes_and_any_casing_of_the_path_are_accepted(arm: Arm) -> None:
    arm.make_network() if arm.make_group() else None
    odd = arm.network.replace("resourceGroups", "RESOURCEGROUPS").replace("/providers", "//Providers")
    assert arm.get(f"{odd}//virtualnetworks/V")["name"] == "v"


def test_at_speed_every_wait_is_given_in_milliseconds_of_the_clients_time() -> None:
    azure = Azure(ScaledClock(20.0))
    token = tokens.issue("a", "b", time.time())
    group = f"/subscriptions/{wellknown.SUBSCRIPTION_ID}/resourceGroups/g"

    def ask(method: str, path: str, body: bytes = b"") -> dict[str, str]:
        request = Request.from_target(
            method, f"{path}?api-version=2024-07-01", {"authorization": f"Bearer {token}"}, body
        )
        return azure.handle(request).headers

    ask("PUT", group, b'{"location": "eastus"}')
    # Azure says 15 s; at speed 20 that is 750 ms of the client's time.
    deletion = ask("DELETE", group)
    assert (deletion.get("Retry-After"), deletion["Retry-After-Ms"]) == (None, "750")
    assert deletion["x-azjobs-emulator-speed"] == "20"
    # Where Azure names no time, the client's own 30 s are scaled.
    assert ask("GET", group)["Retry-After-Ms"] == "1500"
    assert "Retry-After-Ms" not in ask("GET", "/subscriptions")
