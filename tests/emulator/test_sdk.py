"""The real, unmodified azure-mgmt SDKs against a running emulator, over TLS."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline import PipelineResponse
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.models import VirtualMachine
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azjobs.emulator import SECOND_SUBSCRIPTION_ID, SUBSCRIPTION_ID, RunningEmulator

PASSWORD = "Str0ng-enough-Passw0rd"


@pytest.fixture
def group(resources: ResourceManagementClient) -> Iterator[str]:
    """The name of a new resource group, which is deleted at the end."""
    name = f"g-{uuid.uuid4().hex[:8]}"
    resources.resource_groups.create_or_update(name, {"location": "eastus"})
    yield name
    if resources.resource_groups.check_existence(name):
        resources.resource_groups.begin_delete(name).result()


def make_interface(network: NetworkManagementClient, group: str) -> str:
    """A network, an address, a security group and an interface; the interface's id."""
    subnets = [{"name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    label = f"l{uuid.uuid4().hex[:12]}"
    vnet_body: Any = {"location": "eastus", "properties": {"addressSpace": space, "subnets": subnets}}
    address_body: Any = {
        "location": "eastus",
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": label}},
    }
    guard_body: Any = {"location": "eastus"}
    vnet = network.virtual_networks.begin_create_or_update(group, "vnet", vnet_body).result()
    address = network.public_ip_addresses.begin_create_or_update(group, "pip", address_body).result()
    guard = network.network_security_groups.begin_create_or_update(group, "nsg", guard_body).result()
    assert address.dns_settings is not None
    assert address.dns_settings.fqdn == f"{label}.eastus.cloudapp.azure.com"
    assert vnet.subnets is not None
    configuration = {
        "name": "primary",
        "properties": {"subnet": {"id": vnet.subnets[0].id}, "publicIPAddress": {"id": address.id}},
    }
    nic_body: Any = {
        "location": "eastus",
        "properties": {"ipConfigurations": [configuration], "networkSecurityGroup": {"id": guard.id}},
    }
    nic = network.network_interfaces.begin_create_or_update(group, "nic", nic_body).result()
    return str(nic.id)


def machine_body(interface: str, password: str = PASSWORD) -> Any:
    return {
        "location": "eastus",
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_DS1_v2"},
            "storageProfile": {
                "imageReference": {
                    "publisher": "Canonical",
                    "offer": "ubuntu-24_04-lts",
                    "sku": "server",
                    "version": "latest",
                },
                "osDisk": {"createOption": "FromImage"},
            },
            "osProfile": {"computerName": "vm", "adminUsername": "azureuser", "adminPassword": password},
            "networkProfile": {"networkInterfaces": [{"id": interface}]},
        },
    }


def power_of(compute: ComputeManagementClient, group: str) -> str | None:
    view = compute.virtual_machines.instance_view(group, "vm")
    return next(
        (status.code for status in view.statuses or [] if status.code and status.code.startswith("PowerState")), None
    )


def test_a_machine_lives_its_whole_life(
    network: NetworkManagementClient, compute: ComputeManagementClient, resources: ResourceManagementClient, group: str
) -> None:
    interface = make_interface(network, group)
    machines = compute.virtual_machines
    answers: list[PipelineResponse[Any, Any]] = []
    creation = machines.begin_create_or_update(group, "vm", machine_body(interface), raw_response_hook=answers.append)
    assert answers[0].http_response.json()["properties"]["provisioningState"] == "Creating"
    machine = creation.result()
    assert isinstance(machine, VirtualMachine)
    assert (machine.provisioning_state, machine.os_profile and machine.os_profile.admin_username) == (
        "Succeeded",
        "azureuser",
    )
    assert [found.name for found in machines.list(group)] == ["vm"]
    assert machine.id in [found.id for found in machines.list_all()]
    assert power_of(compute, group) == "PowerState/running"
    machines.begin_power_off(group, "vm").result()
    assert power_of(compute, group) == "PowerState/stopped"
    machines.begin_start(group, "vm").result()
    machines.begin_restart(group, "vm").result()
    assert power_of(compute, group) == "PowerState/running"
    machines.begin_redeploy(group, "vm").result()
    machines.begin_reapply(group, "vm").result()
    machines.begin_deallocate(group, "vm").result()
    assert power_of(compute, group) == "PowerState/deallocated"
    update: Any = {"tags": {"owner": "me"}}
    assert machines.begin_update(group, "vm", update).result().tags == {"owner": "me"}
    assert network.network_interfaces.get(group, "nic").virtual_machine is not None
    (disk,) = compute.disks.list_by_resource_group(group)
    assert (disk.managed_by or "").lower() == (machine.id or "").lower()
    machines.begin_delete(group, "vm").result()
    with pytest.raises(ResourceNotFoundError):
        machines.get(group, "vm")
    resources.resource_groups.begin_delete(group).result()
    assert not resources.resource_groups.check_existence(group)


def test_groups_are_made_read_listed_and_deleted(resources: ResourceManagementClient, group: str) -> None:
    groups = resources.resource_groups
    assert groups.get(group).location == "eastus"
    assert group in [found.name for found in groups.list()]
    assert groups.check_existence(group)
    assert not groups.check_existence("none")
    groups.begin_delete(group).result()
    with pytest.raises(ResourceNotFoundError) as refused:
        groups.get(group)
    assert refused.value.error is not None
    assert refused.value.error.code == "ResourceGroupNotFound"


def test_a_refusal_has_its_code_and_message(
    network: NetworkManagementClient, compute: ComputeManagementClient, group: str
) -> None:
    interface = make_interface(network, group)
    with pytest.raises(HttpResponseError) as refused:
        compute.virtual_machines.begin_create_or_update(group, "vm", machine_body(interface, password="weak"))
    assert refused.value.status_code == 400
    assert refused.value.error is not None
    assert (refused.value.error.code, refused.value.error.target) == ("InvalidParameter", "adminPassword")


def test_an_operation_that_was_made_to_fail_fails_for_the_sdk(
    emulator: RunningEmulator, network: NetworkManagementClient, compute: ComputeManagementClient, group: str
) -> None:
    interface = make_interface(network, group)
    name = f"doomed-{uuid.uuid4().hex[:8]}"
    fault = {
        "kind": "Microsoft.Compute/virtualMachines/create",
        "name": name,
        "code": "AllocationFailed",
        "message": "Allocation failed.",
    }
    answer = requests.post(
        f"{emulator.endpoint}/_emulator/faults", json=fault, verify=str(emulator.ca_file), timeout=10
    )
    assert answer.status_code == 201
    creation = compute.virtual_machines.begin_create_or_update(group, name, machine_body(interface))
    with pytest.raises(HttpResponseError) as failed:
        creation.result()
    assert failed.value.error is not None
    assert failed.value.error.code == "AllocationFailed"
    assert compute.virtual_machines.get(group, name).provisioning_state == "Failed"


def test_a_type_that_nothing_is_known_of_is_taken(resources: ResourceManagementClient, group: str) -> None:
    root = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{group}/providers"
    resource_id = f"{root}/Microsoft.Widgets/widgets/w"
    body: Any = {"location": "eastus", "properties": {"answer": 42}}
    made = resources.resources.begin_create_or_update_by_id(resource_id, body, api_version="2024-01-01").result()
    assert (made.id, made.properties) == (resource_id, {"answer": 42, "provisioningState": "Succeeded"})
    assert [found.type for found in resources.resources.list_by_resource_group(group)] == ["Microsoft.Widgets/widgets"]
    resources.resources.begin_delete_by_id(resource_id, api_version="2024-01-01").result()
    with pytest.raises(ResourceNotFoundError):
        resources.resources.get_by_id(resource_id, api_version="2024-01-01")


def test_a_disk_is_made_and_resized(compute: ComputeManagementClient, group: str) -> None:
    body: Any = {"location": "eastus", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}}
    assert compute.disks.begin_create_or_update(group, "d", body).result().disk_size_gb == 8
    change: Any = {"properties": {"diskSizeGB": 16}}
    assert compute.disks.begin_update(group, "d", change).result().disk_size_gb == 16
    compute.disks.begin_delete(group, "d").result()
    assert list(compute.disks.list_by_resource_group(group)) == []


