"""What a virtual machine's instance view says."""

from __future__ import annotations

from azjobs.emulator import images
from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.types.machine_extension import extension_views, handler_views

_AGENT = {True: "2.7.41491.1176", False: "2.14.0.1"}
_PROVISIONING = {
    "Succeeded": ("succeeded", "Provisioning succeeded"),
    "Creating": ("creating", "Creating"),
    "Updating": ("updating", "Updating"),
    "Deleting": ("deleting", "Deleting"),
    "Failed": ("failed", "Provisioning failed"),
}


def instance_view(resource: Resource, now: float, extensions: list[Resource]) -> JSON:
    """The instance view of a machine.

    Args:
        resource: The machine. Its attributes say its power state and since when.
        now: Emulator time.
        extensions: Its extensions.
    """
    power = resource.attributes.get("power")
    statuses = [_provisioning_status(resource)]
    if power is not None:
        statuses.append(
            {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"},
        )
    view: JSON = {}
    if power == "running" and resource.state != "Creating":
        view.update(_guest(resource, now))
        view["vmAgent"]["extensionHandlers"] = handler_views(extensions)
    view["disks"] = _disks(resource)
    view["hyperVGeneration"] = resource.attributes.get("generation", "V1")
    if extensions:
        view["extensions"] = extension_views(extensions)
    if _boot_diagnostics(resource):
        view["bootDiagnostics"] = {}
    view["statuses"] = statuses
    return view


def _provisioning_status(resource: Resource) -> JSON:
    code, text = _PROVISIONING.get(resource.state, ("succeeded", "Provisioning succeeded"))
    status: JSON = {"code": f"ProvisioningState/{code}", "level": "Info", "displayStatus": text}
    failure = resource.attributes.get("failure")
    if resource.state == "Failed" and failure:
        status.update(code=f"ProvisioningState/failed/{failure['code']}", level="Error", message=failure["message"])
    status["time"] = offset_timestamp(resource.attributes.get("since", resource.changed))
    return status


def _guest(resource: Resource, now: float) -> JSON:
    profile = resource.properties.get("osProfile") or {}
    disk = resource.properties["storageProfile"]["osDisk"]
    windows = disk.get("osType") == "Windows"
    image = _image(resource)
    guest: JSON = {"computerName": profile.get("computerName", resource.name)}
    if image is not None:
        guest.update(osName=image.os_name, osVersion=image.os_version)
    guest["vmAgent"] = {
        "vmAgentVersion": _AGENT[windows],
        "statuses": [
            {
                "code": "ProvisioningState/succeeded",
                "level": "Info",
                "displayStatus": "Ready",
                "message": "GuestAgent is running and processing the extensions."
                if windows
                else "Guest Agent is running",
                "time": offset_timestamp(now),
            }
        ],
        "extensionHandlers": [],
    }
    return guest


def _image(resource: Resource) -> images.Image | None:
    reference = resource.properties["storageProfile"].get("imageReference") or {}
    names = [reference.get(member) for member in ("publisher", "offer", "sku")]
    if not all(isinstance(name, str) for name in names):
        return None
    return images.find(*[str(name) for name in names])


def _disks(resource: Resource) -> list[JSON]:
    storage = resource.properties["storageProfile"]
    since = offset_timestamp(resource.attributes.get("since", resource.created))
    return [
        {
            "name": disk.get("name", ""),
            "statuses": [
                {
                    "code": "ProvisioningState/succeeded",
                    "level": "Info",
                    "displayStatus": "Provisioning succeeded",
                    "time": since,
                }
            ],
        }
        for disk in (storage["osDisk"], *storage.get("dataDisks", []))
    ]


def _boot_diagnostics(resource: Resource) -> bool:
    diagnostics = (resource.properties.get("diagnosticsProfile") or {}).get("bootDiagnostics") or {}
    return bool(diagnostics.get("enabled"))
