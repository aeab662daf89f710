"""What only Azure knows about an image: its operating system, whether it can be launched trusted, its purchase plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azjobs.commands.rules.images import Image
from azjobs.commands.virtual_machine import resources
from azjobs.commands.virtual_machine.resources import properties
from azjobs.errors import InvalidArgument

if TYPE_CHECKING:
    from azjobs.operations.arm import Arm


async def complete(arm: Arm, subscription: str, location: str, image: Image) -> Image:
    """Return the image with its operating system, its plan and whether it supports TrustedLaunch, as Azure says.

    Raises:
        InvalidArgument: the region has no such image.
    """
    versions = (
        f"/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/publishers/{image.publisher}"
        f"/artifacttypes/vmimage/offers/{image.offer}/skus/{image.sku}/versions"
    )
    version = image.version
    if version.lower() == "latest":
        query = {"$top": "1", "$orderby": "name desc"}
        answer = await arm.request("GET", versions, api_version=resources.COMPUTE, query=query, expect={200, 404})
        found = answer.body if answer.status == 200 and isinstance(answer.body, list) else []
        if not found:
            raise _missing(image, location)
        version = str(found[0]["name"])
    body = await arm.get(f"{versions}/{version}", api_version=resources.COMPUTE, missing_ok=True)
    if body is None:
        raise _missing(image, location)
    return _completed(image, body)


def _completed(image: Image, body: dict[str, Any]) -> Image:
    known = properties(body)
    features = {feature.get("name"): str(feature.get("value")) for feature in known.get("features") or []}
    system = (known.get("osDiskImage") or {}).get("operatingSystem")
    return replace(
        image,
        system="Windows" if system == "Windows" else "Linux",
        trusted_launch="TrustedLaunch" in features.get("SecurityType", ""),
        plan={key: value for key, value in (known.get("plan") or {}).items() if value},
    )


def _missing(image: Image, location: str) -> InvalidArgument:
    return InvalidArgument(
        f"Azure has no image '{image}' in {location}; look for one with `az vm image list --all --publisher "
        f"{image.publisher} "
        f"--location {location}`, or give an alias such as 'Ubuntu2404'."
    )
