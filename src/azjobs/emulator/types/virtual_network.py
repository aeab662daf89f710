"""Virtual networks and their subnets."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_object, as_text, as_texts, reference
from azjobs.emulator.errors import network_error
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.types.network import ChildType, NetworkType, child_documents, require_reference

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

Network = IPv4Network | IPv6Network
VIRTUAL_NETWORK = "Microsoft.Network/virtualNetworks"
SUBNET = f"{VIRTUAL_NETWORK}/subnets"
_LAST_WITH_VM_PROTECTION = "2020-09"
_FIRST_WITHOUT_POLICIES = "2022-05-01"
"""From here on, network policies do not hold for private endpoints unless a subnet says so."""


class VirtualNetwork(NetworkType):
    """`Microsoft.Network/virtualNetworks`, with their subnets in the body."""

    type = VIRTUAL_NETWORK
    children: ClassVar = ("subnets", "virtualNetworkPeerings")

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        properties = document["properties"]
        space = as_object(properties.get("addressSpace"), "properties.addressSpace")
        prefixes = as_texts(space.get("addressPrefixes"), "properties.addressSpace.addressPrefixes")
        if not prefixes:
            raise network_error(
                400,
                "InvalidRequestFormat",
                f"Cannot parse the request: virtual network {call.path.name} needs at least one address prefix.",
            )
        networks = [_network(prefix, call.path.name) for prefix in prefixes]
        subnets = child_documents(call, document["id"], self.type, properties, "subnets")
        properties["subnets"] = [_completed(subnet, call.api_version) for subnet in subnets]
        _check_ranges(call.path.full_name, networks, properties["subnets"])

    @override
    def check_references(self, call: Call, document: JSON, existing: Resource | None) -> None:
        location = document.get("location")
        for subnet in document["properties"]["subnets"]:
            group = reference(subnet["properties"].get("networkSecurityGroup"), "networkSecurityGroup")
            if group:
                require_reference(call, group, "Microsoft.Network/networkSecurityGroups", location=location)
        if existing is not None:
            _check_removed_subnets(call.azure, existing, document["properties"]["subnets"])

    @override
    def complete(self, call: Call, resource: Resource) -> None:
        properties = resource.properties
        properties.setdefault("virtualNetworkPeerings", [])
        properties.setdefault("enableDdosProtection", False)
        if call.api_version < _LAST_WITH_VM_PROTECTION:
            properties.setdefault("enableVmProtection", False)

    @override
    def check_delete(self, azure: Azure, resource: Resource) -> None:
        for subnet in resource.properties.get("subnets") or ():
            check_subnet_unused(azure, subnet)

    @override
    def show(self, azure: Azure, resource: Resource) -> JSON:
        properties = dict(resource.properties)
        properties["subnets"] = [show_subnet(azure, subnet) for subnet in properties.get("subnets") or ()]
        return {**resource.document, "properties": properties}


class Subnet(ChildType):
    """`Microsoft.Network/virtualNetworks/subnets`."""

    type = SUBNET
    parent_type = VIRTUAL_NETWORK
    property_name = "subnets"

    @override
    def replace(self, call: Call, owner: NetworkType, parent: Resource, properties: JSON) -> None:
        document = {**parent.document, "properties": properties}
        at_parent = Call(azure=call.azure, request=call.request, path=call.path.parent, internal=call.internal)
        owner.check(at_parent, document, parent)
        owner.check_references(at_parent, document, parent)
        parent.document = document

    @override
    def check_child_delete(self, azure: Azure, child: JSON) -> None:
        check_subnet_unused(azure, child)


def show_subnet(azure: Azure, subnet: JSON) -> JSON:
    """A subnet's body, with the IP configurations that use it."""
    used = ip_configurations_in(azure, subnet["id"])
    properties = {name: value for name, value in subnet["properties"].items() if name != "ipConfigurations"}
    if used:
        properties["ipConfigurations"] = [{"id": configuration["id"]} for configuration in used]
    return {**subnet, "properties": properties}


