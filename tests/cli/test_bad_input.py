"""Every mistake that issue 2 lists: one clear sentence, the right exit code, nothing created, nothing lost."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest
from tests.cli.conftest import PASSWORD, Azure, Call, Said

from azjobs.emulator import wellknown


def refused(said: Said, code: int, *words: str) -> None:
    """It ended with this code and one sentence that has these words."""
    assert said.code == code, said
    assert said.out == ""
    assert "Traceback" not in said.err
    sentences = [line for line in said.sentences if "opened to the whole Internet" not in line]
    assert len(sentences) == 1, sentences
    assert sentences[0].startswith("azjobs: ")
    for word in words:
        assert word in sentences[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("vm", "list"),
        ("vm", "start", "-n", "MyVm"),
        ("group", "create", "-n", "MyVm"),
        ("context", "show"),
        ("context", "set", "-s", "x"),
    ],
)
def test_nobody_is_logged_in(here: Call, arguments: tuple[str, ...]) -> None:
    refused(here(*arguments), 1, "Nobody is logged in to Azure: run `azjobs connect`")


def test_a_wrong_and_an_expired_secret(here: Call, azure: Azure) -> None:
    who = ("connect", "-e", "Emulator", "--client-id", wellknown.CLIENT_ID)
    wrong = here(*who, "--client-secret-stdin", stdin="Wrong-secret-1234\n")
    refused(wrong, 1, f"The client secret of application {wellknown.CLIENT_ID} is wrong")
    assert "Wrong-secret" not in wrong.err
    expired = here(*who, env={"AZURE_CLIENT_SECRET": wellknown.EXPIRED_CLIENT_SECRET})
    refused(expired, 1, "has expired")
    assert here("context", "show").code == 0, "the login that there was is still there"


def test_an_unknown_subscription_names_those_there_are(here: Call, azure: Azure) -> None:
    refused(here("context", "set", "-s", "Nope"), 1, "'Nope'", "choose one of", wellknown.SUBSCRIPTION_ID)


def test_an_unknown_environment(here: Call) -> None:
    refused(here("connect", "-e", "Mars"), 2, "There is no environment 'Mars': choose one of AzureCloud,")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("-n", "My_Vm"), "contains '_'"),
        (("-n", "NameOfMoreThanFifteen"), "15"),
        (("-n", "MyVm", "-u", "admin"), "does not allow the user name 'admin'"),
        (("-n", "MyVm", "--image", "Windows95"), "Windows95"),
        (("-n", "MyVm", "--open-port", "70000"), "70000"),
        (("-n", "MyVm", "--allow-from", "somewhere"), "--allow-from 'somewhere'"),
        (("-n", "MyVm", "--tags", "=x"), "write it as KEY=VALUE"),
        (("-n", "MyVm", "-g", "bad/group"), "bad/group"),
        (("-n", "MyVm", "--vnet-address-prefix", "10.0.0.0/33"), "10.0.0.0/33"),
        (("-n", "MyVm", "--no-public-ip", "--public-ip-address-dns-name", "x1y"), "--no-public-ip"),
    ],
)
def test_arguments_that_break_a_rule_of_azures(here: Call, azure: Azure, arguments: tuple[str, ...], word: str) -> None:
    user = () if "-u" in arguments else ("-u", "azureuser")
    before = azure.writes()
    said = here("vm", "create", *arguments, *user, "--password-file", azure.password_file)
    refused(said, 2, word)
    assert azure.writes() == before
    assert here("list", "-q").out == ""


def test_a_weak_password_is_not_repeated(here: Call, azure: Azure) -> None:
    said = here("vm", "create", "-n", "MyVm", "-u", "azureuser", "--password-stdin", stdin="weakling\n")
    refused(said, 2, "The password has 8 characters")
    assert "weakling" not in said.err


@pytest.mark.parametrize(
    ("content", "word"), [("", "holds no password"), ("\n", "holds no password"), ("a\nb\n", "more than one line")]
)
def test_a_password_file_without_a_password(here: Call, tmp_path: Path, content: str, word: str) -> None:
    file = tmp_path / "secret.txt"
    file.write_text(content, encoding="utf-8")
    refused(here("vm", "create", "-n", "MyVm", "-u", "azureuser", "--password-file", str(file)), 2, word)


def test_a_password_that_nobody_gives(here: Call, azure: Azure) -> None:
    refused(here("vm", "create", "-n", "MyVm", "-u", "azureuser"), 2, "--password-file FILE or --password-stdin")
    given = ("--password-file", azure.password_file)
    refused(here("vm", "create", "-n", "MyVm", *given), 2, "--admin-username")
    refused(here("vm", "create", "-n", "MyVm", *given, "--password-stdin"), 2, "was given twice")


def test_a_taken_dns_label_creates_nothing(here: Call, azure: Azure) -> None:
    common = ("-u", "azureuser", "--password-file", azure.password_file, "--public-ip-address-dns-name", "taken-label")
    assert here("vm", "create", "-n", "First", *common).code == 0
    said = here("vm", "create", "-n", "Second", *common)
    refused(said, 2, "'taken-label' is taken in eastus", "nothing was created", "--public-ip-address-dns-name")
    assert here("group", "list", "-o", "tsv", "--query", "[].name").out == "First\n"


@pytest.mark.parametrize("arguments", [("vm", "delete", "-n", "MyVm"), ("group", "delete", "-n", "MyVm")])
def test_what_deletes_is_not_sent_unless_confirmed(here: Call, azure: Azure, arguments: tuple[str, ...]) -> None:
    before = azure.writes()
    refused(here(*arguments), 2, "nobody is at a terminal to confirm it, so nothing was sent; add --yes.")
    assert azure.writes() == before


def test_what_is_not_there(here: Call, azure: Azure) -> None:
    refused(here("vm", "show", "-n", "Nobody"), 1, "There is no VM 'Nobody'", "`azjobs vm list`")
    refused(here("group", "show", "-n", "Nobody"), 1, "There is no resource group 'Nobody'", "`azjobs group list`")
    refused(here("vm", "stop", "-n", "Nobody"), 1, "ResourceNotFound: There is no VM 'Nobody'")


def test_the_emulators_port_is_in_use(here: Call) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused(here("emulator", "start", "--port", str(port)), 1, f"Port {port}", "in use by another program")


def test_the_emulator_is_gone(here: Call, azure: Azure) -> None:
    (azure.home / "emulator").unlink()
    for file in (azure.home / "accounts").glob("*.json"):
        file.write_text(
            file.read_text("utf-8").replace(azure.running.endpoint, "https://127.0.0.1:9"), encoding="utf-8"
        )
    refused(here("vm", "list"), 1, "does not answer", "`azjobs emulator start`")
    assert here("emulator", "status").err == "azjobs: The emulator does not run: `azjobs emulator start` starts it.\n"


@pytest.mark.parametrize("arguments", [("list",), ("wait", "--all"), ("show", "1")])
def test_a_journal_that_is_none(here: Call, azjobs_home: Path, arguments: tuple[str, ...]) -> None:
    azjobs_home.mkdir()
    journal = azjobs_home / "journal.sqlite3"
    journal.write_bytes(b"no database at all, but a text of some length" * 50)
    before = journal.read_bytes()
    refused(here(*arguments), 1, str(journal), "cannot be read", "AZJOBS_HOME")
    assert journal.read_bytes() == before


def test_a_journal_of_another_program(here: Call, azjobs_home: Path) -> None:
    azjobs_home.mkdir()
    with sqlite3.connect(azjobs_home / "journal.sqlite3") as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    refused(here("list"), 1, "is a database of another program", "AZJOBS_HOME")


def test_a_state_folder_that_is_a_file(here: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("AZJOBS_HOME", str(file))
    refused(here("list"), 2, f"The state folder {file} cannot be used")


def test_a_bug_is_one_sentence_and_a_traceback_only_when_asked_for(here: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(f"client_secret={PASSWORD}")

    monkeypatch.setattr("azjobs.cli.jobs.list.engine", broken)
    said = here("list")
    refused(said, 1, "Something unexpected happened (ZeroDivisionError: client_secret=***)", "--debug")
    told = here("list", "--debug")
    assert "Traceback" in told.err
    assert PASSWORD not in told.err
