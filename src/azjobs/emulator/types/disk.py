"""Managed disks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.documents import as_integer, as_object, as_text
from azjobs.emulator.errors import ArmError, invalid_parameter, missing_parameter
from azjobs.emulator.operations import Operation
from azjobs.emulator.paths import looks_like_resource_id, parse
from azjobs.emulator.polling import accepted_headers
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types.resource import ResourceType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

DISK = "Microsoft.Compute/disks"
GIB = 1024**3
_MAXIMUM_GB = 65_536
_SKUS = {
    "standard_lrs": ("Standard_LRS", "Standard"),
    "premium_lrs": ("Premium_LRS", "Premium"),
    "standardssd_lrs": ("StandardSSD_LRS", "Standard"),
    "premium_zrs": ("Premium_ZRS", "Premium"),
    "standardssd_zrs": ("StandardSSD_ZRS", "Standard"),
    "ultrassd_lrs": ("UltraSSD_LRS", "Ultra"),
    "premiumv2_lrs": ("PremiumV2_LRS", "Premium"),
}


class Disk(ResourceType):
    """`Microsoft.Compute/disks`."""

    type = DISK
    needs_location = True
    specials: ClassVar = {"POST begingetaccess": "begin_get_access", "POST endgetaccess": "end_get_access"}
    name_rule = re.compile(r"\w(?:[\w.-]{0,78}\w)?", re.ASCII)

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        properties = document["properties"]
        creation = as_object(properties.get("creationData"), "properties.creationData")
        option = as_text(creation.get("createOption"), "properties.creationData.createOption")
        if option is None:
            raise missing_parameter("creationData.createOption" if creation else "creationData")
        size = as_integer(properties.get("diskSizeGB"), "properties.diskSizeGB")
        if option == "Empty" and size is None and existing is None:
            raise missing_parameter("diskSizeGB")
        if size is not None and not 1 <= size <= _MAXIMUM_GB:
            raise invalid_parameter(
                f"The value '{size}' of parameter 'diskSizeGB' is out of range. The value must be between '1' and "
                f"'{_MAXIMUM_GB}', inclusive.",
                "diskSizeGB",
            )
        if existing is not None and size is not None and size < existing.properties.get("diskSizeGB", 0):
            raise ArmError(400, "BadRequest", "Disks or snapshot cannot be resized down.")
        if option == "Import" and existing is None:
            _check_blob(call, creation, document.get("location"))
        sku = as_text(as_object(document.get("sku"), "sku").get("name"), "sku.name") or "Standard_LRS"
        check_sku(sku, "sku.name")

    @override
    def incoming(self, call: Call, existing: Resource | None) -> JSON:
        document = super().incoming(call, existing)
        if existing is not None:
            document["properties"] = {**existing.properties, **document["properties"]}
        return document

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        resolve_source(call.azure, as_object(resource.properties.get("creationData"), "creationData"))
        complete(call.azure, resource)

    @override
    def accepted(self, call: Call, resource: Resource, kind: str) -> JSON:
        """What was asked for, and no more: the provider makes the disk after it has answered."""
        shown = self.show(call.azure, resource)
        asked = as_object(call.body.get("properties"), "properties").keys()
        is_patch = kind.endswith("/patch")
        members = ("location", "tags", "zones", *(("sku",) if is_patch or "sku" in call.body else ()))
        body = {name: shown[name] for name in ("name", *members) if name in shown}
        kept = {"creationData", "osType", "hyperVGeneration", *asked, *(("diskSizeGB",) if is_patch else ())}
        properties = {name: value for name, value in shown["properties"].items() if name in kept}
        properties["creationData"] = {**properties.get("creationData", {}), **self._source_named(call)}
        if "sourceUri" in properties["creationData"]:
            properties["creationData"].pop("sourceResourceId", None)
        return {**body, "properties": {**properties, "provisioningState": resource.state, "isArmResource": True}}

    @staticmethod
    def _source_named(call: Call) -> JSON:
        creation = as_object(as_object(call.body.get("properties"), "properties").get("creationData"), "creationData")
        return {name: value for name, value in creation.items() if name == "sourceUri"}

    def begin_get_access(self, call: Call) -> Response:
        """Answer `POST …/beginGetAccess`: an address that reads the disk. The emulator has no data behind it."""
        resource = self.require(call)
        if as_text(call.body.get("access"), "access") is None:
            raise missing_parameter("access")
        return self._access(call, resource, "beginGetAccess")

    def end_get_access(self, call: Call) -> Response:
        """Answer `POST …/endGetAccess`."""
        return self._access(call, self.require(call), "endGetAccess")

    def _access(self, call: Call, resource: Resource, action: str) -> Response:
        kind = f"{self.type}/{action}"
        operation = call.azure.start_operation(kind, resource, api_version=call.api_version, holds=False)
        return Response.of(202, None, accepted_headers(operation, call.request), pending=True)

    @override
    def succeeded(self, azure: Azure, operation: Operation) -> None:
        resource = azure.store.get(operation.target)
        if operation.verb in ("begingetaccess", "endgetaccess"):
            if resource is not None:
                resource.attributes["shared"] = operation.verb == "begingetaccess"
                azure.store.touch()
            if operation.verb == "begingetaccess":
                container = f"md-{azure.new_id()[:12]}.blob.core.windows.net/{azure.new_id()[:12]}"
                operation.result = {"accessSAS": f"https://{container}/abcd?sv=2018-03-28&sr=b&sp=r&sig=emulated"}
            return
        super().succeeded(azure, operation)

    @override
    def check_delete(self, azure: Azure, resource: Resource) -> None:
        machine = machine_with(azure, resource)
        if machine is not None:
            raise ArmError(
                409,
                "OperationNotAllowed",
                f"Disk {resource.name} is attached to VM {machine.id}.",
            )

    @override
    def show(self, azure: Azure, resource: Resource) -> JSON:
        machine = machine_with(azure, resource)
        if machine is None and resource.attributes.get("shared"):
            return {**resource.document, "properties": {**resource.properties, "diskState": "ActiveSAS"}}
        if machine is None:
            return resource.document
        running = machine.attributes.get("power") != "deallocated"
        document = {**resource.document, "managedBy": machine.id}
        document["properties"] = {**resource.properties, "diskState": "Attached" if running else "Reserved"}
        return document


def _check_blob(call: Call, creation: JSON, location: str | None) -> None:
    """Refuse to import a blob of a storage account that is not in the disk's region."""
    uri = as_text(creation.get("sourceUri"), "creationData.sourceUri") or ""
    account = uri.partition("://")[2].partition(".")[0].lower()
    known = call.store.of_type("Microsoft.Storage/storageAccounts", f"/subscriptions/{call.path.subscription}")
    if not any(one.name.lower() == account and one.location == location for one in known):
        raise ArmError(400, "BadRequest", f"The source blob {uri} does not belong to the same region as the disk.")


