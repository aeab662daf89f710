"""What recordings of the real Azure show of Microsoft.Compute's other types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm


@pytest.fixture
def group(arm: Arm) -> Arm:
    arm.make_group()
    return arm


def make_disk(arm: Arm, name: str = "d") -> Any:
    body = {"location": "eastus", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 200}}
    return arm.do("PUT", f"{arm.compute}/disks/{name}", body)


def make_scale_set(arm: Arm, capacity: int = 2, mode: str = "Manual") -> Any:
    arm.make_network()
    configuration = {
        "name": "nic",
        "properties": {
            "primary": True,
            "ipConfigurations": [
                {"name": "c", "properties": {"subnet": {"id": f"{arm.network}/virtualNetworks/v/subnets/s"}}}
            ],
        },
    }
    profile = {
        "osProfile": {"computerNamePrefix": "web", "adminUsername": "azureuser", "adminPassword": "Str0ng-enough"},
        "storageProfile": {
            "imageReference": {
                "publisher": "MicrosoftWindowsServer",
                "offer": "WindowsServer",
                "sku": "2016-Datacenter",
                "version": "latest",
            },
            "osDisk": {"createOption": "FromImage"},
        },
        "networkProfile": {"networkInterfaceConfigurations": [configuration]},
    }
    body = {
        "location": "eastus",
        "sku": {"name": "Standard_D1_v2", "capacity": capacity},
        "properties": {"upgradePolicy": {"mode": mode}, "virtualMachineProfile": profile},
    }
    return arm.do("PUT", f"{arm.compute}/virtualMachineScaleSets/set", body)


def test_a_disk_is_accepted_as_it_was_asked_for_and_shown_whole_when_it_is_made(group: Arm) -> None:
    path = f"{group.compute}/disks/d"
    body = {"location": "eastus", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 200}}
    accepted = group.ask("PUT", path, body)
    assert accepted.json() == {
        "name": "d",
        "location": "eastus",
        "properties": {**body["properties"], "provisioningState": "Updating", "isArmResource": True},  # type: ignore[dict-item]
    }
    group.settle()
    output = group.get(accepted.headers["Azure-AsyncOperation"])["properties"]["output"]
    assert output == group.get(f"{path}?api-version=2024-07-01")
    assert "isArmResource" not in output["properties"]


def test_a_snapshot_has_its_disks_size_and_names_it_as_its_source(group: Arm) -> None:
    disk = make_disk(group)
    creation = {"createOption": "Copy", "sourceUri": disk["id"]}
    body = {"location": "eastus", "properties": {"creationData": creation}}
    snapshot = group.do("PUT", f"{group.compute}/snapshots/s", body)["properties"]
    assert snapshot["diskSizeGB"] == 200
    assert snapshot["creationData"] == {
        "createOption": "Copy",
        "sourceResourceId": disk["id"],
        "sourceUniqueId": disk["properties"]["uniqueId"],
    }


def test_access_to_a_disk_is_granted_by_an_operation_and_ended(group: Arm) -> None:
    make_disk(group)
    path = f"{group.compute}/disks/d"
    granted = group.ask("POST", f"{path}/beginGetAccess", {"access": "Read", "durationInSeconds": 60})
    group.settle()
    assert group.get(granted.headers["Location"])["accessSAS"].startswith("https://md-")
    assert group.get(path)["properties"]["diskState"] == "ActiveSAS"
    group.ask("POST", f"{path}/endGetAccess")
    group.settle()
    assert group.get(path)["properties"]["diskState"] == "Unattached"


def test_a_blob_of_no_account_in_the_region_is_not_imported(group: Arm) -> None:
    creation = {"createOption": "Import", "sourceUri": "https://nobody.blob.core.windows.net/v/u.vhd"}
    body = {"location": "eastus", "properties": {"creationData": creation}}
    status, code, message = group.error("PUT", f"{group.compute}/disks/d", body)
    assert (status, code) == (400, "BadRequest")
    assert "does not belong to the same region as the disk" in message


def test_a_scale_set_has_as_many_instances_as_its_capacity_and_scales(group: Arm) -> None:
    path = f"{group.compute}/virtualMachineScaleSets/set"
    make_scale_set(group)
    instances = group.get(f"{path}/virtualMachines")["value"]
    assert [one["instanceId"] for one in instances] == ["0", "1"]
    assert instances[1]["properties"]["osProfile"]["computerName"] == "web000001"
    view = group.get(f"{path}/virtualMachines/1/instanceView")
    assert [one["code"] for one in view["statuses"]] == ["ProvisioningState/succeeded", "PowerState/running"]
    assert group.get(f"{path}/instanceView")["virtualMachine"]["statusesSummary"][0]["count"] == 2
    group.do("PATCH", path, {"sku": {"name": "Standard_D1_v2", "capacity": 3}})
    assert len(group.get(f"{path}/virtualMachines")["value"]) == 3
    group.ask("POST", f"{path}/delete", {"instanceIds": ["1"]})
    group.settle()
    assert [one["instanceId"] for one in group.get(f"{path}/virtualMachines")["value"]] == ["0", "2"]
    assert group.get(path)["sku"]["capacity"] == 2
    group.do("DELETE", path)
    assert group.error("GET", path)[1] == "ResourceNotFound"


def test_actions_on_one_instance_change_that_instance(group: Arm) -> None:
    path = f"{group.compute}/virtualMachineScaleSets/set"
    make_scale_set(group)
    stopped = group.ask("POST", f"{path}/virtualMachines/0/powerOff")
    assert (stopped.status, "Location" in stopped.headers) == (202, True)
    group.settle()
    power = [group.get(f"{path}/virtualMachines/{number}/instanceView")["statuses"][1]["code"] for number in (0, 1)]
    assert power == ["PowerState/stopped", "PowerState/running"]
    assert group.error("POST", f"{path}/virtualMachines/0/performMaintenance")[:2] == (409, "OperationNotAllowed")


def test_an_extension_of_a_scale_set_stands_in_its_model(group: Arm) -> None:
    path = f"{group.compute}/virtualMachineScaleSets/set"
    make_scale_set(group)
    body = {"properties": {"publisher": "P", "type": "T", "typeHandlerVersion": "1.4"}}
    assert group.ask("PUT", f"{path}/extensions/e", body).status == 201
    group.settle()
    profile = group.get(path)["properties"]["virtualMachineProfile"]["extensionProfile"]
    assert [one["name"] for one in profile["extensions"]] == ["e"]
    assert group.ask("PATCH", f"{path}/extensions/e", {"properties": {"autoUpgradeMinorVersion": True}}).status == 201
    group.settle()
    group.do("DELETE", f"{path}/extensions/e")
    assert group.get(path)["properties"]["virtualMachineProfile"]["extensionProfile"]["extensions"] == []


def test_a_machine_shows_its_extensions(arm: Arm) -> None:
    arm.make_machine()
    path = f"{arm.compute}/virtualMachines/vm"
    body = {"location": "eastus", "properties": {"publisher": "P", "type": "T", "typeHandlerVersion": "1.4"}}
    arm.do("PUT", f"{path}/extensions/e", body)
    assert [one["name"] for one in arm.get(path)["resources"]] == ["e"]
    view = arm.get(f"{path}/instanceView")
    assert view["vmAgent"]["extensionHandlers"][0]["type"] == "P.T"
    arm.do("DELETE", f"{path}/extensions/e")
    assert "resources" not in arm.get(path)


def test_an_availability_set_is_never_new_and_shows_its_machines(arm: Arm) -> None:
    arm.make_group()
    path = f"{arm.compute}/availabilitySets/a"
    made = arm.ask("PUT", path, {"location": "eastus", "properties": {}})
    assert (made.status, "provisioningState" in made.json()["properties"]) == (200, False)
    machine = arm.make_machine(availabilitySet={"id": path})
    assert arm.get(path)["properties"]["virtualMachines"] == [{"id": machine["id"]}]
    assert arm.error("DELETE", path)[:2] == (409, "OperationNotAllowed")
