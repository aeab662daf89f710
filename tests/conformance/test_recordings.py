"""Recordings of every format come out as the same exchanges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conformance.recordings import Recording, UnreadableRecording, read
from tests.conformance.made_up import BASE, GROUP, NETWORK, cassette, entry, go_cassette, network_session


def write(folder: Path, name: str, text: str) -> Recording:
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name)


def parsed(recording: Recording) -> list[tuple[str, str, int, Any]]:
    return [(one.method, one.path, one.status, one.document) for one in recording.exchanges]


def test_a_python_and_a_go_cassette_and_a_dotnet_session_give_the_same_exchanges(tmp_path: Path) -> None:
    session = network_session()
    dotnet = write(tmp_path, "a.json", json.dumps(session))
    python = write(tmp_path, "b.yaml", cassette(session))
    go = write(tmp_path, "c.yaml", go_cassette(session))
    assert parsed(dotnet) == parsed(python) == parsed(go)
    assert [one.method for one in dotnet.exchanges] == ["PUT", "PUT", "GET", "GET", "GET", "GET"]
    assert dotnet.exchanges[1].poll_urls == python.exchanges[1].poll_urls != ()


def test_a_recording_of_the_test_proxy_keeps_its_order_and_its_bodies(tmp_path: Path) -> None:
    body = {"value": ["x"]}
    entries = [
        {
            "RequestUri": f"{BASE}{GROUP}?n={number}",
            "RequestMethod": "GET",
            "RequestHeaders": {},
            "RequestBody": None,
            "StatusCode": 200,
            "ResponseHeaders": {"Date": "Tue, 06 Apr 2021 03:55:09 GMT", "Retry-After": "7"},
            "ResponseBody": body,
        }
        for number in (2, 1)
    ]
    recording = write(tmp_path, "a.json", json.dumps({"Entries": entries, "Variables": {}}))
    assert [one.url[-1] for one in recording.exchanges] == ["2", "1"]
    assert recording.exchanges[0].document == body
    assert recording.keeps_retry_after


def test_a_recording_of_newer_powershell_is_read(tmp_path: Path) -> None:
    pair = {
        "Request": {"Method": "GET", "RequestUri": f"{BASE}{GROUP}?api-version=1", "Content": None, "Headers": {}},
        "Response": {
            "StatusCode": 404,
            "Headers": {"Date": ["Tue, 06 Apr 2021 03:55:09 GMT"]},
            "ContentHeaders": {"Content-Type": ["application/json"]},
            "Content": '{"error": {"code": "ResourceGroupNotFound"}}',
            "isContentBase64": False,
        },
    }
    recording = write(tmp_path, "a.Recording.json", json.dumps({"Test+$GET+1": pair}))
    assert parsed(recording) == [("GET", GROUP, 404, {"error": {"code": "ResourceGroupNotFound"}})]


def test_entries_grouped_by_url_are_put_in_the_order_in_which_they_happened(tmp_path: Path) -> None:
    session = network_session()
    session["Entries"].sort(key=lambda one: (one["RequestMethod"], one["RequestUri"]))
    recording = write(tmp_path, "a.json", json.dumps(session))
    assert parsed(recording) == parsed(write(tmp_path, "b.yaml", cassette(network_session())))


def test_within_one_second_a_write_comes_before_what_refers_to_it(tmp_path: Path) -> None:
    child = f"{NETWORK}/subnets/s"
    entries = [entry("GET", child, 200, {}), entry("PUT", NETWORK, 201, {}), entry("GET", NETWORK, 404, {})]
    recording = write(tmp_path, "a.json", json.dumps({"Entries": entries}))
    assert [(one.method, one.status) for one in recording.exchanges] == [("GET", 404), ("PUT", 201), ("GET", 200)]


def test_a_recorder_that_writes_zero_is_taken_for_one_that_keeps_no_retry_after(tmp_path: Path) -> None:
    session = network_session()
    for one in session["Entries"]:
        if "Retry-After" in one["ResponseHeaders"]:
            one["ResponseHeaders"]["Retry-After"] = ["0"]
    assert not write(tmp_path, "a.json", json.dumps(session)).keeps_retry_after


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{}"),
        ("a.json", "[1]"),
        ("a.json", "no json"),
        ("a.yaml", "a: [1"),
        ("a.yaml", "- 1"),
        ("a.yaml", ""),
    ],
)
def test_a_file_that_is_no_recording_is_named(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(UnreadableRecording, match=rf"^{name} is no recording that can be read"):
        write(tmp_path, name, text)


def test_a_body_that_was_written_as_the_repr_of_bytes_is_read(tmp_path: Path) -> None:
    session = network_session()
    text = cassette(session)
    document = json.loads(text)
    sent = document["interactions"][0]["request"]["body"]
    document["interactions"][0]["request"]["body"] = repr(repr(sent.encode()).encode())
    recording = write(tmp_path, "a.yaml", json.dumps(document))
    assert json.loads(recording.exchanges[0].request_body) == {"location": "eastus"}