def test_sizes_images_usages_and_skus_are_listed(compute: ComputeManagementClient) -> None:
    assert "Standard_DS1_v2" in [size.name for size in compute.virtual_machine_sizes.list("eastus")]
    (version,) = compute.virtual_machine_images.list(
        "eastus", "Canonical", "ubuntu-24_04-lts", "server", top=1, orderby="name desc"
    )
    image = compute.virtual_machine_images.get("eastus", "Canonical", "ubuntu-24_04-lts", "server", version.name or "")
    assert image.os_disk_image is not None
    assert image.os_disk_image.operating_system == "Linux"
    assert any(usage.name.value == "cores" for usage in compute.usage.list("eastus"))
    assert any(sku.name == "Standard_DS1_v2" for sku in compute.resource_skus.list(filter="location eq 'eastus'"))


def test_a_label_is_checked(network: NetworkManagementClient) -> None:
    assert network.check_dns_name_availability("eastus", domain_name_label="free-label").available is True


def test_the_second_subscription_is_another_one(emulator: RunningEmulator, credential: ClientSecretCredential) -> None:
    with ResourceManagementClient(
        credential,
        SECOND_SUBSCRIPTION_ID,
        base_url=emulator.endpoint,
        credential_scopes=[f"{emulator.endpoint}/.default"],
        connection_verify=str(emulator.ca_file),
    ) as second:
        name = f"second-{uuid.uuid4().hex[:8]}"
        second.resource_groups.create_or_update(name, {"location": "westus"})
        assert name in [group.name for group in second.resource_groups.list()]
        second.resource_groups.begin_delete(name).result()
