"""What a resource group already holds of a new VM: such parts are referenced, never declared again.

To declare a virtual network again would overwrite its subnets; New-AzVM reuses what is there by name, and so do we.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azjobs.commands.rules.names import normal_location
from azjobs.commands.virtual_machine import resources
from azjobs.commands.virtual_machine.resources import properties, same
from azjobs.commands.virtual_machine.specification import DEFAULT_LOCATION, Specification
from azjobs.errors import InvalidArgument

if TYPE_CHECKING:
    from azjobs.operations.arm import Arm

Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """The bodies of what is there already; None is what has to be made.

    Attributes:
        group: the resource group.
        virtual_machine: the VM itself.
        network_interface: with it, nothing else is needed.
        virtual_network: the virtual network, with its subnets.
        public_ip: the public IP address.
        security_group: the network security group.
    """

    group: Body | None = None
    virtual_machine: Body | None = None
    network_interface: Body | None = None
    virtual_network: Body | None = None
    public_ip: Body | None = None
    security_group: Body | None = None

    def subnet(self, name: str) -> Body | None:
        """Return the body of the virtual network's subnet of that name."""
        for subnet in properties(self.virtual_network).get("subnets") or []:
            if same(subnet.get("name", ""), name):
                return dict(subnet)
        return None

    @property
    def dependencies(self) -> list[tuple[str, Body]]:
        """The parts that are there and that a VM must share its region with, as (noun, body)."""
        if self.network_interface is not None:
            return [("network interface", self.network_interface)]
        found = [
            ("virtual network", self.virtual_network),
            ("public IP address", self.public_ip),
            ("network security group", self.security_group),
        ]
        return [(noun, body) for noun, body in found if body is not None]


def choose_location(specification: Specification, surroundings: Surroundings) -> str:
    """Return the region of the VM: the one asked for, else that of a part that is there, else the group's, else eastus.

    Raises:
        InvalidArgument: a part that is there lies in another region, where Azure could not use it.
    """
    located = [(noun, body, normal_location(body["location"])) for noun, body in surroundings.dependencies]
    if specification.location is not None:
        location = specification.location
    elif located:
        location = located[0][2]
    elif surroundings.group is not None:
        location = normal_location(surroundings.group["location"])
    else:
        location = DEFAULT_LOCATION
    for noun, body, place in located:
        if place != location:
            raise InvalidArgument(
                f"The {noun} '{body['name']}' in the resource group '{specification.resource_group}' is in "
                f"{place}, and a VM in "
                f"{location} cannot use it; give location='{place}' or another name for the {noun}."
            )
    return location


async def look(arm: Arm, subscription: str, specification: Specification) -> Surroundings:
    """Ask Azure what is there: one request where the group is missing, else one more for each part, side by side.

    The parts are asked for by name: the list of a group's resources lags behind by seconds, and what it does not show
    yet would be declared again.
    """
    path = resources.group_path(subscription, specification.resource_group)
    group = await arm.get(path, api_version=resources.RESOURCES, missing_ok=True)
    if group is None:
        return Surroundings()
    wanted = _wanted(specification)
    bodies = await asyncio.gather(
        *(
            arm.get(f"{path}/providers/{kind}/{name}", api_version=api_version, missing_ok=True)
            for kind, name, api_version in wanted.values()
        )
    )
    found = dict(zip(wanted, bodies, strict=True))
    if found["virtual_machine"] is not None:
        return Surroundings(group=group, virtual_machine=found["virtual_machine"])
    if found["network_interface"] is not None:
        return Surroundings(group=group, network_interface=found["network_interface"])
    return Surroundings(group=group, **found)


async def find_domain_name(arm: Arm, virtual_machine: Body) -> str | None:
    """Return the fully qualified domain name of the public IP address of a VM's first network interface."""
    for interface_id in resources.interface_ids(virtual_machine)[:1]:
        interface = await arm.get(interface_id, api_version=resources.NETWORK, missing_ok=True)
        return await find_interface_domain_name(arm, interface)
    return None


async def find_interface_domain_name(arm: Arm, interface: Body | None) -> str | None:
    """Return the fully qualified domain name of the public IP address of a network interface."""
    for address_id in public_address_ids(interface):
        address = await arm.get(address_id, api_version=resources.NETWORK, missing_ok=True)
        name = (properties(address).get("dnsSettings") or {}).get("fqdn")
        if name:
            return str(name)
    return None


def public_address_ids(interface: Body | None) -> list[str]:
    """Return the ids of the public IP addresses of a network interface, that of its primary configuration first."""
    configurations = [
        properties(configuration) for configuration in properties(interface).get("ipConfigurations") or []
    ]
    configurations.sort(key=lambda configuration: not configuration.get("primary", False))
    addresses = [configuration.get("publicIPAddress") or {} for configuration in configurations]
    return [address["id"] for address in addresses if address.get("id")]


def _wanted(specification: Specification) -> dict[str, tuple[str, str, str]]:
    parts = specification.parts
    wanted = {
        "virtual_machine": (resources.VIRTUAL_MACHINES, specification.name, resources.COMPUTE),
        "network_interface": (resources.NETWORK_INTERFACES, parts.network_interface, resources.NETWORK),
        "virtual_network": (resources.VIRTUAL_NETWORKS, parts.virtual_network, resources.NETWORK),
        "security_group": (resources.NETWORK_SECURITY_GROUPS, parts.security_group, resources.NETWORK),
    }
    if specification.public_ip:
        wanted["public_ip"] = (resources.PUBLIC_IP_ADDRESSES, parts.public_ip, resources.NETWORK)
    return wanted
