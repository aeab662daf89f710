"""Where ARM keeps the resources of a VM: their types, ids and api-versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COMPUTE = "2026-04-01"
"""The api-version of Microsoft.Compute/virtualMachines that azure-mgmt-compute 39 uses."""

DISKS = "2026-03-02"
NETWORK = "2025-05-01"
RESOURCES = "2025-04-01"

VIRTUAL_MACHINES = "Microsoft.Compute/virtualMachines"
DISK = "Microsoft.Compute/disks"
VIRTUAL_NETWORKS = "Microsoft.Network/virtualNetworks"
PUBLIC_IP_ADDRESSES = "Microsoft.Network/publicIPAddresses"
NETWORK_SECURITY_GROUPS = "Microsoft.Network/networkSecurityGroups"
NETWORK_INTERFACES = "Microsoft.Network/networkInterfaces"
DEPLOYMENTS = "Microsoft.Resources/deployments"


def group_path(subscription: str, group: str) -> str:
    """Return the resource id of a resource group."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def resource_path(subscription: str, group: str, kind: str, name: str) -> str:
    """Return the resource id of a resource of that kind."""
    return f"{group_path(subscription, group)}/providers/{kind}/{name}"


def name_of(resource_id: str) -> str:
    """Return the last segment of a resource id: the resource's name."""
    return resource_id.rstrip("/").rsplit("/", 1)[-1]


def kind_of(resource_id: str) -> str:
    """Return the whole type of the resource that an id names: `Microsoft.Network/virtualNetworks/subnets`."""
    _, _, provider = resource_id.rpartition("/providers/")
    namespace, *segments = provider.split("/")
    return "/".join([namespace, *segments[::2]])


def group_of(resource_id: str) -> str:
    """Return the name of the resource group that a resource id names, in the letter case in which ARM wrote it."""
    segments = resource_id.split("/")
    for index, segment in enumerate(segments[:-1]):
        if segment.lower() == "resourcegroups":
            return segments[index + 1]
    return ""


def same(left: str, right: str) -> bool:
    """Whether two resource ids or names are the same to ARM, which ignores letter case."""
    return left.casefold() == right.casefold()


def properties(body: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the properties of a resource's body; empty where there are none."""
    return (body or {}).get("properties") or {}


def interface_ids(virtual_machine: Mapping[str, Any]) -> list[str]:
    """Return the ids of a VM's network interfaces, the primary one first."""
    profile = properties(virtual_machine).get("networkProfile") or {}
    interfaces = list(profile.get("networkInterfaces") or [])
    interfaces.sort(key=lambda interface: not (interface.get("properties") or {}).get("primary", False))
    return [interface["id"] for interface in interfaces if interface.get("id")]


def disk_ids(virtual_machine: Mapping[str, Any]) -> list[str]:
    """Return the ids of a VM's managed disks, that of the operating system first."""
    storage = properties(virtual_machine).get("storageProfile") or {}
    disks = [storage.get("osDisk") or {}, *(storage.get("dataDisks") or [])]
    return [disk["managedDisk"]["id"] for disk in disks if (disk.get("managedDisk") or {}).get("id")]
