from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Azure, Call

from azjobs.emulator import wellknown


def test_connect_with_a_secret_from_a_file_or_the_environment(here: Call, azure: Azure, tmp_path: Path) -> None:
    who = ("connect", "-e", "Emulator", "-u", wellknown.CLIENT_ID, "--subscription", "Emulator Test", "-o", "json")
    file = tmp_path / "secret.txt"
    file.write_text(f"{wellknown.CLIENT_SECRET}\n", encoding="utf-8")
    by_file = here(*who, "--client-secret-file", str(file))
    assert by_file.code == 0
    assert by_file.json["subscriptionName"] == "Emulator Test"
    assert by_file.json["accountKind"] == "ServicePrincipal"
    by_variable = here(*who, env={"AZURE_CLIENT_SECRET": wellknown.CLIENT_SECRET})
    assert by_variable.json == by_file.json
    assert here("context", "show", "-o", "json").json == by_file.json


def test_the_variables_of_another_azure_do_not_reach_the_emulator(here: Call, azure: Azure) -> None:
    theirs = {"AZURE_CLIENT_ID": "theirs", "AZURE_TENANT_ID": "theirs", "AZURE_CLIENT_SECRET": "theirs-theirs"}
    said = here("connect", "-e", "Emulator", env=theirs)
    assert said.code == 0
    assert wellknown.CLIENT_ID in said.out


def test_context_set_changes_where_later_commands_act(here: Call, azure: Azure) -> None:
    assert here("context", "set", "--subscription", "Emulator Test").code == 0
    shown = here("context", "show").out.splitlines()
    assert shown[0].split() == ["Account", "SubscriptionName", "SubscriptionId", "TenantId", "Environment"]
    assert "Emulator Test" in shown[2]
    made = here("group", "create", "-n", "There")
    assert made.code == 0
    assert "azjobs: Acting in Emulator, subscription Emulator Test (" in made.err


def test_a_login_that_is_not_kept_says_so(here: Call, azure: Azure) -> None:
    import json

    contexts = azure.home / "accounts" / "contexts.json"
    document = json.loads(contexts.read_text("utf-8"))
    contexts.write_text(json.dumps({**document, "autosave": "Process"}), encoding="utf-8")
    said = here("connect", "-e", "Emulator")
    assert said.code == 0
    assert "Context autosave is off" in said.err
