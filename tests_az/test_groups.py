from __future__ import annotations

import uuid
from pathlib import Path

from tests_az.commandline import CLOUD, AzureCommandLine


def test_the_emulator_is_a_cloud_to_log_in_to(az: AzureCommandLine) -> None:
    cloud = az.json("cloud", "show", "--name", CLOUD)
    account = az.json("account", "show")

    assert (cloud["isActive"], cloud["endpoints"]["resourceManager"].rstrip("/")) == (True, az.emulator.endpoint)
    assert (account["environmentName"], account["state"]) == (CLOUD, "Enabled")
    assert (account["id"], account["tenantId"]) == (az.emulator.subscription_id, az.emulator.tenant_id)
    assert account["user"] == {"name": az.emulator.client_id, "type": "servicePrincipal"}


def test_a_wrong_secret_does_not_log_in(az: AzureCommandLine, tmp_path: Path) -> None:
    # With a configuration of its own: az remembers the token of the right secret.
    stranger = AzureCommandLine(emulator=az.emulator, home=tmp_path)
    stranger.use_emulator()
    assert "AADSTS7000215" in stranger.error("login", *az.login_arguments("wrong"))


def test_a_group_is_created_shown_listed_tagged_and_deleted(az: AzureCommandLine) -> None:
    name = f"life-{uuid.uuid4().hex[:8]}"
    made = az.json("group", "create", "--name", name, "--location", "westeurope", "--tags", "cost=1")
    listed = az.json("group", "list", "--tag", "cost=1", "--query", "[].name")
    changed = az.json("group", "update", "--name", name, "--set", "tags.owner=me")

    assert made == {
        "id": f"/subscriptions/{az.emulator.subscription_id}/resourceGroups/{name}",
        "location": "westeurope",
        "managedBy": None,
        "name": name,
        "properties": {"provisioningState": "Succeeded"},
        "tags": {"cost": "1"},
        "type": "Microsoft.Resources/resourceGroups",
    }
    assert listed == [name]
    assert changed["tags"] == {"cost": "1", "owner": "me"}
    assert az.json("group", "exists", "--name", name) is True
    assert az.json("group", "delete", "--name", name, "--yes") is None
    assert az.json("group", "exists", "--name", name) is False
    assert "(ResourceGroupNotFound) Resource group" in az.error("group", "show", "--name", name, code=3)


def test_a_lock_keeps_a_group(az: AzureCommandLine) -> None:
    name = f"kept-{uuid.uuid4().hex[:8]}"
    az.text("group", "create", "--name", name, "--location", "eastus")
    arguments = ("--name", "keep", "--resource-group", name)
    lock = az.json("lock", "create", *arguments, "--lock-type", "CanNotDelete", "--notes", "ours")
    refusal = az.error("group", "delete", "--name", name, "--yes")
    listed = az.json("lock", "list", "--resource-group", name, "--query", "[].name")
    az.text("lock", "delete", *arguments)
    az.text("group", "delete", "--name", name, "--yes")

    assert (lock["name"], lock["level"], lock["notes"]) == ("keep", "CanNotDelete", "ours")
    assert "(ScopeLocked)" in refusal
    assert "Please remove the lock and try again." in refusal
    assert listed == ["keep"]
    assert az.json("group", "exists", "--name", name) is False
