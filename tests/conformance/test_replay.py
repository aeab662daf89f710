"""Recordings are replayed against the emulator's core, and held against a floor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conformance.figures import Figures
from conformance.recordings import read
from conformance.replay import Replay
from conformance.schemas import Schemas
from conformance.verdicts import Verdict
from tests.conformance.made_up import GROUP, NETWORK, entry, network_session

from conformance import __main__ as program
from conformance import sources

FLOOR = Path(__file__).with_name("shared_floor.json")


def replayed(folder: Path, session: object) -> list[Verdict]:
    (folder / "made-up.json").write_text(json.dumps(session), encoding="utf-8")
    return Replay(read(folder / "made-up.json"), Schemas(folder / "none")).run()


def test_a_recording_that_the_emulator_answers_alike_has_no_difference(tmp_path: Path) -> None:
    figures = Figures.of(replayed(tmp_path, network_session()))
    assert figures.exchanges == 6
    assert figures.status.percent == figures.lro_headers.percent == figures.retry_after.percent == 100.0
    assert figures.lro_headers_sent.all == 1
    assert figures.retry_after_sent.all == 3
    assert (figures.keys.percent, figures.surplus.good, figures.values.percent) == (100.0, 0, 100.0)


def test_an_operation_takes_as_long_as_it_was_recorded_to_take(tmp_path: Path) -> None:
    # Fifty-four seconds, in which the emulator's own would have ended; the polls still say InProgress.
    statuses = [dict(verdict.bodies)["operations"] for verdict in replayed(tmp_path, network_session())[2:5]]
    assert all(not difference.wrong for difference in statuses)


def test_what_differs_is_told_status_headers_and_keys(tmp_path: Path) -> None:
    session = network_session()
    session["Entries"][0]["StatusCode"] = 200  # Azure had it: so it is assumed, and the next write still answers 200
    session["Entries"][1]["ResponseHeaders"]["Retry-After"] = ["4"]
    last = json.loads(session["Entries"][5]["ResponseBody"])
    last["properties"]["flowTimeoutInMinutes"] = 4
    session["Entries"][5]["ResponseBody"] = json.dumps(last)
    session["Entries"].append(entry("GET", f"{GROUP}/providers/Microsoft.Network/virtualNetworks/w", 418, second=58))
    figures = Figures.of(replayed(tmp_path, session))
    assert list(figures.wrong_retry_after) == ["PUT microsoft.network/virtualnetworks: 4 is 3"]
    missing = figures.subjects["microsoft.network/virtualnetworks"].missing
    assert dict(missing) == {"properties.flowTimeoutInMinutes": 1}
    assert next(iter(figures.wrong_statuses)).startswith("GET microsoft.network/virtualnetworks: 418 is 404")


def test_what_cannot_be_compared_is_counted_with_its_reason(tmp_path: Path) -> None:
    polled = GROUP.partition("/resourceGroups")[0] + "/providers/Microsoft.Network/locations/eastus/operations/zzz"
    entries = [
        entry("GET", polled, 200, {"status": "Succeeded"}),
        entry("GET", GROUP, 503, second=1),
        entry("GET", GROUP, 403, second=2),
        {**entry("GET", "/", 200, second=3), "RequestUri": "https://vault.example/keys"},
    ]
    figures = Figures.of(replayed(tmp_path, {"Entries": entries}))
    assert (figures.comparable.good, figures.comparable.all) == (0, 4)
    assert sorted(figures.reasons) == [
        "a permission that the recorded account lacked (403)",
        "an outage of Azure (503)",
        "not sent to Azure Resource Manager",
        "polls an operation whose start was not recorded",
    ]


def test_what_existed_before_the_recording_is_assumed_and_what_the_recording_made_is_not(tmp_path: Path) -> None:
    body = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    before = entry("GET", NETWORK, 200, {**body, "id": NETWORK, "name": "v"})
    table = f"{GROUP}/providers/Microsoft.Network/routeTables/r"
    spoken = entry("GET", table, 200, {"id": table, "note": "made-by-azure"}, second=1)
    made = entry("GET", f"{GROUP}/providers/Microsoft.Network/virtualNetworks/made-by-azure", 200, {}, second=2)
    verdicts = replayed(tmp_path, {"Entries": [before, spoken, made]})
    assert [verdict.status for verdict in verdicts] == [200, 200, 404]


def test_the_program_prints_a_table_and_fails_when_a_figure_drops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "made-up.json").write_text(json.dumps(network_session()), encoding="utf-8")
    (folder / "other.json").write_text("{}", encoding="utf-8")
    kept = tmp_path / "floor.json"
    assert program.main(["--recordings", str(folder), "--write-floor", str(kept)]) == 0
    assert program.main(["--recordings", str(folder), "--floor", str(kept)]) == 0
    printed = capsys.readouterr().out
    assert "exchanges                         6\n" in printed
    assert "other.json is no recording" in printed
    kept.write_text(json.dumps({"status": 100.5}), encoding="utf-8")
    assert program.main(["--recordings", str(folder), "--floor", str(kept)]) == 1
    assert "status has dropped to 100.00 %; the floor is 100.50 %." in capsys.readouterr().err


def test_a_folder_without_recordings_and_a_missing_floor_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["--recordings", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith("conformance: There is no recording (*.json, *.yaml) in ")


@pytest.mark.skipif(not sources.SHARED.is_dir(), reason="the shared recordings are not beside the checkout")
def test_the_shared_recordings_of_the_real_azure_hold_their_floor(capsys: pytest.CaptureFixture[str]) -> None:
    code = program.main(["--recordings", str(sources.SHARED), "--floor", str(FLOOR)])
    assert code == 0, capsys.readouterr()
