"""The disks of virtual machines: made along with them, attached to them, deleted with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_integer, as_object, as_objects, as_text, reference
from azjobs.emulator.errors import ArmError, invalid_reference
from azjobs.emulator.images import Image
from azjobs.emulator.request import JSON
from azjobs.emulator.sizes import SIZES
from azjobs.emulator.store import Resource
from azjobs.emulator.types import disk as disks

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_DEFAULT_DATA_DISK_GB = 30


def _all_disks(document: JSON) -> list[JSON]:
    storage = as_object(document["properties"].get("storageProfile"), "storageProfile")
    return [as_object(storage.get("osDisk"), "osDisk"), *as_objects(storage.get("dataDisks"), "dataDisks")]


def check_disks(call: Call, document: JSON, existing: Resource | None) -> None:
    """Refuse disks that do not exist or belong to another machine.

    Raises:
        ArmError: InvalidResourceReference, AttachDiskWhileBeingDetached or ConflictingUserInput.
    """
    for disk in _all_disks(document):
        option = (as_text(disk.get("createOption"), "createOption") or "").lower()
        as_text(disk.get("name"), "disk.name")
        as_integer(disk.get("diskSizeGB"), "diskSizeGB")
        sku = as_object(disk.get("managedDisk"), "managedDisk").get("storageAccountType")
        if sku is not None:
            disks.check_sku(as_text(sku, "storageAccountType") or "", "managedDisk.storageAccountType")
        disk_id = reference(disk.get("managedDisk"), "managedDisk")
        if disk_id is None or (option != "attach" and call.store.get(disk_id) is None):
            continue
        found = call.store.get(disk_id)
        if found is None or found.type != disks.DISK or found.location != document.get("location"):
            raise invalid_reference(disk_id, call.path.id)
        owner = disks.machine_with(call.azure, found)
        if owner is not None and owner is not existing:
            raise ArmError(
                409,
                "ConflictingUserInput",
                f"Disk '{disk_id}' cannot be attached as the disk is already owned by VM '{owner.id}'.",
            )
        if found.state == "Deleting":
            raise ArmError(409, "AttachDiskWhileBeingDeleted", f"Disk '{disk_id}' is being deleted.")


def attach_disks(azure: Azure, machine: Resource, image: Image | None, *, windows: bool) -> None:
    """Complete the storage profile of a machine, making the disks that are to be made."""
    storage = machine.properties.setdefault("storageProfile", {})
    if image is not None:
        named = storage["imageReference"]
        named.setdefault("version", "latest")
        named["exactVersion"] = image.resolve(named["version"])
    os_disk = storage.setdefault("osDisk", {"createOption": "FromImage"})
    os_disk["osType"] = "Windows" if windows else "Linux"
    os_disk.setdefault("name", f"{machine.name}_OsDisk_1_{azure.new_id().replace('-', '')}")
    os_disk.setdefault("caching", "ReadWrite")
    _attach(
        azure,
        machine,
        os_disk,
        size_gb=as_integer(os_disk.get("diskSizeGB"), "diskSizeGB") or (image.disk_gb if image else 30),
        creation=_creation(machine, storage.get("imageReference")),
        system={"osType": os_disk["osType"], "hyperVGeneration": machine.attributes.get("generation", "V2")},
    )
    for data in storage.setdefault("dataDisks", []):
        data.setdefault("name", f"{machine.name}_DataDisk_{data['lun']}")
        data.setdefault("caching", "None")
        data.setdefault("toBeDetached", False)
        size = as_integer(data.get("diskSizeGB"), "diskSizeGB") or _DEFAULT_DATA_DISK_GB
        _attach(azure, machine, data, size_gb=size, creation={"createOption": "Empty"})


def _creation(machine: Resource, image: object) -> JSON:
    if not isinstance(image, dict) or not image.get("publisher"):
        return {"createOption": "FromImage"}
    root = f"/Subscriptions/{machine.path.subscription}/Providers/Microsoft.Compute/Locations/{machine.location}"
    version = image.get("exactVersion", image.get("version"))
    return {
        "createOption": "FromImage",
        "imageReference": {
            "id": f"{root}/Publishers/{image['publisher']}/ArtifactTypes/VMImage/Offers/{image['offer']}"
            f"/Skus/{image['sku']}/Versions/{version}"
        },
    }


def _attach(
    azure: Azure, machine: Resource, disk: JSON, *, size_gb: int, creation: JSON, system: JSON | None = None
) -> None:
    if disk.get("vhd"):
        disk["diskSizeGB"] = size_gb
        return
    managed = disk.setdefault("managedDisk", {})
    disk_id = managed.get("id")
    found = azure.store.get(disk_id) if disk_id else None
    if found is None:
        disk_id = disk_id or f"{machine.id.partition('/providers/')[0]}/providers/{disks.DISK}/{disk['name']}"
        found = azure.store.get(disk_id)
    if found is None:
        sku = managed.get("storageAccountType") or _default_sku(machine)
        found = disks.create(azure, disk_id, machine, sku=sku, size_gb=size_gb, creation=creation, system=system)
    managed["id"] = found.id
    managed["storageAccountType"] = found.document["sku"]["name"]
    disk["name"] = found.name
    disk["diskSizeGB"] = found.properties["diskSizeGB"]
    disk.setdefault("deleteOption", "Detach")


def _default_sku(machine: Resource) -> str:
    size = SIZES.get(str(machine.properties["hardwareProfile"].get("vmSize", "")).lower())
    return "Premium_LRS" if size is not None and size.premium else "Standard_LRS"


def disks_to_delete(machine: Resource) -> list[str]:
    """The disks that go with a machine when it is deleted."""
    return [
        disk["managedDisk"]["id"]
        for disk in _all_disks(machine.document)
        if disk.get("deleteOption") == "Delete" and (disk.get("managedDisk") or {}).get("id")
    ]


def without_new_disks(document: JSON, asked: JSON) -> JSON:
    """A machine's body as Azure answers it at the creation: the disks that are made along with it have no ids yet.

    Args:
        document: The body.
        asked: The body of the request.
    """
    wanted = as_object(as_object(asked.get("properties"), "properties").get("storageProfile"), "storageProfile")
    storage = document["properties"]["storageProfile"]
    os_disk = _unmade(storage["osDisk"], as_object(wanted.get("osDisk"), "osDisk"), keeps_name=True)
    given = {data.get("lun"): data for data in as_objects(wanted.get("dataDisks"), "dataDisks")}
    data = [_unmade(one, given.get(one.get("lun"), {}), keeps_name=False) for one in storage.get("dataDisks", [])]
    storage = {**storage, "osDisk": os_disk, "dataDisks": data}
    return {**document, "properties": {**document["properties"], "storageProfile": storage}}


def _unmade(disk: JSON, asked: JSON, *, keeps_name: bool) -> JSON:
    found = dict(disk)
    if "id" not in as_object(asked.get("managedDisk"), "managedDisk") and isinstance(found.get("managedDisk"), dict):
        found["managedDisk"] = {name: value for name, value in found["managedDisk"].items() if name != "id"}
        if "name" not in asked and not keeps_name:
            found.pop("name", None)
    return found
