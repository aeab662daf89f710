"""Network security groups and their rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_integer, as_text, as_texts
from azjobs.emulator.errors import in_use_by, network_error
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.types.network import ChildType, NetworkType, child_documents

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

NETWORK_SECURITY_GROUP = "Microsoft.Network/networkSecurityGroups"
_PORTS = re.compile(r"\*|(\d{1,5})(?:-(\d{1,5}))?")
_PLURALS = ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")
_VNET, _ANY = "VirtualNetwork", "*"
_DEFAULT_RULES = (
    ("AllowVnetInBound", "Inbound", "Allow", 65000, _VNET, _VNET),
    ("AllowAzureLoadBalancerInBound", "Inbound", "Allow", 65001, "AzureLoadBalancer", _ANY),
    ("DenyAllInBound", "Inbound", "Deny", 65500, _ANY, _ANY),
    ("AllowVnetOutBound", "Outbound", "Allow", 65000, _VNET, _VNET),
    ("AllowInternetOutBound", "Outbound", "Allow", 65001, _ANY, "Internet"),
    ("DenyAllOutBound", "Outbound", "Deny", 65500, _ANY, _ANY),
)
_DESCRIPTIONS = {
    "AllowVnetInBound": "Allow inbound traffic from all VMs in VNET",
    "AllowAzureLoadBalancerInBound": "Allow inbound traffic from azure load balancer",
    "DenyAllInBound": "Deny all inbound traffic",
    "AllowVnetOutBound": "Allow outbound traffic from all VMs to all VMs in VNET",
    "AllowInternetOutBound": "Allow outbound traffic from all VMs to Internet",
    "DenyAllOutBound": "Deny all outbound traffic",
}


class NetworkSecurityGroup(NetworkType):
    """`Microsoft.Network/networkSecurityGroups`, with their rules in the body."""

    type = NETWORK_SECURITY_GROUP
    children: ClassVar = ("securityRules", "defaultSecurityRules")

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        properties = document["properties"]
        rules = child_documents(call, document["id"], self.type, properties, "securityRules")
        _check_rules(rules)
        properties["securityRules"] = [_completed(rule) for rule in rules]

    @override
    def complete(self, call: Call, resource: Resource) -> None:
        resource.properties["defaultSecurityRules"] = [_default_rule(resource.id, rule) for rule in _DEFAULT_RULES]

    @override
    def check_delete(self, azure: Azure, resource: Resource) -> None:
        users = [user["id"] for users in self._users(azure, resource) for user in users]
        if users:
            raise network_error(
                400,
                "InUseNetworkSecurityGroupCannotBeDeleted",
                f"Network security group {resource.id} cannot be deleted because it is in use by the following "
                f"resources: {in_use_by(users)}. In order to delete the Network security group, remove the "
                "association with the resource(s). To learn how to do this, see aka.ms/deletensg.",
            )

    @override
    def show(self, azure: Azure, resource: Resource) -> JSON:
        nics, subnets = self._users(azure, resource)
        properties = dict(resource.properties)
        if nics:
            properties["networkInterfaces"] = nics
        if subnets:
            properties["subnets"] = subnets
        return {**resource.document, "properties": properties}

    @staticmethod
    def _users(azure: Azure, resource: Resource) -> tuple[list[JSON], list[JSON]]:
        """The network interfaces and the subnets that a group guards."""
        nics: list[JSON] = []
        subnets: list[JSON] = []
        for user in azure.store.referrers(resource.id):
            if _guards(user.properties, resource):
                nics.append({"id": user.id})
            subnets.extend(
                {"id": subnet["id"]}
                for subnet in user.properties.get("subnets") or ()
                if _guards(subnet.get("properties") or {}, resource)
            )
        return nics, subnets


def _guards(properties: JSON, group: Resource) -> bool:
    named = properties.get("networkSecurityGroup")
    return isinstance(named, dict) and str(named.get("id", "")).lower() == group.key


class SecurityRule(ChildType):
    """`Microsoft.Network/networkSecurityGroups/securityRules`."""

    type = f"{NETWORK_SECURITY_GROUP}/securityRules"
    parent_type = NETWORK_SECURITY_GROUP
    property_name = "securityRules"

    @override
    def replace(self, call: Call, owner: NetworkType, parent: Resource, properties: JSON) -> None:
        document = {**parent.document, "properties": properties}
        at_parent = Call(azure=call.azure, request=call.request, path=call.path.parent, internal=call.internal)
        owner.check(at_parent, document, parent)
        parent.document = document


def _check_rules(rules: list[JSON]) -> None:
    taken: dict[tuple[str, int], str] = {}
    for rule in rules:
        properties, name = rule["properties"], rule["name"]
        for member, allowed in _CHOICES.items():
            value = as_text(properties.get(member), member)
            if value is None or value.lower() not in allowed:
                raise network_error(
                    400,
                    f"SecurityRuleInvalid{member[0].upper()}{member[1:]}",
                    f"Security rule {name} has an invalid {member}. Value provided: {value}. "
                    f"Allowed values: {', '.join(allowed.values())}.",
                )
        priority = as_integer(properties.get("priority"), "priority")
        if priority is None or not 100 <= priority <= 4096:
            raise network_error(
                400,
                "SecurityRuleInvalidPriority",
                f"Security rule has invalid Priority. Value provided: {priority} Allowed range 100-4096.",
            )
        _check_ports(name, properties)
        key = (properties["direction"].lower(), priority)
        if key in taken:
            raise network_error(
                400,
                "SecurityRuleConflict",
                f"Security rule {taken[key]} conflicts with rule {name}. Rules cannot have the same Priority and "
                "Direction. To learn more, see aka.ms/nsgrules.",
            )
        taken[key] = name


_CHOICES: dict[str, dict[str, str]] = {
    "protocol": {name.lower(): name for name in ("Tcp", "Udp", "Icmp", "Esp", "Ah", "*")},
    "access": {name.lower(): name for name in ("Allow", "Deny")},
    "direction": {name.lower(): name for name in ("Inbound", "Outbound")},
}


def _check_ports(name: str, properties: JSON) -> None:
    for side in ("source", "destination"):
        single = as_text(properties.get(f"{side}PortRange"), f"{side}PortRange")
        ranges = [single] if single else as_texts(properties.get(f"{side}PortRanges"), f"{side}PortRanges")
        if not ranges:
            raise network_error(400, "SecurityRuleInvalidPortRange", f"Security rule {name} has no {side} port range.")
        for text in ranges:
            found = _PORTS.fullmatch(text)
            bounds = [int(bound) for bound in found.groups() if bound] if found else [-1]
            if any(not 0 <= bound <= 65535 for bound in bounds) or bounds != sorted(bounds):
                raise network_error(
                    400,
                    "SecurityRuleInvalidPortRange",
                    f"Security rule has invalid Port range. Value provided: {text}. Value should be an integer OR "
                    "integer range with '-' delimiter. Valid range 0-65535.",
                )


def _completed(rule: JSON) -> JSON:
    properties = rule["properties"]
    for member, allowed in _CHOICES.items():
        properties[member] = allowed[properties[member].lower()]
    properties["priority"] = as_integer(properties["priority"], "priority")
    for name in _PLURALS:
        properties.setdefault(name, [])
    return rule


def _default_rule(group_id: str, rule: tuple[str, str, str, int, str, str]) -> JSON:
    name, direction, access, priority, source, destination = rule
    return {
        "name": name,
        "id": f"{group_id}/defaultSecurityRules/{name}",
        "type": f"{NETWORK_SECURITY_GROUP}/defaultSecurityRules",
        "properties": {
            "provisioningState": "Updating",
            "description": _DESCRIPTIONS[name],
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": destination,
            "access": access,
            "priority": priority,
            "direction": direction,
            "sourcePortRanges": [],
            "destinationPortRanges": [],
            "sourceAddressPrefixes": [],
            "destinationAddressPrefixes": [],
        },
    }


TYPES = (NetworkSecurityGroup(), SecurityRule())
