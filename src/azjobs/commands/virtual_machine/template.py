"""The ARM template that makes a VM and what it hangs on: one deployment. Pure.

Defaults are New-AzVM's of today; each is named where it is set. Parts that are there already are referenced by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azjobs.commands.rules import addresses
from azjobs.commands.rules.ports import OpenPort
from azjobs.commands.virtual_machine import resources
from azjobs.commands.virtual_machine.resources import properties
from azjobs.commands.virtual_machine.specification import Specification
from azjobs.commands.virtual_machine.surroundings import Surroundings
from azjobs.errors import InvalidArgument

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
DOMAIN_NAME_OUTPUT = "fullyQualifiedDomainName"
PASSWORD_PARAMETER = "adminPassword"

Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Blueprint:
    """What the template is made from, decided.

    Attributes:
        specification: what the VM shall be; its operating system is known.
        surroundings: what is there already.
        location: the region.
        label: the DNS label of a new public IP address; None where none is made.
    """

    specification: Specification
    surroundings: Surroundings
    location: str
    label: str | None


def deployment(blueprint: Blueprint) -> dict[str, Any]:
    """Return the body of the deployment: template and parameters; a password is a secureString parameter."""
    password = blueprint.specification.login.password
    template: dict[str, Any] = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {} if password is None else {PASSWORD_PARAMETER: {"type": "secureString"}},
        "resources": declared(blueprint),
        "outputs": _outputs(blueprint),
    }
    parameters = {} if password is None else {PASSWORD_PARAMETER: {"value": password}}
    return {"properties": {"mode": "Incremental", "template": template, "parameters": parameters}}


def declared(blueprint: Blueprint) -> list[Resource]:
    """Return the resources that the template declares: what is not there yet, the VM last."""
    surroundings, specification = blueprint.surroundings, blueprint.specification
    made: list[Resource] = []
    if surroundings.network_interface is None:
        if surroundings.virtual_network is None:
            made.append(_virtual_network(blueprint))
        elif surroundings.subnet(specification.parts.subnet) is None:
            made.append(_subnet(blueprint))
        if specification.public_ip and surroundings.public_ip is None:
            made.append(_public_ip(blueprint))
        if surroundings.security_group is None:
            made.append(_security_group(blueprint))
        made.append(_network_interface(blueprint, [_id(resource) for resource in made]))
    made.append(_virtual_machine(blueprint, [_id(resource) for resource in made[-1:]]))
    return made


def _virtual_network(blueprint: Blueprint) -> Resource:
    specification = blueprint.specification
    addresses.check_within(specification.address_prefix, specification.subnet_address_prefix)
    return _resource(
        blueprint,
        resources.VIRTUAL_NETWORKS,
        specification.parts.virtual_network,
        {
            "addressSpace": {"addressPrefixes": [specification.address_prefix]},
            "subnets": [
                {
                    "name": specification.parts.subnet,
                    "properties": {"addressPrefix": specification.subnet_address_prefix},
                }
            ],
        },
    )


def _subnet(blueprint: Blueprint) -> Resource:
    """Return a further subnet of a virtual network that is there: as its child, so that its others stay as they are."""
    specification, network = blueprint.specification, blueprint.surroundings.virtual_network or {}
    return {
        "type": f"{resources.VIRTUAL_NETWORKS}/subnets",
        "apiVersion": resources.NETWORK,
        "name": f"{network['name']}/{specification.parts.subnet}",
        "properties": {"addressPrefix": _subnet_range(specification, network)},
    }


def _subnet_range(specification: Specification, network: Mapping[str, Any]) -> str:
    wanted = specification.subnet_address_prefix
    if specification.subnet_given:
        return wanted
    spaces = (properties(network).get("addressSpace") or {}).get("addressPrefixes") or []
    free = addresses.free_subnet(spaces, _taken(network), wanted)
    if free is None:
        raise InvalidArgument(
            f"The virtual network '{network['name']}' has no free range for the subnet '{specification.parts.subnet}'; "
            "give subnet_name of one that it has, or another virtual_network_name."
        )
    return free


def _taken(network: Mapping[str, Any]) -> list[str]:
    taken: list[str] = []
    for subnet in properties(network).get("subnets") or []:
        inner = properties(subnet)
        taken.extend(inner.get("addressPrefixes") or [inner["addressPrefix"]] if inner else [])
    return taken


def _public_ip(blueprint: Blueprint) -> Resource:
    # Standard and static, as New-AzVM since Az 13: Azure retired the Basic kind.
    resource = _resource(
        blueprint,
        resources.PUBLIC_IP_ADDRESSES,
        blueprint.specification.parts.public_ip,
        {
            "publicIPAllocationMethod": "Static",
            "publicIPAddressVersion": "IPv4",
            "dnsSettings": {"domainNameLabel": blueprint.label},
        },
    )
    resource["sku"] = {"name": "Standard"}
    return _zoned(resource, blueprint)


def _security_group(blueprint: Blueprint) -> Resource:
    name = blueprint.specification.parts.security_group
    rules = [_rule(name, port) for port in blueprint.specification.open_ports()]
    return _resource(blueprint, resources.NETWORK_SECURITY_GROUPS, name, {"securityRules": rules})


def _rule(group: str, port: OpenPort) -> dict[str, Any]:
    """Return a rule as New-AzVM writes it: named by group and port, TCP, inbound, priority from 1000."""
    source: dict[str, Any] = (
        {"sourceAddressPrefix": port.sources[0]}
        if len(port.sources) == 1
        else {"sourceAddressPrefixes": list(port.sources)}
    )
    return {
        "name": f"{group[: 80 - len(port.name)]}{port.name}",
        "properties": {
            "protocol": "Tcp",
            "sourcePortRange": "*",
            "destinationPortRange": port.port,
            **source,
            "destinationAddressPrefix": "*",
            "access": "Allow",
            "priority": port.priority,
            "direction": "Inbound",
        },
    }


def _network_interface(blueprint: Blueprint, depends_on: list[str]) -> Resource:
    specification, surroundings = blueprint.specification, blueprint.surroundings
    parts = specification.parts
    network = surroundings.virtual_network
    subnet = surroundings.subnet(parts.subnet)
    network_name = parts.virtual_network if network is None else network["name"]
    subnet_id = (
        _reference(f"{resources.VIRTUAL_NETWORKS}/subnets", network_name, parts.subnet)
        if subnet is None
        else subnet["id"]
    )
    configuration: dict[str, Any] = {
        "primary": True,
        "privateIPAllocationMethod": "Dynamic",
        "subnet": {"id": subnet_id},
    }
    if specification.public_ip:
        configuration["publicIPAddress"] = {
            "id": _existing_or(surroundings.public_ip, resources.PUBLIC_IP_ADDRESSES, parts.public_ip)
        }
    security_group = _existing_or(surroundings.security_group, resources.NETWORK_SECURITY_GROUPS, parts.security_group)
    return _resource(
        blueprint,
        resources.NETWORK_INTERFACES,
        parts.network_interface,
        {
            "ipConfigurations": [{"name": parts.network_interface, "properties": configuration}],
            "networkSecurityGroup": {"id": security_group},
        },
        depends_on,
    )


def _virtual_machine(blueprint: Blueprint, depends_on: list[str]) -> Resource:
    specification = blueprint.specification
    interface = _existing_or(
        blueprint.surroundings.network_interface, resources.NETWORK_INTERFACES, specification.parts.network_interface
    )
    image = specification.image
    settings: dict[str, Any] = {
        "hardwareProfile": {"vmSize": specification.size},
        "storageProfile": {
            "imageReference": {
                "publisher": image.publisher,
                "offer": image.offer,
                "sku": image.sku,
                "version": image.version,
            },
            "osDisk": {"createOption": "FromImage"},
        },
        "osProfile": _os_profile(specification),
        "networkProfile": {"networkInterfaces": [{"id": interface, "properties": {"primary": True}}]},
    }
    if image.trusted_launch:
        # New-AzVM's default since Az 12 for images that can.
        settings["securityProfile"] = {
            "securityType": "TrustedLaunch",
            "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
        }
    resource = _resource(
        blueprint, resources.VIRTUAL_MACHINES, specification.name, settings, depends_on, resources.COMPUTE
    )
    if image.plan:
        resource["plan"] = dict(image.plan)
    return _zoned(resource, blueprint)


def _os_profile(specification: Specification) -> dict[str, Any]:
    login = specification.login
    profile: dict[str, Any] = {"computerName": specification.name, "adminUsername": login.user}
    if login.password is not None:
        profile["adminPassword"] = f"[parameters('{PASSWORD_PARAMETER}')]"
    if specification.system == "Windows":
        profile["windowsConfiguration"] = {"provisionVMAgent": True, "enableAutomaticUpdates": True}
        return profile
    configuration: dict[str, Any] = {"disablePasswordAuthentication": login.password is None, "provisionVMAgent": True}
    if login.ssh_key is not None:
        path = f"/home/{login.user}/.ssh/authorized_keys"
        configuration["ssh"] = {"publicKeys": [{"path": path, "keyData": login.ssh_key}]}
    profile["linuxConfiguration"] = configuration
    return profile


def _outputs(blueprint: Blueprint) -> dict[str, Any]:
    specification, surroundings = blueprint.specification, blueprint.surroundings
    virtual_machine = f"resourceId('{resources.VIRTUAL_MACHINES}', '{specification.name}')"
    outputs = {"vmId": {"type": "string", "value": f"[reference({virtual_machine}, '{resources.COMPUTE}').vmId]"}}
    if surroundings.network_interface is None and specification.public_ip:
        if surroundings.public_ip is None:
            address = f"resourceId('{resources.PUBLIC_IP_ADDRESSES}', '{specification.parts.public_ip}')"
            value = f"[reference({address}, '{resources.NETWORK}').dnsSettings.fqdn]"
        else:
            # An address that is there may have no DNS settings, which a reference to them would fail on.
            value = (properties(surroundings.public_ip).get("dnsSettings") or {}).get("fqdn") or ""
        outputs[DOMAIN_NAME_OUTPUT] = {"type": "string", "value": value}
    return outputs


def _resource(
    blueprint: Blueprint,
    kind: str,
    name: str,
    settings: dict[str, Any],
    depends_on: list[str] | None = None,
    api_version: str = resources.NETWORK,
) -> Resource:
    resource: Resource = {
        "type": kind,
        "apiVersion": api_version,
        "name": name,
        "location": blueprint.location,
        "properties": settings,
    }
    if depends_on:
        resource["dependsOn"] = depends_on
    if blueprint.specification.tags:
        resource["tags"] = {_literal(key): _literal(value) for key, value in blueprint.specification.tags.items()}
    return resource


def _zoned(resource: Resource, blueprint: Blueprint) -> Resource:
    if blueprint.specification.zone is not None:
        resource["zones"] = [blueprint.specification.zone]
    return resource


def _id(resource: Resource) -> str:
    return _reference(resource["type"], *resource["name"].split("/"))


def _reference(kind: str, *segments: str) -> str:
    # No name that Azure allows for these kinds contains a quote.
    return f"[resourceId('{kind}', {', '.join(repr(segment) for segment in segments)})]"


def _existing_or(body: Mapping[str, Any] | None, kind: str, name: str) -> str:
    return _reference(kind, name) if body is None else str(body["id"])


def _literal(text: str) -> str:
    """Return a text that a template gives back as it is: one that begins with a bracket would be an expression."""
    return f"[{text}" if text.startswith("[") else text
