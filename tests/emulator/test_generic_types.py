"""Types that nothing is known of, and those of which only the operations are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from azjobs.emulator import state

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm


def test_a_resource_of_any_type_is_made_shown_listed_changed_and_deleted(arm: Arm) -> None:
    arm.make_group()
    path = f"{arm.group}/providers/Microsoft.Widgets/widgets/W1"
    created = arm.ask("PUT", path, {"location": "westus", "sku": {"name": "S"}, "properties": {"size": 3}})
    assert created.status == 201
    assert created.json() == {
        "name": "W1",
        "id": path,
        "type": "Microsoft.Widgets/widgets",
        "location": "westus",
        "sku": {"name": "S"},
        "properties": {"size": 3, "provisioningState": "Succeeded"},
    }
    assert arm.ask("PUT", path, {"location": "westus"}).status == 200
    patched = arm.do("PATCH", path, {"tags": {"a": "b"}, "properties": {"color": "red"}})
    assert (patched["tags"], patched["properties"]["color"]) == ({"a": "b"}, "red")
    for collection in (f"{arm.group}/providers", f"{arm.subscription}/providers"):
        assert [item["name"] for item in arm.get(f"{collection}/Microsoft.Widgets/widgets")["value"]] == ["W1"]
    assert arm.ask("HEAD", path.lower()).status == 204
    assert arm.ask("DELETE", path).status == 200
    assert arm.ask("DELETE", path).status == 204
    assert arm.error("GET", path)[:2] == (404, "ResourceNotFound")


def test_a_child_needs_its_parent(arm: Arm) -> None:
    arm.make_group()
    path = f"{arm.group}/providers/Microsoft.Widgets/widgets/w/parts/p"
    assert arm.error("PUT", path, {})[:2] == (404, "ParentResourceNotFound")
    arm.do("PUT", f"{arm.group}/providers/Microsoft.Widgets/widgets/w", {})
    assert arm.do("PUT", path, {})["name"] == "p"
    assert arm.do("DELETE", f"{arm.group}/providers/Microsoft.Widgets/widgets/w") is None
    assert arm.error("GET", path)[0] == 404


def test_an_action_that_nothing_is_known_of_is_not_found(arm: Arm) -> None:
    arm.make_group()
    path = f"{arm.group}/providers/Microsoft.Widgets/widgets/w"
    arm.do("PUT", path, {})
    assert arm.error("POST", f"{path}/polish")[:2] == (404, "InvalidResourceType")


def test_secrets_are_neither_shown_nor_kept(arm: Arm) -> None:
    arm.make_machine()
    extension = {"location": "eastus", "properties": {"protectedSettings": {"key": "hidden-1"}, "settings": {"a": 1}}}
    arm.do("PUT", f"{arm.compute}/virtualMachines/vm/extensions/e", extension)
    server = {"location": "eastus", "properties": {"administratorLoginPassword": "hidden-2"}}
    arm.do("PUT", f"{arm.group}/providers/Microsoft.Sql/servers/s", server)
    shown = json.dumps([arm.get(resource.id) for resource in arm.azure.store])
    for text in (shown, json.dumps(state.snapshot(arm.azure))):
        assert "hidden" not in text


def test_an_extension_takes_its_time_as_azure_does(arm: Arm) -> None:
    arm.make_machine()
    path = f"{arm.compute}/virtualMachines/vm/extensions/e"
    created = arm.ask("PUT", path, {"location": "eastus", "properties": {"publisher": "p"}})
    assert (created.status, created.json()["properties"]["provisioningState"]) == (201, "Creating")
    arm.settle()
    assert arm.get(created.headers["Azure-AsyncOperation"])["status"] == "Succeeded"
    assert arm.get(path)["properties"]["provisioningState"] == "Succeeded"


def test_a_storage_account_does_not_show_before_it_is_done(arm: Arm) -> None:
    arm.make_group()
    path = f"{arm.group}/providers/Microsoft.Storage/storageAccounts/account1"
    body = {"location": "eastus", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    accepted = arm.ask("PUT", path, body)
    assert (accepted.status, accepted.body, accepted.headers["Retry-After"]) == (202, b"", "17")
    assert "Azure-AsyncOperation" not in accepted.headers
    assert arm.error("GET", path)[0] == 404
    assert arm.get(f"{arm.group}/resources")["value"] == []
    assert arm.ask("GET", accepted.headers["Location"]).status == 202
    arm.settle()
    assert arm.get(accepted.headers["Location"])["name"] == "account1"
    assert arm.get(path)["kind"] == "StorageV2"


def test_providers_are_listed_and_registered(arm: Arm) -> None:
    listed = {item["namespace"] for item in arm.get(f"{arm.subscription}/providers")["value"]}
    assert {"Microsoft.Compute", "Microsoft.Network", "Microsoft.Resources"} <= listed
    compute = f"{arm.subscription}/providers/Microsoft.Compute"
    types = {item["resourceType"] for item in arm.get(compute)["resourceTypes"]}
    assert {"virtualMachines", "disks"} <= types
    for action, registered in (("unregister", "NotRegistered"), ("register", "Registered")):
        assert arm.ask("POST", f"{compute}/{action}").json()["registrationState"] == registered
        assert arm.get(compute)["registrationState"] == registered


def test_a_provider_must_be_registered_before_its_resources_are_written(arm: Arm) -> None:
    arm.make_group()
    disks = f"{arm.group}/providers/Microsoft.Compute/disks/d"
    disk = {"location": "eastus", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4}}
    provider = f"{arm.subscription}/providers/Microsoft.Compute"
    arm.ask("POST", f"{provider}/unregister")
    refused = arm.ask("PUT", disks, disk)
    assert (refused.status, refused.json()["error"]["code"]) == (409, "MissingSubscriptionRegistration")
    assert re.match(r".*'(.*)'", refused.json()["error"]["message"]).group(1) == "Microsoft.Compute"  # type: ignore[union-attr]
    assert arm.ask("GET", disks).status == 404
    arm.ask("POST", f"{provider}/register")
    assert arm.do("PUT", disks, disk)["properties"]["provisioningState"] == "Succeeded"


def test_regions_and_tenants_are_listed(arm: Arm) -> None:
    regions = {item["name"]: item["displayName"] for item in arm.get(f"{arm.subscription}/locations")["value"]}
    assert regions["eastus"] == "East US"
    assert len(arm.get("/tenants")["value"]) == 1


def test_tags_in_use_are_counted(arm: Arm) -> None:
    for name in ("g", "h"):
        arm.do("PUT", f"{arm.subscription}/resourceGroups/{name}", {"location": "eastus", "tags": {"team": "a"}})
    (tag,) = arm.get(f"{arm.subscription}/tagNames")["value"]
    assert (tag["tagName"], tag["count"]["value"], tag["values"][0]["tagValue"]) == ("team", 2, "a")
