from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Azure, Call, Jobs, Said

from azjobs.cli.doctor import azure as azure_checks
from azjobs.jobs.states import JobState

PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


@pytest.fixture(autouse=True)
def plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


def finding(said: Said, check: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in said.json if one["check"] == check)
    return found


def examined(here: Call) -> Said:
    return here("doctor", "-o", "json")


def test_all_is_well(here: Call, azure: Azure) -> None:
    said = here("doctor")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert [line[:4].strip() for line in lines] == ["ok"] * 9
    subjects = "State folder", "Journal", "Jobs", "Proxy", "Certificates", "Emulator", "Login", "Clock", "Permissions"
    for subject, line in zip(subjects, lines, strict=True):
        assert line[6:].startswith(subject)


def test_nobody_is_logged_in(here: Call) -> None:
    said = examined(here)
    assert said.code == 1
    assert finding(said, "Login")["level"] == "fail"
    assert finding(said, "Login")["advice"] == "Log in: azjobs connect"
    assert finding(said, "Clock")["level"] == "warn"
    assert finding(said, "Emulator")["level"] == "ok"


def test_a_damaged_journal(here: Call, jobs: Jobs, azjobs_home: Path) -> None:
    for _ in range(50):
        jobs.add(results=["x" * 2000])
    here("list", "--no-refresh")
    journal = azjobs_home / "journal.sqlite3"
    data = bytearray(journal.read_bytes())
    data[8 * 4096 : 9 * 4096] = b"\xff" * 4096
    journal.write_bytes(data)
    found = finding(examined(here), "Journal")
    assert found["level"] == "fail"
    assert str(journal) in found["message"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_state_folder_that_others_may_read(here: Call, azjobs_home: Path) -> None:
    azjobs_home.mkdir(mode=0o755)
    found = finding(examined(here), "State folder")
    assert found["level"] == "warn"
    assert found["advice"] == f"Keep it to yourself: chmod -R go-rwx {azjobs_home}"


def test_jobs_that_nobody_watches(here: Call, jobs: Jobs) -> None:
    jobs.add(JobState.RUNNING)
    here("list", "--no-refresh")
    found = finding(examined(here), "Jobs")
    assert (found["level"], "1 job goes on in Azure and nobody watches: 1." in found["message"]) == ("warn", True)


def test_a_proxy_that_is_none_and_one_with_a_password(here: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:Hidden-1234@proxy:8080")
    said = examined(here)
    assert finding(said, "Proxy")["level"] == "ok"
    assert "Hidden-1234" not in said.out
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:port")
    assert finding(examined(here), "Proxy")["level"] == "fail"


def test_certificates_that_cannot_be_read(here: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    found = finding(examined(here), "Certificates")
    assert (found["level"], "none.pem" in found["message"]) == ("fail", True)


def test_the_emulator_that_one_is_logged_in_to_does_not_run(here: Call, azure: Azure) -> None:
    (azure.home / "emulator").unlink()
    found = finding(examined(here), "Emulator")
    assert (found["level"], found["advice"]) == ("fail", "azjobs emulator start")


@pytest.mark.parametrize(
    ("off", "level"), [(0, "ok"), (-30, "ok"), (-100, "warn"), (100, "warn"), (400, "fail"), (-400, "fail")]
)
def test_a_clock_that_is_off(off: int, level: str) -> None:
    here = datetime.now(UTC)
    date = format_datetime(here - timedelta(seconds=off), usegmt=True)
    skew = azure_checks.skew(date, here.timestamp())
    found = azure_checks.clock(azure_checks.Answer(status=200, body={}, skew=skew))
    assert found.level == level
    assert ("ahead of" in found.text) is (off > 30)


def test_a_subscription_that_may_not_be_read(here: Call, azure: Azure) -> None:
    contexts = azure.home / "accounts" / "contexts.json"
    unknown = "00000000-0000-0000-0000-000000000000"
    text = contexts.read_text("utf-8").replace(azure.running.subscription_id, unknown)
    contexts.write_text(text, encoding="utf-8")
    said = examined(here)
    assert said.code == 1
    assert finding(said, "Login")["level"] == "ok"
    found = finding(said, "Permissions")
    assert (found["level"], unknown in found["message"]) == ("fail", True)
