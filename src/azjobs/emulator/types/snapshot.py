"""Snapshots of disks."""

from __future__ import annotations

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.documents import as_integer, as_object, as_text
from azjobs.emulator.errors import missing_parameter
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.types.disk import GIB, Disk, resolve_source


class Snapshot(Disk):
    """`Microsoft.Compute/snapshots`."""

    type = "Microsoft.Compute/snapshots"

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        creation = as_object(document["properties"].get("creationData"), "properties.creationData")
        if as_text(creation.get("createOption"), "properties.creationData.createOption") is None:
            raise missing_parameter("creationData.createOption" if creation else "creationData")

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        properties = resource.properties
        source = resolve_source(call.azure, properties.get("creationData") or {})
        properties.setdefault("diskSizeGB", source.properties.get("diskSizeGB", 30) if source else 30)
        resource.document["sku"] = {"name": "Standard_LRS", "tier": "Standard", **(resource.document.get("sku") or {})}
        properties.setdefault("encryption", {"type": "EncryptionAtRestWithPlatformKey"})
        properties.setdefault("incremental", False)
        properties.setdefault("networkAccessPolicy", "AllowAll")
        properties.setdefault("publicNetworkAccess", "Enabled")
        properties.setdefault("timeCreated", offset_timestamp(resource.created))
        properties["diskState"] = "Unattached"
        properties["diskSizeBytes"] = (as_integer(properties["diskSizeGB"], "properties.diskSizeGB") or 30) * GIB
        properties["uniqueId"] = resource.attributes.setdefault("uniqueId", call.azure.new_id())
        if source is not None and source.properties.get("osType"):
            properties.setdefault("osType", source.properties["osType"])


TYPES = (Snapshot(),)