def ip_configurations_in(azure: Azure, subnet_id: str) -> list[JSON]:
    """The IP configurations of network interfaces that lie in a subnet."""
    key = subnet_id.lower()
    found = []
    for nic in azure.store.referrers(subnet_id):
        for configuration in nic.properties.get("ipConfigurations") or ():
            subnet = (configuration.get("properties") or {}).get("subnet") or {}
            if str(subnet.get("id", "")).lower() == key:
                found.append(configuration)
    return found


def check_subnet_unused(azure: Azure, subnet: JSON) -> None:
    """Refuse to delete a subnet that an IP configuration lies in.

    Raises:
        ArmError: InUseSubnetCannotBeDeleted.
    """
    used = ip_configurations_in(azure, subnet["id"])
    if used:
        raise network_error(
            400,
            "InUseSubnetCannotBeDeleted",
            f"Subnet {subnet['name']} is in use by {used[0]['id']} and cannot be deleted. In order to delete the "
            "subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
        )


def _check_removed_subnets(azure: Azure, existing: Resource, wanted: list[JSON]) -> None:
    kept = {subnet["id"].lower() for subnet in wanted}
    for subnet in existing.properties.get("subnets") or ():
        if subnet["id"].lower() not in kept:
            check_subnet_unused(azure, subnet)


def _completed(subnet: JSON, api_version: str) -> JSON:
    properties = subnet["properties"]
    properties.pop("ipConfigurations", None)
    properties.setdefault("delegations", [])
    default = "Disabled" if api_version >= _FIRST_WITHOUT_POLICIES else "Enabled"
    for name, value in (
        ("privateEndpointNetworkPolicies", default),
        ("privateLinkServiceNetworkPolicies", "Enabled"),
    ):
        given = as_text(properties.setdefault(name, value), name) or value
        properties[name] = given[:1].upper() + given[1:]
    return subnet


def subnet_prefixes(subnet: JSON) -> list[str]:
    """The address prefixes of a subnet, whichever of the two properties names them."""
    properties = subnet["properties"]
    prefix = as_text(properties.get("addressPrefix"), "addressPrefix")
    return [prefix] if prefix else as_texts(properties.get("addressPrefixes"), "addressPrefixes")


def _check_ranges(network_name: str, space: list[Network], subnets: list[JSON]) -> None:
    """Refuse subnets outside the network's space, or over one another."""
    taken: list[Network] = []
    for subnet in subnets:
        prefixes = subnet_prefixes(subnet)
        if not prefixes:
            raise network_error(
                400,
                "InvalidRequestFormat",
                f"Cannot parse the request: subnet {subnet['name']} needs an address prefix.",
            )
        for prefix in prefixes:
            network = _network(prefix, subnet["name"])
            if not any(_contains(outer, network) for outer in space):
                raise network_error(
                    400,
                    "NetcfgInvalidSubnet",
                    f"Subnet '{subnet['name']}' is not valid because its IP address range is outside the IP address "
                    f"range of virtual network '{network_name}'.",
                )
            if any(network.version == other.version and network.overlaps(other) for other in taken):
                raise network_error(
                    400,
                    "NetcfgSubnetRangesOverlap",
                    f"Subnet '{subnet['name']}' is not valid because its IP address range overlaps with that of an "
                    f"existing subnet in virtual network '{network_name}'.",
                )
            taken.append(network)


def _contains(outer: Network, inner: Network) -> bool:
    if isinstance(outer, IPv4Network) and isinstance(inner, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and isinstance(inner, IPv6Network) and inner.subnet_of(outer)


def _network(prefix: str, owner: str) -> Network:
    try:
        return ip_network(prefix)
    except ValueError:
        raise network_error(
            400, "InvalidCIDRNotation", f"The address prefix {prefix} for resource {owner} is not formatted correctly."
        ) from None


TYPES = (VirtualNetwork(), Subnet())
