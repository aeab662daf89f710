"""The types of Microsoft.Compute that differ in their bodies alone, or nearly so."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.documents import as_object
from azjobs.emulator.errors import ArmError, missing_parameter
from azjobs.emulator.operations import Operation
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.shapes import Shape, fill
from azjobs.emulator.store import Resource
from azjobs.emulator.types.compute_shapes import SHAPES
from azjobs.emulator.types.resource import ResourceType
from azjobs.emulator.wellknown import TENANT_ID

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure


_FIRST_WITH_GENERATIONS = "2019-03-01"


class ShapedComputeType(ResourceType):
    """A type whose body a shape describes.

    Args:
        shape: The shape.
    """

    def __init__(self, shape: Shape) -> None:
        self.type = shape.type
        self.shape = shape
        self.needs_location = shape.location

    @override
    def incoming(self, call: Call, existing: Resource | None) -> JSON:
        document = super().incoming(call, existing)
        if existing is not None:
            document["properties"] = {**existing.properties, **document["properties"]}
        return document

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        fill(call.azure, resource, resource.document, self.shape)


class Group(ShapedComputeType):
    """An availability set or a proximity placement group: it shows what lies in it, and has no state."""

    members = (
        ("virtualMachines", "Microsoft.Compute/virtualMachines"),
        ("virtualMachineScaleSets", "Microsoft.Compute/virtualMachineScaleSets"),
        ("availabilitySets", "Microsoft.Compute/availabilitySets"),
    )

    @override
    def set_state(self, azure: Azure, resource: Resource, state: str) -> None:
        azure.store.touch()

    @override
    def get(self, call: Call) -> Response:
        document = super().get(call).json()
        users = call.store.referrers(call.path.id)
        names = self.members[:1] if self.type.endswith("availabilitySets") else self.members
        for name, kind in names:
            found = [{"id": user.id} for user in users if user.type == kind]
            document["properties"][name] = found
        return Response.of(200, document)

    @override
    def check_delete(self, azure: Azure, resource: Resource) -> None:
        users = [user for user in azure.store.referrers(resource.id) if user.type.startswith("Microsoft.Compute/")]
        if users:
            raise ArmError(
                409,
                "OperationNotAllowed",
                f"{resource.type.rpartition('/')[2]} '{resource.name}' cannot be deleted since it is in use by "
                f"'{users[0].id}'.",
            )


class AvailabilitySet(Group):
    """`Microsoft.Compute/availabilitySets`."""

    specials: ClassVar = {"GET vmsizes": "list_sizes"}

    def list_sizes(self, call: Call) -> Response:
        """Answer the sizes that machines in the set can have."""
        from azjobs.emulator.sizes import SIZES
        from azjobs.emulator.types.catalogue import size_document

        self.require(call)
        return Response.of(200, {"value": [size_document(size) for size in SIZES.values()]})


class HostGroup(ShapedComputeType):
    """`Microsoft.Compute/hostGroups`: they show their hosts, and have no state."""

    @override
    def set_state(self, azure: Azure, resource: Resource, state: str) -> None:
        azure.store.touch()

    @override
    def get(self, call: Call) -> Response:
        document = super().get(call).json()
        hosts = call.store.of_type(f"{self.type}/hosts", call.path.id)
        if hosts:
            document["properties"]["hosts"] = [{"id": host.id} for host in hosts]
        if "instanceview" in call.request.query.get("$expand", "").lower():
            views = [{"name": host.name, **_host_view(host)} for host in hosts]
            document["properties"]["instanceView"] = {"hosts": views}
        return Response.of(200, document)


class Host(ShapedComputeType):
    """`Microsoft.Compute/hostGroups/hosts`."""

    @override
    def get(self, call: Call) -> Response:
        document = super().get(call).json()
        if "instanceview" in call.request.query.get("$expand", "").lower():
            document["properties"]["instanceView"] = _host_view(self.require(call))
        return Response.of(200, document)

    @override
    def show(self, azure: Azure, resource: Resource) -> JSON:
        if resource.state == "Creating":
            return resource.document
        known = {"provisioningTime": offset_timestamp(resource.created), "virtualMachines": []}
        if resource.state == "Updating":
            known.pop("virtualMachines")
        return {**resource.document, "properties": {**resource.properties, **known}}


def _host_view(host: Resource) -> JSON:
    sizes = ((2, 32), (4, 17), (8, 8), (16, 4), (32, 2), (48, 1), (64, 1))
    return {
        "assetId": host.properties.get("hostId"),
        "availableCapacity": {
            "allocatableVMs": [{"vmSize": f"Standard_D{cores}s_v3", "count": count} for cores, count in sizes]
        },
        "statuses": [
            {
                "code": "ProvisioningState/succeeded",
                "level": "Info",
                "displayStatus": "Provisioning succeeded",
                "time": offset_timestamp(host.changed),
            },
            {"code": "HealthState/available", "level": "Info", "displayStatus": "Host available"},
        ],
    }


class DiskImage(ShapedComputeType):
    """`Microsoft.Compute/images`: from a machine, a disk, a snapshot or a blob."""

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        properties = document["properties"]
        storage = as_object(properties.get("storageProfile"), "storageProfile")
        if not storage and not properties.get("sourceVirtualMachine"):
            raise missing_parameter("storageProfile")
        disk = as_object(storage.get("osDisk"), "storageProfile.osDisk")
        asks = call.api_version >= _FIRST_WITH_GENERATIONS and properties.get("hyperVGeneration") is None
        if asks and disk.get("blobUri"):
            raise missing_parameter("hyperVGeneration")

    @override
    def succeeded(self, azure: Azure, operation: Operation) -> None:
        resource = azure.store.get(operation.target)
        if resource is not None and operation.verb != "delete":
            _complete_image(azure, resource)
        super().succeeded(azure, operation)


def _complete_image(azure: Azure, image: Resource) -> None:
    """Give an image what its source has."""
    properties = image.properties
    disk = (properties.get("storageProfile") or {}).get("osDisk")
    if not isinstance(disk, dict):
        return
    for name in ("snapshot", "managedDisk"):
        source_id = str((disk.get(name) or {}).get("id", ""))
        source = azure.store.get("/" + source_id.lstrip("/")) if source_id else None
        if source is not None:
            disk.setdefault("diskSizeGB", source.properties.get("diskSizeGB"))
    disk.setdefault("diskSizeGB", 30)


class EncryptionSet(ShapedComputeType):
    """`Microsoft.Compute/diskEncryptionSets`."""

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        super().prepare(call, resource, existing)
        identity = resource.document.get("identity")
        if isinstance(identity, dict):
            principal = resource.attributes.setdefault("principalId", call.azure.new_id())
            identity.update(principalId=principal, tenantId=TENANT_ID)

    @override
    def accepted(self, call: Call, resource: Resource, kind: str) -> JSON:
        shown = self.show(call.azure, resource)
        kept = {name: value for name, value in shown.items() if name not in ("id", "name", "type")}
        properties = {name: value for name, value in shown["properties"].items() if name != "encryptionType"}
        identity = shown.get("identity")
        if isinstance(identity, dict) and kind.endswith("/create"):
            kept["identity"] = {"type": identity.get("type")}
        return {**kept, "properties": {**properties, "isArmResource": True}}


class GalleryImageVersion(ShapedComputeType):
    """`Microsoft.Compute/galleries/images/versions`."""

    @override
    def succeeded(self, azure: Azure, operation: Operation) -> None:
        resource = azure.store.get(operation.target)
        if resource is not None and operation.verb != "delete":
            storage = resource.properties.get("storageProfile") or {}
            disk = storage.get("osDiskImage")
            if isinstance(disk, dict):
                source = azure.store.get(str((disk.get("source") or {}).get("id", "")))
                disk.setdefault("sizeInGB", source.properties.get("diskSizeGB", 30) if source is not None else 30)
        super().succeeded(azure, operation)

    @override
    def get(self, call: Call) -> Response:
        document = super().get(call).json()
        if "replicationstatus" in call.request.query.get("$expand", "").lower():
            regions = document["properties"].get("publishingProfile", {}).get("targetRegions") or []
            summary = [
                {"region": region.get("name"), "state": "Completed", "details": "", "progress": 100}
                for region in regions
                if isinstance(region, dict)
            ]
            document["properties"]["replicationStatus"] = {"aggregatedState": "Completed", "summary": summary}
        return Response.of(200, document)


class GalleryApplication(ShapedComputeType):
    """`Microsoft.Compute/galleries/applications`: they have no state."""

    @override
    def set_state(self, azure: Azure, resource: Resource, state: str) -> None:
        azure.store.touch()


_HANDLERS: dict[str, type[ShapedComputeType]] = {
    "Microsoft.Compute/availabilitySets": AvailabilitySet,
    "Microsoft.Compute/proximityPlacementGroups": Group,
    "Microsoft.Compute/hostGroups": HostGroup,
    "Microsoft.Compute/hostGroups/hosts": Host,
    "Microsoft.Compute/images": DiskImage,
    "Microsoft.Compute/diskEncryptionSets": EncryptionSet,
    "Microsoft.Compute/galleries/applications": GalleryApplication,
    "Microsoft.Compute/galleries/images/versions": GalleryImageVersion,
}
TYPES = tuple(_HANDLERS.get(shape.type, ShapedComputeType)(shape) for shape in SHAPES)
