"""Virtual machines: creation, power, what Azure refuses, and what goes with a machine when it is deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from azjobs.emulator import state

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

PASSWORD = "Str0ng-enough-Passw0rd"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDsyHLYDVLm4GzYJ0Sm9c6FnDUS0pTTqVqCLuSuMvXvD me"
UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}


@pytest.fixture
def ready(arm: Arm) -> Arm:
    """A group with a network and an interface `n`."""
    arm.make_group()
    arm.make_network()
    arm.make_interface()
    return arm


def power_of(arm: Arm, name: str = "vm") -> str | None:
    view = arm.get(f"{arm.compute}/virtualMachines/{name}/instanceView")
    codes = [status["code"] for status in view["statuses"] if status["code"].startswith("PowerState/")]
    return codes[0].removeprefix("PowerState/") if codes else None


def linux(**profile: Any) -> dict[str, Any]:
    return {
        "storageProfile": {"imageReference": UBUNTU, "osDisk": {"createOption": "FromImage"}},
        "osProfile": {"computerName": "vm", "adminUsername": "azureuser", **profile},
    }


def test_a_creation_takes_minutes_and_hints_its_estimate_on_the_first_poll_only(ready: Arm) -> None:
    path = f"{ready.compute}/virtualMachines/vm"
    created = ready.ask("PUT", path, ready.machine_body())
    assert (created.status, created.headers["Retry-After"]) == (201, "10")
    assert created.headers["Azure-AsyncNotification"] == "Enabled"
    assert "Location" not in created.headers
    poll = created.headers["Azure-AsyncOperation"]
    assert "/providers/Microsoft.Compute/locations/eastus/operations/" in poll
    assert f"/operations/{created.headers['x-ms-request-id']}?p=" in poll
    assert created.json()["properties"]["provisioningState"] == "Creating"
    first, second = ready.ask("GET", poll), ready.ask("GET", poll)
    assert (first.headers["Retry-After"], second.headers.get("Retry-After")) == ("30", None)
    assert list(first.json()) == ["startTime", "status", "name"]
    ready.clock.advance(120)
    assert ready.get(path)["properties"]["provisioningState"] == "Creating"
    ready.clock.advance(60)
    assert list(ready.get(poll)) == ["startTime", "endTime", "status", "name"]
    assert ready.get(path)["properties"]["provisioningState"] == "Succeeded"


def test_a_linux_machine_is_there_sooner_than_a_windows_machine(ready: Arm) -> None:
    ready.make_interface("m")
    ready.ask("PUT", f"{ready.compute}/virtualMachines/w", ready.machine_body())
    ready.ask("PUT", f"{ready.compute}/virtualMachines/l", ready.machine_body("m", **linux(adminPassword=PASSWORD)))
    due = {operation.target[-1]: operation.due or 0.0 for operation in ready.azure.operations.in_flight}
    now = ready.clock.now()
    assert 93 <= due["l"] - now <= 115
    assert 135 <= due["w"] - now <= 165


def test_a_created_machine_is_what_azure_shows(ready: Arm) -> None:
    shown = ready.make_machine()
    properties = shown["properties"]
    assert shown["id"] == f"{ready.compute}/virtualMachines/vm"
    assert len(properties["vmId"]) == 36
    assert properties["timeCreated"].endswith("+00:00")
    disk = properties["storageProfile"]["osDisk"]
    assert (disk["osType"], disk["diskSizeGB"], disk["deleteOption"]) == ("Windows", 127, "Detach")
    assert properties["storageProfile"]["imageReference"]["exactVersion"] == "14393.260107"
    assert properties["osProfile"] == {
        "computerName": "vm",
        "adminUsername": "azureuser",
        "windowsConfiguration": {
            "provisionVMAgent": True,
            "enableAutomaticUpdates": True,
            "patchSettings": {"patchMode": "AutomaticByOS", "assessmentMode": "ImageDefault"},
        },
        "secrets": [],
        "allowExtensionOperations": True,
        "requireGuestProvisionSignal": True,
    }


def test_the_password_is_neither_shown_nor_kept(ready: Arm) -> None:
    body = ready.machine_body()
    body["properties"]["osProfile"]["customData"] = "c2VjcmV0LWN1c3RvbS1kYXRh"
    answer = ready.ask("PUT", f"{ready.compute}/virtualMachines/vm", body)
    kept = json.dumps(state.snapshot(ready.azure)).encode()
    for text in (answer.body, kept, json.dumps(ready.get(f"{ready.compute}/virtualMachines/vm")).encode()):
        assert PASSWORD.encode() not in text
        assert b"c2VjcmV0" not in text


def test_the_disk_of_a_machine_is_a_resource(ready: Arm) -> None:
    machine = ready.make_machine()
    (disk,) = ready.get(f"{ready.compute}/disks")["value"]
    assert disk["id"] == machine["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"]
    assert disk["sku"] == {"name": "Premium_LRS", "tier": "Premium"}
    assert (disk["managedBy"], disk["properties"]["diskState"]) == (machine["id"], "Attached")
    status, code, message = ready.error("DELETE", disk["id"])
    assert (status, code) == (409, "OperationNotAllowed")
    assert machine["id"] in message


def test_machines_are_listed_in_a_group_and_in_a_subscription(ready: Arm) -> None:
    ready.make_machine()
    for path in (
        f"{ready.compute}/virtualMachines",
        f"{ready.subscription}/providers/Microsoft.Compute/virtualMachines",
    ):
        (machine,) = ready.get(path)["value"]
        assert machine["name"] == "vm"
        assert "instanceView" not in machine["properties"]
    (with_status,) = ready.get(
        f"{ready.subscription}/providers/Microsoft.Compute/virtualMachines?statusOnly=true&api-version=2024-07-01"
    )["value"]
    assert with_status["properties"]["instanceView"]["statuses"][1]["code"] == "PowerState/running"


def test_the_instance_view_comes_with_the_machine_when_asked_for(ready: Arm) -> None:
    ready.make_machine()
    expanded = ready.get(f"{ready.compute}/virtualMachines/vm?$expand=instanceView&api-version=2024-07-01")
    view = expanded["properties"]["instanceView"]
    assert view == ready.get(f"{ready.compute}/virtualMachines/vm/instanceView")
    assert (view["computerName"], view["osName"]) == ("vm", "Windows Server 2016 Datacenter")
    assert view["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"


@pytest.mark.parametrize(
    ("action", "during", "after", "retry_after"),
    [
        ("powerOff", "stopping", "stopped", None),
        ("deallocate", "deallocating", "deallocated", "10"),
        ("restart", "running", "running", None),
        ("redeploy", "starting", "running", None),
        ("start", "starting", "running", "10"),
    ],
)
def test_an_action_changes_the_power_state_and_answers_at_its_location(
    ready: Arm, action: str, during: str, after: str, retry_after: str | None
) -> None:
    ready.make_machine()
    accepted = ready.ask("POST", f"{ready.compute}/virtualMachines/vm/{action}")
    assert (accepted.status, accepted.body, accepted.headers.get("Retry-After")) == (202, b"", retry_after)
    location = accepted.headers["Location"]
    assert location == accepted.headers["Azure-AsyncOperation"] + "&monitor=true"
    assert (power_of(ready), ready.ask("GET", location).status) == (during, 202)
    assert ready.get(f"{ready.compute}/virtualMachines/vm")["properties"]["provisioningState"] == "Updating"
    ready.settle()
    final = ready.ask("GET", location)
    assert (power_of(ready), final.status, final.body) == (after, 200, b"")
    assert ready.get(accepted.headers["Azure-AsyncOperation"])["status"] == "Succeeded"


def test_a_machine_that_is_off_cannot_be_restarted(ready: Arm) -> None:
    ready.make_machine()
    ready.do("POST", f"{ready.compute}/virtualMachines/vm/deallocate")
    status, code, _ = ready.error("POST", f"{ready.compute}/virtualMachines/vm/restart")
    assert (status, code) == (409, "OperationNotAllowed")


def test_an_action_on_an_absent_machine_or_of_an_unknown_name_is_not_found(ready: Arm) -> None:
    assert ready.error("POST", f"{ready.compute}/virtualMachines/none/start")[:2] == (404, "ResourceNotFound")
    assert ready.error("POST", f"{ready.compute}/virtualMachines/none/fly")[0] == 404


def test_a_machine_takes_one_write_at_a_time(ready: Arm) -> None:
    ready.make_machine()
    path = f"{ready.compute}/virtualMachines/vm"
    ready.ask("POST", f"{path}/deallocate")
    assert ready.error("POST", f"{path}/start")[:2] == (409, "AnotherOperationInProgress")
    assert ready.error("PATCH", path, {"tags": {}})[:2] == (409, "AnotherOperationInProgress")


def test_deleting_a_machine_preempts_what_goes_on_there(ready: Arm) -> None:
    path = f"{ready.compute}/virtualMachines/vm"
    poll = ready.ask("PUT", path, ready.machine_body()).headers["Azure-AsyncOperation"]
    deleted = ready.ask("DELETE", path)
    assert (deleted.status, deleted.headers["Retry-After"]) == (202, "10")
    ended = ready.get(poll)
    assert (ended["status"], ended["error"]["code"]) == ("Canceled", "OperationPreempted")
    again = ready.ask("DELETE", path)
    assert again.headers["Location"] == deleted.headers["Location"]
    ready.settle()
    assert ready.get(poll) == ended
    assert ready.error("GET", path)[:2] == (404, "ResourceNotFound")
    assert ready.ask("DELETE", path).status == 204


def test_deleting_a_machine_leaves_its_disk_and_interface_unless_told_otherwise(ready: Arm) -> None:
    ready.make_machine()
    ready.do("DELETE", f"{ready.compute}/virtualMachines/vm")
    (disk,) = ready.get(f"{ready.compute}/disks")["value"]
    assert (disk["properties"]["diskState"], "managedBy" in disk) == ("Unattached", False)
    assert ready.get(f"{ready.network}/networkInterfaces/n")["name"] == "n"


def test_what_is_to_go_with_a_machine_goes_with_it(ready: Arm) -> None:
    ready.make_address()
    subnet = {"id": f"{ready.network}/virtualNetworks/v/subnets/s"}
    address: dict[str, Any] = {"id": f"{ready.network}/publicIPAddresses/p", "properties": {"deleteOption": "Delete"}}
    configuration = {"name": "c", "properties": {"subnet": subnet, "publicIPAddress": address}}
    nic = f"{ready.network}/networkInterfaces/m"
    ready.do("PUT", nic, {"location": "eastus", "properties": {"ipConfigurations": [configuration]}})
    storage = ready.machine_body()["properties"]["storageProfile"]
    storage["osDisk"]["deleteOption"] = "Delete"
    storage["dataDisks"] = [
        {"lun": 0, "createOption": "Empty", "diskSizeGB": 64, "deleteOption": "Delete"},
        {"lun": 1, "createOption": "Empty", "diskSizeGB": 64},
    ]
    interfaces = [{"id": nic, "properties": {"deleteOption": "Delete"}}]
    ready.make_machine(interface="m", storageProfile=storage, networkProfile={"networkInterfaces": interfaces})
    assert len(ready.get(f"{ready.compute}/disks")["value"]) == 3
    ready.do("DELETE", f"{ready.compute}/virtualMachines/vm")
    assert [disk["name"] for disk in ready.get(f"{ready.compute}/disks")["value"]] == ["vm_DataDisk_1"]
    assert ready.error("GET", nic)[1] == "ResourceNotFound"
    assert ready.error("GET", address["id"])[1] == "ResourceNotFound"


def test_a_machine_is_resized_and_tagged_by_patch(ready: Arm) -> None:
    ready.make_machine()
    path = f"{ready.compute}/virtualMachines/vm"
    change = {"tags": {"a": "b"}, "properties": {"hardwareProfile": {"vmSize": "Standard_D4s_v5"}}}
    patched = ready.ask("PATCH", path, change)
    assert patched.status == 200
    assert "Azure-AsyncOperation" in patched.headers
    assert "Retry-After" not in patched.headers
    assert patched.json()["properties"]["provisioningState"] == "Updating"
    ready.settle()
    shown = ready.get(path)
    assert (shown["tags"], shown["properties"]["hardwareProfile"]) == ({"a": "b"}, {"vmSize": "Standard_D4s_v5"})
    assert shown["properties"]["vmId"] == patched.json()["properties"]["vmId"]


def test_a_machine_written_again_keeps_its_identity_and_needs_no_password(ready: Arm) -> None:
    first = ready.make_machine()
    body = ready.machine_body()
    del body["properties"]["osProfile"]["adminPassword"]
    again = ready.ask("PUT", first["id"], body)
    assert (again.status, again.json()["properties"]["provisioningState"]) == (200, "Updating")
    ready.settle()
    shown = ready.get(first["id"])
    assert shown["properties"]["vmId"] == first["properties"]["vmId"]
    assert shown["properties"]["storageProfile"]["osDisk"] == first["properties"]["storageProfile"]["osDisk"]


def test_what_a_machine_is_made_of_cannot_be_changed(ready: Arm) -> None:
    machine = ready.make_machine()
    change: dict[str, Any] = {"properties": {"osProfile": {"adminUsername": "other"}}}
    status, code, message = ready.error("PATCH", machine["id"], change)
    assert (status, code) == (409, "PropertyChangeNotAllowed")
    assert message == "Changing property 'osProfile.adminUsername' is not allowed."


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("Short1!", True),
        ("alllowercaseletters", True),
        ("NoDigitsOrSymbolsHere", True),
        ("x" * 124 + "A1!", True),
        ("Twelve-chars1", False),
        ("Control\tChar12", True),
    ],
)
def test_a_windows_password_must_follow_azures_rules(ready: Arm, password: str, refused: bool) -> None:
    profile = {"adminUsername": "azureuser", "adminPassword": password}
    response = ready.ask("PUT", f"{ready.compute}/virtualMachines/vm", ready.machine_body(osProfile=profile))
    assert (response.status == 400) is refused
    if refused:
        error = response.json()["error"]
        assert (error["code"], error["target"]) == ("InvalidParameter", "adminPassword")
        assert "must be between 8-123 characters long and must satisfy at least 3" in error["message"]
        assert password.encode() not in response.body


@pytest.mark.parametrize(
    ("profile", "target"),
    [
        ({"adminUsername": "admin", "adminPassword": PASSWORD}, "adminUsername"),
        ({"adminUsername": "ends.", "adminPassword": PASSWORD}, "adminUsername"),
        ({"adminUsername": "x" * 21, "adminPassword": PASSWORD}, "adminUsername"),
        ({"adminPassword": PASSWORD}, "adminUsername"),
        ({"adminUsername": "azureuser"}, "adminPassword"),
        ({"computerName": "sixteen-letters-", "adminUsername": "azureuser", "adminPassword": PASSWORD}, "computerName"),
        ({"computerName": "12345", "adminUsername": "azureuser", "adminPassword": PASSWORD}, "computerName"),
        ({}, "adminUsername"),
        (None, "osProfile"),
    ],
)
def test_a_windows_profile_must_follow_azures_rules(ready: Arm, profile: dict[str, Any] | None, target: str) -> None:
    body = ready.machine_body(osProfile=profile)
    response = ready.ask("PUT", f"{ready.compute}/virtualMachines/vm", body)
    assert (response.status, response.json()["error"]["target"]) == (400, target)


def test_a_linux_machine_takes_a_key_or_a_password(ready: Arm) -> None:
    path = f"{ready.compute}/virtualMachines/vm"
    keys = {"disablePasswordAuthentication": True, "ssh": {"publicKeys": [{"path": "/home/a", "keyData": KEY}]}}
    without = {"disablePasswordAuthentication": True}
    bad_key = {"ssh": {"publicKeys": [{"path": "/home/a", "keyData": "nonsense"}]}}
    for configuration in (without, bad_key, {}):
        body = ready.machine_body(**linux(linuxConfiguration=configuration))
        assert ready.error("PUT", path, body)[:2] == (400, "InvalidParameter")
    shown = ready.make_machine(**linux(linuxConfiguration=keys))
    configuration = shown["properties"]["osProfile"]["linuxConfiguration"]
    assert configuration["ssh"]["publicKeys"][0]["keyData"] == KEY
    assert configuration["patchSettings"] == {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"hardwareProfile": {"vmSize": "Standard_Huge"}}, 400, "InvalidParameter"),
        ({"storageProfile": {}}, 400, "InvalidParameter"),
        ({"storageProfile": {"osDisk": {"createOption": "FromImage"}}}, 400, "InvalidParameter"),
        ({"networkProfile": {}}, 400, "InvalidParameter"),
        ({"networkProfile": {"networkInterfaces": [{"id": "/subscriptions/x/y"}]}}, 400, "InvalidResourceReference"),
        (
            {"storageProfile": {"imageReference": {**UBUNTU, "sku": "none"}, "osDisk": {"createOption": "FromImage"}}},
            404,
            "PlatformImageNotFound",
        ),
    ],
)
def test_a_machine_must_be_made_of_what_there_is(ready: Arm, change: dict[str, Any], status: int, code: str) -> None:
    path = f"{ready.compute}/virtualMachines/vm"
    assert ready.error("PUT", path, ready.machine_body(**change))[:2] == (status, code)
    assert ready.error("GET", path)[0] == 404


def test_a_zone_must_be_one_that_the_region_has(ready: Arm) -> None:
    body = {**ready.machine_body(), "zones": ["9"]}
    status, code, _ = ready.error("PUT", f"{ready.compute}/virtualMachines/vm", body)
    assert (status, code) == (400, "InvalidAvailabilityZone")


def test_an_interface_belongs_to_one_machine(ready: Arm) -> None:
    ready.make_machine()
    status, code, message = ready.error("PUT", f"{ready.compute}/virtualMachines/other", ready.machine_body())
    assert (status, code) == (400, "NicInUse")
    assert f"{ready.compute}/virtualMachines/vm" in message


@pytest.mark.parametrize("name", ["a b", "-a", "x" * 81, "a."])
def test_a_machines_name_must_follow_azures_rule(ready: Arm, name: str) -> None:
    path = f"{ready.compute}/virtualMachines/{name}".replace(" ", "%20")
    status, code, _ = ready.error("PUT", path, ready.machine_body())
    assert (status, code) == (400, "InvalidParameter")


def test_a_disk_is_attached_to_one_machine(ready: Arm) -> None:
    disk = f"{ready.compute}/disks/d"
    body = {"location": "eastus", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}}
    accepted = ready.ask("PUT", disk, body)
    assert (accepted.status, accepted.json()["properties"]["provisioningState"]) == (202, "Updating")
    assert "/DiskOperations/" in accepted.headers["Azure-AsyncOperation"]
    ready.settle()
    assert ready.get(accepted.headers["Location"])["name"] == "d"
    storage = ready.machine_body()["properties"]["storageProfile"]
    storage["dataDisks"] = [{"lun": 0, "createOption": "Attach", "managedDisk": {"id": disk}}]
    ready.make_machine(storageProfile=storage)
    ready.make_interface("m")
    other = ready.machine_body("m", storageProfile=storage)
    assert ready.error("PUT", f"{ready.compute}/virtualMachines/other", other)[1] == "ConflictingUserInput"


def test_a_command_is_run_and_says_nothing(ready: Arm) -> None:
    ready.make_machine()
    path = f"{ready.compute}/virtualMachines/vm/runCommand"
    accepted = ready.ask("POST", path, {"commandId": "RunShellScript", "script": ["true"]})
    ready.settle()
    assert ready.get(accepted.headers["Location"])["value"][0]["code"] == "ComponentStatus/StdOut/succeeded"
    assert ready.get(accepted.headers["Azure-AsyncOperation"])["properties"]["output"]["value"]


def test_sizes_images_and_quotas_are_listed(ready: Arm) -> None:
    ready.make_machine()
    places = f"{ready.subscription}/providers/Microsoft.Compute/locations/eastus"
    assert "Standard_D2s_v3" in [size["name"] for size in ready.get(f"{places}/vmSizes")["value"]]
    publishers = {item["name"] for item in ready.get(f"{places}/publishers")}
    assert {"Canonical", "MicrosoftWindowsServer"} <= publishers
    skus = f"{places}/publishers/Canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus"
    assert "server" in [item["name"] for item in ready.get(skus)]
    (latest,) = ready.get(f"{skus}/server/versions?$top=1&$orderby=name%20desc&api-version=2024-07-01")
    version = ready.get(f"{skus}/server/versions/{latest['name']}")
    assert version["properties"]["osDiskImage"] == {"operatingSystem": "Linux", "sizeInGb": 30}
    assert ready.error("GET", f"{places}/publishers/Nobody/artifacttypes/vmimage/offers")[0] == 404
    usage = {row["name"]["value"]: row["currentValue"] for row in ready.get(f"{places}/usages")["value"]}
    assert (usage["cores"], usage["virtualMachines"], usage["standardDSv2Family"]) == (1, 1, 1)
    listed = ready.get(
        f"{ready.subscription}/providers/Microsoft.Compute/skus?$filter=location%20eq%20'eastus'&api-version=2021-07-01"
    )["value"]
    assert {tuple(sku["locations"]) for sku in listed} == {("eastus",)}


def test_a_size_that_the_region_does_not_offer_is_refused_and_listed_as_restricted(arm: Arm) -> None:
    arm.make_group()
    body = {
        "location": "ukwest",
        "properties": {"hardwareProfile": {"vmSize": "Standard_F2s_v2"}, **linux(adminPassword=PASSWORD)},
    }
    refused = arm.ask("PUT", f"{arm.compute}/virtualMachines/vm", body)
    assert (refused.status, refused.json()["error"]["code"]) == (409, "SkuNotAvailable")
    assert "is currently not available in location 'ukwest'" in refused.json()["error"]["message"]
    assert arm.ask("GET", f"{arm.compute}/virtualMachines/vm").status == 404
    skus = arm.get(f"{arm.subscription}/providers/Microsoft.Compute/skus?$filter=location eq 'ukwest'")["value"]
    reasons = {sku["name"]: [found["reasonCode"] for found in sku["restrictions"]] for sku in skus}
    assert reasons["Standard_F2s_v2"] == ["NotAvailableForSubscription"]
    assert reasons["Standard_D2s_v3"] == []