def check_sku(sku: str, where: str) -> None:
    """Refuse a storage account type that does not exist."""
    if sku.lower() not in _SKUS:
        raise invalid_parameter(f"The value '{sku}' of parameter '{where}' is invalid.", where)


def machine_with(azure: Azure, disk: Resource) -> Resource | None:
    """The virtual machine that a disk is attached to."""
    for user in azure.store.referrers(disk.id):
        if user.type == "Microsoft.Compute/virtualMachines":
            return user
    return None


def resolve_source(azure: Azure, creation: JSON) -> Resource | None:
    """Name the disk or snapshot that something is copied from as Azure does: by its id, with its unique id."""
    named = creation.get("sourceResourceId") or creation.get("sourceUri")
    if not isinstance(named, str) or not looks_like_resource_id("/" + named.lstrip("/")):
        return None
    source = azure.store.get("/" + named.lstrip("/"))
    creation.pop("sourceUri", None)
    creation["sourceResourceId"] = named
    if source is not None and source.properties.get("uniqueId"):
        creation["sourceUniqueId"] = source.properties["uniqueId"]
    return source


def complete(azure: Azure, resource: Resource) -> None:
    """Fill in what Azure gives a disk."""
    document, properties = resource.document, resource.properties
    creation = properties.get("creationData") or {}
    source = azure.store.get("/" + str(creation.get("sourceResourceId", "")).lstrip("/"))
    if source is not None:
        properties.setdefault("diskSizeGB", source.properties.get("diskSizeGB", 30))
    elif creation.get("createOption") == "Upload":
        size_bytes = as_integer(creation.get("uploadSizeBytes"), "creationData.uploadSizeBytes") or 0
        properties.setdefault("diskSizeGB", max(1, size_bytes // GIB))
    given = (document.get("sku") or {}).get("name", "Standard_LRS")
    name, tier = _SKUS[given.lower()]
    document["sku"] = {"name": name, "tier": tier}
    size = as_integer(properties.setdefault("diskSizeGB", 30), "diskSizeGB") or 30
    properties["diskSizeGB"] = size
    properties["diskSizeBytes"] = size * GIB
    properties.setdefault("timeCreated", offset_timestamp(resource.created))
    properties["uniqueId"] = resource.attributes.setdefault("uniqueId", azure.new_id())
    properties["diskState"] = "ReadyToUpload" if creation.get("createOption") == "Upload" else "Unattached"
    properties.setdefault("diskIOPSReadWrite", min(max(size * 5, 120), 20_000) if tier == "Premium" else 500)
    properties.setdefault("diskMBpsReadWrite", 100 if tier == "Premium" else 60)
    properties.setdefault("encryption", {"type": "EncryptionAtRestWithPlatformKey"})
    properties.setdefault("networkAccessPolicy", "AllowAll")
    properties.setdefault("publicNetworkAccess", "Enabled")


def create(
    azure: Azure, disk_id: str, like: Resource, *, sku: str, size_gb: int, creation: JSON, system: JSON | None = None
) -> Resource:
    """Make a disk along with a machine, at once.

    Args:
        azure: The emulated Azure.
        disk_id: The disk's id.
        like: The machine: its region, zones and tags are the disk's.
        sku: The storage account type, e.g. Premium_LRS.
        size_gb: Size in GiB.
        creation: The disk's `creationData`.
        system: Properties of a disk with an operating system: osType, hyperVGeneration.
    """
    document: JSON = {"name": parse(disk_id).name, "id": disk_id, "type": DISK, "location": like.location}
    for member in ("zones", "tags"):
        if like.document.get(member):
            document[member] = like.document[member]
    document["sku"] = {"name": sku}
    document["properties"] = {
        **(system or {}),
        "creationData": creation,
        "diskSizeGB": size_gb,
        "provisioningState": "Succeeded",
    }
    resource = Resource(id=disk_id, type=DISK, document=document, created=azure.now, changed=azure.now)
    complete(azure, resource)
    return azure.store.put(resource)


TYPES = (Disk(),)
