"""Public IP addresses and their DNS names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_object, as_text
from azjobs.emulator.errors import ArmError, entity_not_found, network_error
from azjobs.emulator.locations import LOCATIONS, normalize
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types.network import NetworkType
from azjobs.emulator.types.resource import ReadOnlyType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

PUBLIC_IP = "Microsoft.Network/publicIPAddresses"
_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
_LABEL_RULE = "^[a-z][a-z0-9-]{1,61}[a-z0-9]$"
_DOMAIN = "cloudapp.azure.com"
_FIRST_ADDRESS = (20 << 24) + (40 << 16)
_ADDRESSES = 1 << 22


class PublicIp(NetworkType):
    """`Microsoft.Network/publicIPAddresses`."""

    type = PUBLIC_IP

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        properties = document["properties"]
        for name, allowed in _CHOICES.items():
            value = as_text(properties.get(name), f"properties.{name}")
            if value is not None and value not in allowed:
                raise network_error(
                    400, "InvalidRequestFormat", f"Cannot parse the request: '{value}' is no value of '{name}'."
                )
        label = _label(properties)
        if label is not None and not _LABEL.fullmatch(label):
            raise network_error(
                400,
                "InvalidDomainNameLabel",
                f"The domain name label {label} is invalid. It must conform to the following regular expression: "
                f"{_LABEL_RULE}.",
            )
        as_object(document.get("sku"), "sku")
        as_object(properties.get("ddosSettings"), "properties.ddosSettings")

    @override
    def check_references(self, call: Call, document: JSON, existing: Resource | None) -> None:
        label = _label(document["properties"])
        holder = holder_of(call.azure, label, document.get("location", "")) if label else None
        if holder is not None and holder is not existing:
            raise network_error(
                400,
                "DnsRecordInUse",
                f"DNS record {label}.{document.get('location')}.{_DOMAIN} is already used by another public IP.",
            )

    @override
    def complete(self, call: Call, resource: Resource) -> None:
        document, properties = resource.document, resource.properties
        sku = {"name": "Basic", **(document.get("sku") or {})}
        document["sku"] = {"tier": "Regional", **sku}
        properties.setdefault("publicIPAddressVersion", "IPv4")
        properties.setdefault("publicIPAllocationMethod", "Dynamic" if sku["name"] == "Basic" else "Static")
        properties.setdefault("idleTimeoutInMinutes", 4)
        label = _label(properties)
        if label is not None:
            fqdn = f"{label}.{resource.location}.{_DOMAIN}"
            properties["dnsSettings"] = {**properties["dnsSettings"], "domainNameLabel": label, "fqdn": fqdn}
        properties.setdefault("ipTags", [])
        properties.pop("ipAddress", None)
        properties.pop("ipConfiguration", None)
        resource.attributes.setdefault("address", _free_address(call.azure))

    @override
    def check_delete(self, azure: Azure, resource: Resource) -> None:
        user = ip_configuration_with(azure, resource.id)
        if user is not None:
            raise network_error(
                400,
                "PublicIPAddressCannotBeDeleted",
                f"Public IP address {resource.id} can not be deleted since it is still allocated to resource "
                f"{user['id']}. In order to delete the public IP, disassociate/detach the Public IP address from the "
                "resource.  To learn how to do this, see aka.ms/deletepublicip.",
            )

    @override
    def show(self, azure: Azure, resource: Resource) -> JSON:
        properties = dict(resource.properties)
        user = ip_configuration_with(azure, resource.id)
        if user is not None:
            properties["ipConfiguration"] = {"id": user["id"]}
        if resource.state != "Updating" and _has_address(azure, properties, user):
            properties["ipAddress"] = resource.attributes["address"]
        return {**resource.document, "properties": properties}


_CHOICES = {
    "publicIPAllocationMethod": ("Static", "Dynamic"),
    "publicIPAddressVersion": ("IPv4", "IPv6"),
}


def _label(properties: JSON) -> str | None:
    settings = as_object(properties.get("dnsSettings"), "properties.dnsSettings")
    return as_text(settings.get("domainNameLabel"), "properties.dnsSettings.domainNameLabel") or None


def holder_of(azure: Azure, label: str, location: str) -> Resource | None:
    """The public IP address that holds a DNS label in a region."""
    for resource in azure.store.of_type(PUBLIC_IP):
        settings = resource.properties.get("dnsSettings") or {}
        if settings.get("domainNameLabel") == label and resource.location == location:
            return resource
    return None


def ip_configuration_with(azure: Azure, address_id: str) -> JSON | None:
    """The IP configuration that a public IP address is attached to."""
    key = address_id.lower()
    for nic in azure.store.referrers(address_id):
        for configuration in nic.properties.get("ipConfigurations") or ():
            named = (configuration.get("properties") or {}).get("publicIPAddress") or {}
            if str(named.get("id", "")).lower() == key:
                found: JSON = configuration
                return found
    return None


def _has_address(azure: Azure, properties: JSON, user: JSON | None) -> bool:
    """A static address is there at once; a dynamic one while a running machine has it."""
    if properties.get("publicIPAllocationMethod") == "Static":
        return True
    if user is None:
        return False
    nic_id = user["id"].rpartition("/ipConfigurations/")[0]
    machines = (
        machine
        for machine in azure.store.referrers(nic_id)
        if machine.type.lower() == "microsoft.compute/virtualmachines"
    )
    return any(machine.attributes.get("power") not in (None, "deallocated") for machine in machines)


def _free_address(azure: Azure) -> str:
    taken = {resource.attributes.get("address") for resource in azure.store.of_type(PUBLIC_IP)}
    while True:
        number = _FIRST_ADDRESS + azure.pick(_ADDRESSES)
        address = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
        if address not in taken and not address.endswith((".0", ".255")):
            return address


class DnsNameAvailability(ReadOnlyType):
    """`GET …/Microsoft.Network/locations/{location}/CheckDnsNameAvailability?domainNameLabel=`."""

    type = "Microsoft.Network/locations/CheckDnsNameAvailability"

    @override
    def list(self, call: Call) -> Response:
        location = normalize(call.path.parent.name)
        label = call.request.query.get("domainnamelabel", "")
        if location not in LOCATIONS:
            raise entity_not_found()
        if not label:
            raise ArmError(400, "InvalidRequestFormat", "Cannot parse the request: 'domainNameLabel' is missing.")
        free = bool(_LABEL.fullmatch(label)) and holder_of(call.azure, label, location) is None
        return Response.of(200, {"available": free})


TYPES = (PublicIp(), DnsNameAvailability())
