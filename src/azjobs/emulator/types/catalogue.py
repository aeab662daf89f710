"""What can be had: machine sizes, platform images, quotas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from typing_extensions import override

from azjobs.emulator import listing
from azjobs.emulator.call import Call
from azjobs.emulator.errors import ArmError, entity_not_found
from azjobs.emulator.images import IMAGES, Image, find
from azjobs.emulator.locations import LOCATIONS, ZONES, normalize
from azjobs.emulator.paths import ResourcePath
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.sizes import CORE_LIMIT, NOT_OFFERED, SIZES, Size
from azjobs.emulator.types.resource import ReadOnlyType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_PUBLISHERS = "Microsoft.Compute/locations/publishers"
_ARTIFACTS = f"{_PUBLISHERS}/artifacttypes"
_OFFERS = f"{_ARTIFACTS}/offers"
_SKUS = f"{_OFFERS}/skus"
_VERSIONS = f"{_SKUS}/versions"


def size_document(size: Size) -> JSON:
    """A size as the vmSizes lists show it."""
    return {
        "name": size.name,
        "numberOfCores": size.cores,
        "osDiskSizeInMB": 1_047_552,
        "resourceDiskSizeInMB": size.resource_disk_mb,
        "memoryInMB": size.memory_mb,
        "maxDataDiskCount": size.data_disks,
    }


class Sizes(ReadOnlyType):
    """`…/locations/{location}/vmSizes`."""

    type = "Microsoft.Compute/locations/vmSizes"

    @override
    def list(self, call: Call) -> Response:
        _region(call.path)
        return Response.of(200, {"value": [size_document(size) for size in SIZES.values()]})


class ResourceSkus(ReadOnlyType):
    """`/subscriptions/{id}/providers/Microsoft.Compute/skus`, with `$filter=location eq '…'`."""

    type = "Microsoft.Compute/skus"

    @override
    def list(self, call: Call) -> Response:
        regions = [name for name in LOCATIONS if listing.matches(call.request, {"location": name})]
        return Response.of(200, {"value": [_sku(size, region) for size in SIZES.values() for region in regions]})


def _sku(size: Size, region: str) -> JSON:
    zones = ["1", "2", "3"] if region in ZONES else []
    capabilities = {
        "vCPUs": size.cores,
        "vCPUsAvailable": size.cores,
        "MemoryGB": f"{size.memory_mb / 1024:g}",
        "MaxDataDiskCount": size.data_disks,
        "MaxResourceVolumeMB": size.resource_disk_mb,
        "PremiumIO": size.premium,
        "HyperVGenerations": size.generations,
        "CpuArchitectureType": "x64",
        "AcceleratedNetworkingEnabled": size.cores > 1,
        "EncryptionAtHostSupported": True,
        "TrustedLaunchDisabled": False,
    }
    return {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [region],
        "locationInfo": [{"location": region, "zones": zones, "zoneDetails": []}],
        "capabilities": [{"name": name, "value": str(value)} for name, value in capabilities.items()],
        "restrictions": _restrictions(size, region),
    }


def _restrictions(size: Size, region: str) -> list[JSON]:
    if size.name.lower() not in NOT_OFFERED.get(region, ()):
        return []
    return [
        {
            "type": "Location",
            "values": [region],
            "restrictionInfo": {"locations": [region]},
            "reasonCode": "NotAvailableForSubscription",
        }
    ]


class Usages(ReadOnlyType):
    """`…/locations/{location}/usages`: cores and machines in use."""

    type = "Microsoft.Compute/locations/usages"

    @override
    def list(self, call: Call) -> Response:
        region = _region(call.path)
        machines = [
            machine
            for machine in call.store.of_type("Microsoft.Compute/virtualMachines", call.path.scope)
            if machine.location == region
        ]
        cores: dict[str, int] = {size.family: 0 for size in SIZES.values()}
        for machine in machines:
            size = SIZES.get(str((machine.properties.get("hardwareProfile") or {}).get("vmSize", "")).lower())
            if size is not None:
                cores[size.family] += size.cores

        def limit(family: str) -> int:
            lowered = call.azure.faults.core_limit(family, region)
            return CORE_LIMIT if lowered is None else lowered

        rows = [
            _usage("cores", "Total Regional vCPUs", sum(cores.values()), CORE_LIMIT),
            _usage("virtualMachines", "Virtual Machines", len(machines), 25_000),
            *(_usage(family, f"{family} vCPUs", used, limit(family)) for family, used in cores.items()),
        ]
        return Response.of(200, {"value": rows})


class NetworkUsages(ReadOnlyType):
    """`…/Microsoft.Network/locations/{location}/usages`."""

    type = "Microsoft.Network/locations/usages"

    @override
    def list(self, call: Call) -> Response:
        region, rows = _region(call.path), []
        for name, text, limit in _NETWORK_LIMITS:
            found = call.store.of_type(f"Microsoft.Network/{name}", call.path.scope)
            used = sum(resource.location == region for resource in found)
            row = _usage(name, text, used, limit)
            row["id"] = f"{call.path.id}/{name}"
            rows.append(row)
        return Response.of(200, {"value": rows})


_NETWORK_LIMITS = (
    ("virtualNetworks", "Virtual Networks", 1000),
    ("publicIPAddresses", "Public IP Addresses", 1000),
    ("networkSecurityGroups", "Network Security Groups", 5000),
    ("networkInterfaces", "Network Interfaces", 65_536),
)


def _usage(name: str, text: str, used: int, limit: int) -> JSON:
    return {
        "limit": limit,
        "unit": "Count",
        "currentValue": used,
        "name": {"value": name, "localizedValue": text},
    }


class ImageLevel(ReadOnlyType):
    """One level of the image catalogue: publishers, offers, SKUs.

    Args:
        resource_type: The level's type.
        depth: How many names of an image come before it: 0 for publishers, 1 for offers, 2 for SKUs.
        name: The name of an image at that level.
    """

    def __init__(self, resource_type: str, depth: int, name: Callable[[Image], str]) -> None:
        self.type = resource_type
        self._depth = depth
        self._name = name

    @override
    def list(self, call: Call) -> Response:
        wanted = _image_names(call.path)[: self._depth]
        found = {self._name(image).lower(): self._name(image) for image in _matching(wanted)}
        if not found:
            raise _artifact_not_found()
        region = _region(call.path)
        return Response.of(
            200, [{"location": region, "name": name, "id": f"{call.path.id}/{name}"} for name in sorted(found.values())]
        )

    @override
    def read(self, azure: Azure, path: ResourcePath) -> JSON | None:
        return {"name": path.name, "id": path.id} if _matching(_image_names(path)) else None

    @override
    def not_found(self, call: Call) -> ArmError:
        return _artifact_not_found()


class ImageVersions(ReadOnlyType):
    """The versions of an image, and one of them."""

    type = _VERSIONS

    @override
    def list(self, call: Call) -> Response:
        image, region = self._image(call.path), _region(call.path)
        if image is None:
            raise _artifact_not_found()
        versions = list(image.versions)
        if call.request.query.get("$orderby", "").lower() == "name desc":
            versions.reverse()
        found = [{"location": region, "name": name, "id": f"{call.path.id}/{name}"} for name in versions]
        top = call.request.query.get("$top", "")
        return Response.of(200, found[: int(top)] if top.isascii() and top.isdigit() and len(top) < 7 else found)

    @override
    def read(self, azure: Azure, path: ResourcePath) -> JSON | None:
        image = self._image(path)
        version = image.resolve(path.name) if image is not None else None
        if image is None or version is None:
            return None
        return {
            "location": _region(path),
            "name": version,
            "id": path.parent.id + f"/versions/{version}",
            "properties": {
                "hyperVGeneration": image.generation,
                "architecture": "x64",
                "replicaType": "Managed",
                "replicaCount": 10,
                "disallowed": {"vmDiskType": "Unmanaged" if image.generation == "V2" else "None"},
                "automaticOSUpgradeProperties": {"automaticOSUpgradeSupported": False},
                "imageDeprecationStatus": {"imageState": "Active"},
                "osDiskImage": {"operatingSystem": "Windows" if image.windows else "Linux", "sizeInGb": image.disk_gb},
                "dataDiskImages": [],
            },
        }

    @override
    def not_found(self, call: Call) -> ArmError:
        return _artifact_not_found()

    @staticmethod
    def _image(path: ResourcePath) -> Image | None:
        names = _image_names(path)
        return find(*names[:3]) if len(names) >= 3 else None


def _image_names(path: ResourcePath) -> list[str]:
    """Publisher, offer and SKU in a path of the catalogue, as far as it goes."""
    return [name for kind, name in zip(path.types, path.names, strict=False) if kind in _LEVELS]


_LEVELS = ("publishers", "offers", "skus")


def _matching(names: Iterable[str]) -> list[Image]:
    wanted = [name.lower() for name in names]
    return [image for image in IMAGES if list(image.key[: len(wanted)]) == wanted]


def _artifact_not_found() -> ArmError:
    return ArmError(404, "NotFound", "Artifact: VMImage was not found.")


def _region(path: ResourcePath) -> str:
    region = normalize(path.names[0])
    if region not in LOCATIONS:
        raise entity_not_found()
    return region


TYPES = (
    Sizes(),
    ResourceSkus(),
    Usages(),
    NetworkUsages(),
    ImageLevel(_PUBLISHERS, 0, lambda image: image.publisher),
    ImageLevel(_OFFERS, 1, lambda image: image.offer),
    ImageLevel(_SKUS, 2, lambda image: image.sku),
    ImageVersions(),
)
