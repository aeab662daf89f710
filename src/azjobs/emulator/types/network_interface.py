"""Network interfaces: addresses from their subnets, and the machines that they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_address, ip_network
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_object, as_text, reference
from azjobs.emulator.errors import invalid_reference, network_error, referenced_resource_not_provisioned
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.types import network_actions
from azjobs.emulator.types.network import NetworkType, child_documents, require_reference
from azjobs.emulator.types.network_security_group import NETWORK_SECURITY_GROUP
from azjobs.emulator.types.public_ip import PUBLIC_IP, ip_configuration_with
from azjobs.emulator.types.resource import Handler
from azjobs.emulator.types.virtual_network import VIRTUAL_NETWORK, ip_configurations_in, subnet_prefixes

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

NETWORK_INTERFACE = "Microsoft.Network/networkInterfaces"
_RESERVED_ADDRESSES = 4
"""Azure keeps the first addresses of each subnet for itself."""


class NetworkInterface(NetworkType):
    """`Microsoft.Network/networkInterfaces`."""

    type = NETWORK_INTERFACE
    children: ClassVar = ("ipConfigurations",)

    @override
    def special(self, method: str, tail: str) -> Handler | None:
        if method == "POST" and network_actions.has_action(self.type, tail.lower()):
            return lambda call: network_actions.act(call, self.require(call), tail.lower())
        return super().special(method, tail)

    @override
    def kind(self, call: Call, verb: str, document: JSON) -> str:
        attached = verb == "update" and machine_of(call.azure, document["id"]) is not None
        return f"{self.type}/{'attached' if attached else verb}"

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        properties = document["properties"]
        configurations = child_documents(call, document["id"], self.type, properties, "ipConfigurations")
        if not configurations:
            raise network_error(
                400,
                "NetworkInterfaceMustHaveAtLeastOneIpConfiguration",
                f"Network interface {document['id']} must have at least one IP configuration.",
            )
        for configuration in configurations:
            method = as_text(configuration["properties"].get("privateIPAllocationMethod"), "privateIPAllocationMethod")
            if method not in (None, "Dynamic", "Static"):
                raise network_error(
                    400, "InvalidRequestFormat", f"Cannot parse the request: '{method}' is no allocation method."
                )
        properties["ipConfigurations"] = configurations
        as_object(properties.get("dnsSettings"), "properties.dnsSettings")

    @override
    def check_references(self, call: Call, document: JSON, existing: Resource | None) -> None:
        properties, location = document["properties"], document.get("location")
        for configuration in properties["ipConfigurations"]:
            _check_configuration(call, configuration, location)
        group = reference(properties.get("networkSecurityGroup"), "properties.networkSecurityGroup")
        if group:
            require_reference(call, group, NETWORK_SECURITY_GROUP, location=location)

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        configurations = resource.properties["ipConfigurations"]
        former = resource.attributes.get("addresses", {})
        chosen: dict[str, str] = {}
        for position, configuration in enumerate(configurations):
            _allocate(call, configuration, former, chosen, primary=position == 0)
            chosen[configuration["properties"]["privateIPAddress"]] = configuration["id"]
        resource.attributes["addresses"] = {
            configuration["name"].lower(): [
                configuration["properties"]["subnet"]["id"].lower(),
                configuration["properties"]["privateIPAddress"],
            ]
            for configuration in configurations
        }
        super().prepare(call, resource, existing)

    @override
    def complete(self, call: Call, resource: Resource) -> None:
        properties = resource.properties
        settings = as_object(properties.get("dnsSettings"), "properties.dnsSettings")
        properties["dnsSettings"] = {
            "dnsServers": [],
            "appliedDnsServers": [],
            **settings,
            "internalDomainNameSuffix": _domain_suffix(properties["ipConfigurations"][0]),
        }
        for name, default in _DEFAULTS.items():
            properties.setdefault(name, default)
        properties.pop("virtualMachine", None)

    @override
    def check_delete(self, azure: Azure, resource: Resource) -> None:
        machine = machine_of(azure, resource.id)
        if machine is not None:
            raise network_error(
                400,
                "NicInUse",
                f"Network Interface {resource.id} is used by existing resource {machine.id}. In order to delete the "
                "network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
            )

    @override
    def show(self, azure: Azure, resource: Resource) -> JSON:
        machine = machine_of(azure, resource.id)
        if machine is None:
            return resource.document
        properties = {**resource.properties, "virtualMachine": {"id": machine.id}}
        if machine.attributes.get("power") is not None:
            properties.update(macAddress=_mac_address(resource), primary=True)
        return {**resource.document, "properties": properties}


_DEFAULTS: dict[str, object] = {
    "enableAcceleratedNetworking": False,
    "vnetEncryptionSupported": False,
    "enableIPForwarding": False,
    "disableTcpStateTracking": False,
    "hostedWorkloads": [],
    "tapConfigurations": [],
    "nicType": "Standard",
    "auxiliaryMode": "None",
    "auxiliarySku": "None",
}


def machine_of(azure: Azure, nic_id: str) -> Resource | None:
    """The virtual machine that a network interface belongs to."""
    for user in azure.store.referrers(nic_id):
        if user.type == "Microsoft.Compute/virtualMachines":
            return user
    return None


def _check_configuration(call: Call, configuration: JSON, location: str | None) -> None:
    properties = configuration["properties"]
    subnet_id = reference(properties.get("subnet"), "subnet")
    if not subnet_id:
        raise network_error(
            400,
            "SubnetIsRequired",
            f"Subnet reference is required for ipconfiguration {configuration['id']}.",
        )
    _subnet(call, subnet_id, location)
    address_id = reference(properties.get("publicIPAddress"), "publicIPAddress")
    if not address_id:
        return
    require_reference(call, address_id, PUBLIC_IP, location=location)
    user = ip_configuration_with(call.azure, address_id)
    if user is not None and user["id"].lower() != configuration["id"].lower():
        raise network_error(
            400,
            "PublicIPAddressInUse",
            f"Resource {configuration['id']} is referencing public IP address {address_id} that is already allocated "
            f"to resource {user['id']}.",
        )


def _subnet(call: Call, subnet_id: str, location: str | None = None) -> JSON:
    network_id, _, name = subnet_id.rpartition("/subnets/")
    if not network_id:
        raise invalid_reference(subnet_id, call.path.id)
    network = require_reference(call, network_id, VIRTUAL_NETWORK, location=location)
    for subnet in network.properties.get("subnets") or ():
        if subnet["name"].lower() == name.lower():
            if subnet["properties"].get("provisioningState") == "Deleting":
                raise referenced_resource_not_provisioned(subnet_id, call.path.id, "Deleting")
            found: JSON = subnet
            return found
    raise invalid_reference(subnet_id, call.path.id)


def _allocate(call: Call, configuration: JSON, former: JSON, chosen: dict[str, str], *, primary: bool) -> None:
    """Give an IP configuration its private address: the one it asks for, the one it had, or the first that is free.

    Args:
        call: The write of the interface.
        configuration: The IP configuration; changed in place.
        former: Subnet and address that the interface's configurations had, by their names.
        chosen: The addresses that its other configurations got just now, with their ids.
        primary: Whether it is the interface's first.
    """
    properties = configuration["properties"]
    subnet = _subnet(call, properties["subnet"]["id"])
    taken = chosen | {
        other["properties"].get("privateIPAddress"): other["id"]
        for other in ip_configurations_in(call.azure, subnet["id"])
        if not other["id"].lower().startswith(call.path.key + "/")
    }
    method = properties.setdefault("privateIPAllocationMethod", "Dynamic")
    wanted = as_text(properties.get("privateIPAddress"), "privateIPAddress") if method == "Static" else None
    address: str | None
    if wanted:
        _check_static(wanted, subnet, taken)
        address = wanted
    else:
        had_subnet, had_address = former.get(configuration["name"].lower(), (None, None))
        keeps = had_subnet == subnet["id"].lower() and had_address not in taken
        address = had_address if keeps else next((free for free in _hosts(subnet) if free not in taken), None)
    if address is None:
        raise network_error(
            400,
            "SubnetIsFull",
            f"Subnet {subnet['name']} with address prefix {','.join(subnet_prefixes(subnet))} does not have enough "
            "capacity for 1 IP addresses.",
        )
    properties["privateIPAddress"] = address
    properties.setdefault("primary", primary)
    properties.setdefault("privateIPAddressVersion", "IPv4")


def _check_static(address: str, subnet: JSON, taken: dict[str, str]) -> None:
    networks = [ip_network(prefix) for prefix in subnet_prefixes(subnet)]
    try:
        inside = any(ip_address(address) in network for network in networks)
    except ValueError:
        inside = False
    if not inside:
        raise network_error(
            400,
            "PrivateIPAddressNotInSubnet",
            f"Private static IP address {address} does not belong to the range of subnet prefix "
            f"{','.join(subnet_prefixes(subnet))}.",
        )
    if address in taken:
        raise network_error(
            400,
            "PrivateIPAddressIsAllocated",
            f"IP configuration {taken[address]} is already using the private IP address {address}.",
        )


def _hosts(subnet: JSON) -> Iterator[str]:
    for prefix in subnet_prefixes(subnet):
        network = ip_network(prefix)
        if isinstance(network, IPv4Network):
            first, last = int(network.network_address) + _RESERVED_ADDRESSES, int(network.broadcast_address)
            for number in range(first, last):
                yield str(ip_address(number))


def _domain_suffix(configuration: JSON) -> str:
    network = configuration["properties"]["subnet"]["id"].lower().partition("/subnets/")[0]
    digest = hashlib.sha256(network.encode()).hexdigest()
    return f"{digest[:26]}.bx.internal.cloudapp.net"


def _mac_address(resource: Resource) -> str:
    digest = hashlib.sha256(resource.key.encode()).hexdigest().upper()
    return "-".join(("00", "0D", "3A", digest[:2], digest[2:4], digest[4:6]))


TYPES = (NetworkInterface(),)
