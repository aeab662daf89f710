"""The same transcript through azure-core's own polling classes and through ours: the same requests, the same end."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
import requests
import urllib3
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.policies import RequestIdPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.polling.base_polling import BadResponse, BadStatus
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.polling.arm_polling import ARMPolling
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from tests.operations.recordings import FOLDER, REAL, RecordedOperation, operations, recordings

from azjobs.operations.answers import Answer
from azjobs.operations.lro import Ended, Look, LookFailed, Succeeded, begin

HOST = "https://management.azure.com"
URL = f"{HOST}/subscriptions/S/resourceGroups/g/providers/P/t/n?api-version=1"
END = Answer.read(200, {}, b'{"status": "Succeeded", "properties": {"provisioningState": "Succeeded"}, "end": true}')

Outcome = tuple[list[str], str, Any]


class AskedAgain(Exception):
    """The result was not ready."""


class Played(BaseAdapter):
    """A wire on which Azure says what the transcript says, whatever it is asked."""

    def __init__(self, transcript: Sequence[Answer]) -> None:
        super().__init__()
        self.left = list(transcript)
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.asked.append(str(request.url))
        said = self.left.pop(0) if self.left else END
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(said.raw), headers=dict(said.headers), status=said.status, preload_content=False
        )
        response = requests.Response()
        response.status_code = said.status
        response.headers.update(said.headers)
        response.raw = raw
        response.request = request
        response.url = str(request.url)
        return response

    def close(self) -> None:
        pass


class Hasty(RequestsTransport):  # type: ignore[misc]
    """azure-core's transport, that does not wait."""

    def sleep(self, duration: float) -> None:
        pass


def through_azure_core(method: str, url: str, transcript: Sequence[Answer], via: str | None) -> Outcome:
    wire = Played(transcript)
    session = requests.Session()
    session.mount("https://", wire)
    transport = Hasty(session=session, session_owner=False)
    client: Any = ARMPipelineClient(HOST, policies=[RequestIdPolicy()], transport=transport)
    first = client.send_request(HttpRequest(method, url), _return_pipeline_response=True)
    first.http_response.read()
    wire.asked.clear()
    polling: Any = ARMPolling(0.0, lro_options={"final-state-via": via} if via else None)
    try:
        polling.initialize(client, first, lambda response: json.loads(response.http_response.text()))
        polling.run()
        return wire.asked, "succeeded", polling.resource()
    except HttpResponseError as error:
        if isinstance(error.inner_exception, (BadResponse, BadStatus)):
            return wire.asked, "unreadable", None
        return wire.asked, str(polling.status()).lower(), None
    except AzureError:
        return wire.asked, "unreadable", None


def through_ours(method: str, url: str, transcript: Sequence[Answer], via: str | None) -> Outcome:
    left = list(transcript)
    asked: list[str] = []
    operation, event = begin(method, url, left.pop(0), final_state_via=via)
    while isinstance(event, Look):
        # By design ours asks again for a result that is not ready; azure-core takes the empty answer for the result.
        if operation.final_looks:
            raise AskedAgain
        asked.append(event.url)
        operation, event = operation.feed(left.pop(0) if left else END)
    match event:
        case Succeeded():
            return asked, "succeeded", event.body
        case Ended():
            code = (event.error or {}).get("code") or (event.error or {}).get("Code")
            return asked, event.status.lower(), code
        case LookFailed():
            return asked, "unreadable", None


def assert_same(method: str, url: str, transcript: Sequence[Answer], via: str | None = None) -> None:
    ours, theirs = through_ours(method, url, transcript, via), through_azure_core(method, url, transcript, via)
    assert (ours[0], ours[1]) == (theirs[0], theirs[1])
    if ours[1] == "succeeded":
        assert ours[2] == theirs[2]


words = st.sampled_from(["InProgress", "Running", "Succeeded", "Failed", "Canceled", "Accepted", "SUCCEEDED", "failed"])
errors = st.just({"error": {"code": "C", "message": "m"}})
bodies = st.one_of(
    st.none(),
    st.just({"name": "n"}),
    st.builds(lambda word: {"status": word}, words),
    st.builds(lambda word, error: {"status": word, **error}, words, errors),
    st.builds(lambda word: {"name": "n", "properties": {"provisioningState": word}}, words),
    st.builds(lambda word: {"status": word, "resourceLocation": f"{HOST}/other?api-version=1"}, words),
)
monitors = st.just(f"{HOST}/subscriptions/S/operations/1?t=1&s=a%2Bb")
locations = st.sampled_from([f"{HOST}/subscriptions/S/operationresults/{number}?api-version=1" for number in (1, 2)])
headers = st.fixed_dictionaries(
    {}, optional={"azure-asyncoperation": monitors, "location": locations, "retry-after": st.just("7")}
)


def answers(statuses: Sequence[int]) -> st.SearchStrategy[Answer]:
    return st.builds(
        lambda status, head, body: Answer.read(
            status, head, b"" if body is None or status == 204 else json.dumps(body).encode()
        ),
        st.sampled_from(statuses),
        headers,
        bodies,
    )


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["PUT", "PATCH", "POST", "DELETE"]),
    answers([200, 201, 202, 204]),
    st.lists(answers([200, 200, 200, 202, 204]), max_size=5),
    st.sampled_from([None, "location", "azure-async-operation"]),
)
def test_generated_transcripts_end_as_in_azure_core(
    method: str, first: Answer, polls: list[Answer], via: str | None
) -> None:
    try:
        assert_same(method, URL, [first, *polls], via)
    except AskedAgain:
        reject()


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings of the real Azure are not beside the clone")
@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(found, id=f"{path.stem.partition('.')[0]}-{number}-{found.name}")
        for path in recordings()
        for number, found in enumerate(operations(path))
    ],
)
def test_recorded_transcripts_end_as_in_azure_core(operation: RecordedOperation) -> None:
    said = [Answer.read(one.status, one.headers, one.body.encode()) for one in (operation.first, *operation.looks)]
    assert_same(operation.first.method, REAL + operation.first.path, said)
