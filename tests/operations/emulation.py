"""What the tests on the emulator make there."""

from __future__ import annotations

import secrets
from typing import Any

from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azjobs.operations.sdk import client

PASSWORD = "Kanarienvogel-1"


def new_group() -> str:
    name = f"ops-{secrets.token_hex(4)}"
    client(ResourceManagementClient).resource_groups.create_or_update(name, {"location": "eastus"})  # type: ignore[arg-type,unused-ignore,typeddict-item]
    return name


def virtual_network() -> dict[str, Any]:
    subnet = {"name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    return {"location": "eastus", "properties": {"addressSpace": space, "subnets": [subnet]}}


def network_interface(group: str, name: str = "nic") -> str:
    """Make a network interface (with its network) the plain way; return its id."""
    network = client(NetworkManagementClient)
    made = network.virtual_networks.begin_create_or_update(group, "net", virtual_network()).result()  # type: ignore[call-overload]
    configuration = {"name": "c", "properties": {"subnet": {"id": made.subnets[0].id}}}
    body = {"location": "eastus", "properties": {"ipConfigurations": [configuration]}}
    return str(network.network_interfaces.begin_create_or_update(group, name, body).result().id)  # type: ignore[call-overload]


def virtual_machine(interface: str) -> dict[str, Any]:
    image = {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts", "version": "latest"}
    return {
        "location": "eastus",
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v3"},
            "storageProfile": {"imageReference": image},
            "osProfile": {"computerName": "vm", "adminUsername": "azureuser", "adminPassword": PASSWORD},
            "networkProfile": {"networkInterfaces": [{"id": interface}]},
        },
    }


def deployment(resources: list[dict[str, Any]], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": resources,
        "outputs": outputs or {},
    }
    return {"properties": {"mode": "Incremental", "template": template}}


def network_resource(name: str = "net") -> dict[str, Any]:
    return {"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2023-09-01", "name": name, **virtual_network()}


def compute() -> ComputeManagementClient:
    return client(ComputeManagementClient)
