"""ARM's rules for long-running operations, one by one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azjobs.operations.answers import Answer
from azjobs.operations.lro import Ended, Look, LookFailed, Operation, Succeeded, Via, Why, begin, lost, unanswered

URL = "https://management.azure.com/subscriptions/S/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v?api-version=1"
MONITOR = (
    "https://management.azure.com/subscriptions/S/providers/Microsoft.Compute/locations/x/operations/1?t=2&s=a%2Bb"
)
LOCATION = "https://management.azure.com/subscriptions/S/operationresults/2?api-version=1"


def said(status: int, body: object | None = None, **headers: str) -> Answer:
    raw = b"" if body is None else json.dumps(body).encode()
    return Answer.read(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def test_a_put_follows_azure_asyncoperation_and_ends_with_a_get_of_the_resource() -> None:
    operation, event = begin("PUT", URL, said(201, {"name": "v"}, Azure_AsyncOperation=MONITOR, Retry_After="10"))
    assert event == Look(url=MONITOR, delay=10.0)
    operation, event = operation.feed(said(200, {"status": "InProgress"}, Retry_After="70"))
    assert event == Look(url=MONITOR, delay=70.0)
    operation, event = operation.feed(said(200, {"status": "succeeded"}))
    assert event == Look(url=URL, delay=0.0, final=True)
    operation, event = operation.feed(said(200, {"name": "v", "id": "x"}))
    assert isinstance(event, Succeeded)
    assert event.body == {"name": "v", "id": "x"}


def test_azure_asyncoperation_wins_over_location() -> None:
    first = said(202, Azure_AsyncOperation=MONITOR, Location=LOCATION)
    operation, event = begin("POST", URL, first)
    assert isinstance(event, Look)
    assert event.url == MONITOR
    _, event = operation.feed(said(200, {"status": "Succeeded"}))
    assert event == Look(url=LOCATION, delay=0.0, final=True)


def test_a_delete_needs_no_final_get() -> None:
    operation, _ = begin("DELETE", URL, said(202, Azure_AsyncOperation=MONITOR, Location=LOCATION))
    _, event = operation.feed(said(200, {"status": "Succeeded"}))
    assert isinstance(event, Succeeded)


def test_the_wait_asked_for_once_does_not_stick() -> None:
    operation, event = begin("DELETE", URL, said(202, Location=LOCATION, Retry_After="15"))
    assert event == Look(url=LOCATION, delay=15.0)
    _, event = operation.feed(said(202, Location=LOCATION))
    assert event == Look(url=LOCATION, delay=30.0)


def test_without_a_retry_after_the_default_follows_the_emulators_speed() -> None:
    _, event = begin("POST", URL, said(202, Azure_AsyncOperation=MONITOR, x_azjobs_emulator_speed="20"))
    assert event == Look(url=MONITOR, delay=1.5)


def test_milliseconds_count_only_where_seconds_are_not_given() -> None:
    _, event = begin("POST", URL, said(202, Location=LOCATION, Retry_After_Ms="250"))
    assert event == Look(url=LOCATION, delay=0.25)
    _, event = begin("POST", URL, said(202, Location=LOCATION, Retry_After="5", Retry_After_Ms="250"))
    assert event == Look(url=LOCATION, delay=5.0)


def test_a_retry_after_of_zero_is_no_busy_loop() -> None:
    _, event = begin("POST", URL, said(202, Location=LOCATION, Retry_After="0"))
    assert event == Look(url=LOCATION, delay=1.0)


def test_a_network_interface_that_is_ready_at_once_is_looked_at_at_once() -> None:
    body = {"properties": {"provisioningState": "Succeeded"}}
    _, event = begin("PUT", URL, said(201, body, Azure_AsyncOperation=MONITOR))
    assert event == Look(url=MONITOR, delay=0.0)


def test_location_moves_and_any_status_but_202_ends_it() -> None:
    operation, _ = begin("POST", URL, said(202, Location=LOCATION))
    operation, event = operation.feed(said(202, Location="/subscriptions/S/operationresults/3"))
    assert isinstance(event, Look)
    assert event.url == "https://management.azure.com/subscriptions/S/operationresults/3"
    _, event = operation.feed(said(200, {"value": [1]}))
    assert isinstance(event, Succeeded)
    assert event.body == {"value": [1]}


def test_a_blocked_group_deletion_ends_with_azures_own_error() -> None:
    operation, _ = begin("DELETE", URL, said(202, Location=LOCATION))
    blocked = {"Error": {"Code": "ResourceGroupDeletionBlocked", "Message": "…", "Details": None}}
    _, event = operation.feed(said(409, blocked))
    assert isinstance(event, Ended)
    assert event.error is not None
    assert event.error["Code"] == "ResourceGroupDeletionBlocked"


@pytest.mark.parametrize(
    ("status", "why"),
    [(404, Why.GONE), (401, Why.UNAUTHORIZED), (429, Why.LATER), (503, Why.LATER), (500, Why.LATER), (410, Why.GONE)],
)
def test_an_error_that_answers_a_look_is_not_the_operations(status: int, why: Why) -> None:
    operation, _ = begin("PUT", URL, said(201, Azure_AsyncOperation=MONITOR))
    after, event = operation.feed(said(status, {"error": {"code": "X", "message": "y"}}))
    assert isinstance(event, LookFailed)
    assert event.why is why
    assert after == operation


@pytest.mark.parametrize("body", [None, {}, {"status": ""}, [1], "text", {"status": 5}])
def test_an_answer_without_a_status_word_tells_nothing(body: object) -> None:
    operation, _ = begin("PUT", URL, said(201, Azure_AsyncOperation=MONITOR))
    _, event = operation.feed(said(200, body))
    assert isinstance(event, LookFailed)
    assert event.why is Why.GARBLED


@pytest.mark.parametrize("word", ["Failed", "failed", "FAILED", "Canceled", "canceled"])
def test_failed_and_canceled_are_known_in_any_case_and_carry_the_error(word: str) -> None:
    operation, _ = begin("PUT", URL, said(201, Azure_AsyncOperation=MONITOR))
    failure = {"status": word, "error": {"code": "AllocationFailed", "message": "no room"}}
    _, event = operation.feed(said(200, failure))
    assert isinstance(event, Ended)
    assert event.canceled is word.lower().startswith("c")
    assert event.error == {"code": "AllocationFailed", "message": "no room"}


def test_resource_location_wins_over_the_first_url() -> None:
    operation, _ = begin("PUT", URL, said(201, Azure_AsyncOperation=MONITOR))
    _, event = operation.feed(said(200, {"status": "Succeeded", "resourceLocation": "/elsewhere?api-version=2"}))
    assert event == Look(url="https://management.azure.com/elsewhere?api-version=2", delay=0.0, final=True)


def test_final_state_via_is_followed() -> None:
    first = said(202, Azure_AsyncOperation=MONITOR, Location=LOCATION)
    done = said(200, {"status": "Succeeded"})
    operation, _ = begin("PUT", URL, first, final_state_via="location")
    assert operation.feed(done)[1] == Look(url=LOCATION, delay=0.0, final=True)
    operation, _ = begin("POST", URL, first, final_state_via="azure-async-operation")
    assert isinstance(operation.feed(done)[1], Succeeded)


def test_a_result_that_is_not_ready_is_asked_for_again() -> None:
    operation, _ = begin("POST", URL, said(202, Azure_AsyncOperation=MONITOR, Location=LOCATION))
    operation, _ = operation.feed(said(200, {"status": "Succeeded"}))
    operation, event = operation.feed(said(202, Retry_After="3"))
    assert event == Look(url=LOCATION, delay=3.0, final=True)
    _, event = operation.feed(said(200, {"value": "output"}))
    assert isinstance(event, Succeeded)


def test_a_body_with_a_provisioning_state_is_polled_at_its_own_url() -> None:
    operation, event = begin("PUT", URL, said(201, {"properties": {"provisioningState": "Creating"}}))
    assert event == Look(url=URL, delay=30.0)
    _, event = operation.feed(said(200, {"properties": {"provisioningState": "Succeeded"}, "name": "v"}))
    assert isinstance(event, Succeeded)


@pytest.mark.parametrize(
    ("method", "status", "body"),
    [
        ("PUT", 200, {"name": "g"}),
        ("PUT", 201, {"properties": {"provisioningState": "Succeeded"}}),
        ("DELETE", 204, None),
        ("POST", 200, {"a": 1}),
    ],
)
def test_what_is_done_at_once_needs_no_look(method: str, status: int, body: object) -> None:
    _, event = begin(method, URL, said(status, body))
    assert isinstance(event, Succeeded)
    assert event.body == body


def test_a_failed_resource_tells_its_error_from_its_properties() -> None:
    operation, _ = begin("PUT", URL, said(201, {"properties": {"provisioningState": "Creating"}}))
    error = {"code": "Oops", "message": "m"}
    _, event = operation.feed(said(200, {"properties": {"provisioningState": "Failed", "error": error}}))
    assert isinstance(event, Ended)
    assert event.error == error


def test_a_lost_deletion_is_told_by_absence() -> None:
    operation = unanswered("DELETE", URL)
    assert operation is not None
    operation, event = operation.feed(said(200, {"properties": {"provisioningState": "Deleting"}}))
    assert isinstance(event, Look)
    assert isinstance(operation.feed(said(404))[1], Succeeded)
    _, event = operation.feed(said(200, {"properties": {"provisioningState": "Succeeded"}}))
    assert isinstance(event, LookFailed)
    assert event.why is Why.STILL_THERE


def test_a_lost_post_cannot_be_told() -> None:
    assert unanswered("POST", URL) is None


def test_a_deployment_that_left_the_history_is_told_by_what_it_made() -> None:
    operation, _ = begin("PUT", URL, said(201, Azure_AsyncOperation=MONITOR))
    following = lost(operation, look_url=LOCATION)
    assert following is not None
    assert (following.via, following.poll_url) == (Via.RESOURCE, LOCATION)


def test_an_error_begins_nothing() -> None:
    with pytest.raises(ValueError, match="409"):
        begin("PUT", URL, said(409))


words = st.sampled_from(
    ["InProgress", "Running", "Succeeded", "Failed", "Canceled", "Accepted", "creating", "SUCCEEDED"]
)
bodies = st.one_of(
    st.none(),
    st.just({}),
    words.map(lambda word: {"status": word}),
    words.map(lambda word: {"properties": {"provisioningState": word}}),
    st.just([1, 2]),
    st.just("text"),
    st.builds(lambda w: {"status": w, "error": {"code": "C", "message": "m"}, "resourceLocation": "/r"}, words),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Azure-AsyncOperation": st.just(MONITOR),
        "Location": st.sampled_from([LOCATION, "/relative"]),
        "Retry-After": st.sampled_from(["0", "5", "soon", "-3", "0.5", "Wed, 21 Oct 2015 07:28:00 GMT"]),
    },
)
statuses = st.sampled_from([200, 201, 202, 204, 301, 400, 401, 403, 404, 408, 409, 410, 429, 500, 503])
answers = st.builds(
    lambda status, head, body: Answer.read(status, head, b"" if body is None else json.dumps(body).encode()),
    statuses,
    headers,
    bodies,
)
methods = st.sampled_from(["PUT", "PATCH", "POST", "DELETE"])
vias = st.sampled_from([None, "location", "azure-async-operation"])


@given(methods, answers.filter(lambda found: found.ok), st.lists(answers, max_size=8), vias)
def test_whatever_azure_says_the_operation_survives_being_written_down(
    method: str, first: Answer, polls: list[Answer], via: str | None
) -> None:
    operation, event = begin(method, URL, first, final_state_via=via)
    for poll in polls:
        copy = Operation.from_json(json.loads(json.dumps(operation.to_json())))
        assert copy == operation
        if isinstance(event, (Succeeded, Ended)):
            break
        if isinstance(event, Look):
            assert event.url == operation.poll_url
            assert 0 <= event.delay <= 3600
        assert copy.feed(poll) == operation.feed(poll)
        operation, event = operation.feed(poll)
