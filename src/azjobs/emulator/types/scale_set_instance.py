"""The instances of a scale set."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from azjobs.emulator import images
from azjobs.emulator.call import Call
from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.documents import as_objects
from azjobs.emulator.errors import ArmError, entity_not_found
from azjobs.emulator.operations import Operation
from azjobs.emulator.polling import accepted_headers
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types.machine_results import maintenance_refused, said
from azjobs.emulator.types.resource import Handler, ResourceType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

INSTANCE = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines"
_POWER = {
    "start": "running",
    "poweroff": "stopped",
    "deallocate": "deallocated",
    "restart": "running",
    "redeploy": "running",
    "reimage": "running",
    "reimageall": "running",
}
_PROVISIONING = {"Succeeded": "Provisioning succeeded", "Creating": "Creating", "Updating": "Updating"}


def of(azure: Azure, scale_set: Resource) -> list[Resource]:
    """The instances of a set."""
    return azure.store.of_type(INSTANCE, scale_set.id)


def extensions(scale_set: Resource) -> list[JSON]:
    """The extensions in a set's model."""
    profile = (scale_set.properties.get("virtualMachineProfile") or {}).get("extensionProfile") or {}
    return as_objects(profile.get("extensions"), "extensionProfile.extensions")


def _image(profile: JSON) -> images.Image | None:
    reference = (profile.get("storageProfile") or {}).get("imageReference") or {}
    return images.find(*(str(reference.get(name, "")) for name in ("publisher", "offer", "sku")))


def is_windows(profile: JSON) -> bool:
    """Whether machines after a profile run Windows."""
    image = _image(profile)
    given = ((profile.get("storageProfile") or {}).get("osDisk") or {}).get("osType")
    return image.windows if image is not None else given == "Windows"


def complete_model(scale_set: Resource) -> None:
    """Fill in what depends on the operating system."""
    profile = scale_set.properties.get("virtualMachineProfile")
    if not isinstance(profile, dict):
        return
    windows = is_windows(profile)
    disk = (profile.get("storageProfile") or {}).get("osDisk")
    image = _image(profile)
    if isinstance(disk, dict):
        disk["osType"] = "Windows" if windows else "Linux"
        disk.setdefault("diskSizeGB", image.disk_gb if image is not None else 30)
    system = profile.get("osProfile")
    if not isinstance(system, dict):
        return
    if windows:
        given = system.get("windowsConfiguration") or {}
        system["windowsConfiguration"] = {"provisionVMAgent": True, "enableAutomaticUpdates": True, **given}
    else:
        given = system.get("linuxConfiguration") or {}
        system["linuxConfiguration"] = {"disablePasswordAuthentication": False, "provisionVMAgent": True, **given}


def scale(azure: Azure, scale_set: Resource, capacity: int) -> None:
    """Make instances, or take the newest away, until there are as many as wanted."""
    found = of(azure, scale_set)
    for instance in found[capacity:]:
        azure.remove(instance)
    for _ in range(capacity - len(found)):
        number = scale_set.attributes.get("next", 0)
        scale_set.attributes["next"] = number + 1
        _make(azure, scale_set, number)


def _make(azure: Azure, scale_set: Resource, number: int) -> None:
    instance_id = f"{scale_set.id}/virtualMachines/{number}"
    document: JSON = {
        "name": f"{scale_set.name}_{number}",
        "id": instance_id,
        "type": INSTANCE,
        "location": scale_set.location,
        "instanceId": str(number),
        "sku": {name: value for name, value in scale_set.document["sku"].items() if name != "capacity"},
        "properties": _properties(azure, scale_set, number),
    }
    for member in ("tags", "zones"):
        if scale_set.document.get(member):
            document[member] = scale_set.document[member]
    attributes = {"power": None, "since": azure.now, "placement": azure.new_id()}
    azure.store.put(
        Resource(
            id=instance_id,
            type=INSTANCE,
            document=document,
            created=azure.now,
            changed=azure.now,
            attributes=attributes,
        )
    )


def _properties(azure: Azure, scale_set: Resource, number: int) -> JSON:
    profile = copy.deepcopy(scale_set.properties.get("virtualMachineProfile") or {})
    network = profile.get("networkProfile") or {}
    configurations = as_objects(network.get("networkInterfaceConfigurations"), "networkInterfaceConfigurations")
    storage = profile.get("storageProfile") or {}
    system = profile.get("osProfile") or {}
    prefix = system.pop("computerNamePrefix", scale_set.name)
    group = scale_set.id.partition("/providers/")[0]
    disk = storage.get("osDisk") or {}
    name = f"{(scale_set.name + scale_set.name)[:40]}OS__1_{azure.new_id().replace('-', '')}"
    managed = {**(disk.get("managedDisk") or {}), "id": f"{group}/providers/Microsoft.Compute/disks/{name}"}
    image = _image(profile)
    if image is not None:
        reference = storage["imageReference"]
        reference["exactVersion"] = image.resolve(str(reference.get("version", "latest"))) or reference.get("version")
    root = f"{scale_set.id}/virtualMachines/{number}/networkInterfaces"
    return {
        "latestModelApplied": True,
        "modelDefinitionApplied": "VirtualMachineScaleSet",
        "networkProfileConfiguration": {"networkInterfaceConfigurations": configurations},
        "vmId": azure.new_id(),
        "hardwareProfile": {},
        "storageProfile": {
            **storage,
            "osDisk": {**disk, "name": name, "createOption": "FromImage", "managedDisk": managed},
            "dataDisks": storage.get("dataDisks", []),
        },
        "osProfile": {"computerName": f"{prefix}{number:06d}", **system},
        "networkProfile": {"networkInterfaces": [{"id": f"{root}/{one.get('name')}"} for one in configurations]},
        "provisioningState": "Creating",
    }


def chosen(azure: Azure, scale_set: Resource, wanted: Any) -> list[Resource]:
    """The instances that a request names by number; all when it names none."""
    found = of(azure, scale_set)
    if not isinstance(wanted, list) or not wanted or wanted == ["*"]:
        return found
    return [instance for instance in found if instance.name in {str(number) for number in wanted}]


def settle(azure: Azure, instance: Resource, power: str) -> None:
    """Let an instance be done with what it was at."""
    instance.state = "Succeeded"
    if instance.attributes.get("power") != power:
        instance.attributes.update(power=power, since=azure.now)
    azure.store.touch()


def act(azure: Azure, scale_set: Resource, instance: Resource, verb: str) -> None:
    """Let an instance have done what was asked of it."""
    if verb == "delete":
        azure.remove(instance)
        sku = scale_set.document.get("sku") or {}
        sku["capacity"] = len(of(azure, scale_set))
        return
    settle(azure, instance, _POWER.get(verb, str(instance.attributes.get("power") or "running")))


def provisioning_status(resource: Resource) -> JSON:
    """The provisioning status of a set or an instance, as its view shows it."""
    return {
        "code": f"ProvisioningState/{resource.state.lower()}",
        "level": "Info",
        "displayStatus": _PROVISIONING.get(resource.state, resource.state),
        "time": offset_timestamp(resource.attributes.get("since", resource.created)),
    }


class Instance(ResourceType):
    """`Microsoft.Compute/virtualMachineScaleSets/virtualMachines`."""

    type = INSTANCE

    @override
    def special(self, method: str, tail: str) -> Handler | None:
        name = tail.lower()
        if method == "GET" and name == "instanceview":
            return self.get_instance_view
        if method == "POST" and name == "performmaintenance":
            return self.perform_maintenance
        if method == "POST" and (name in _POWER or name == "runcommand"):
            return lambda call: self.act(call, self.require(call), tail)
        return super().special(method, tail)

    @override
    def not_found(self, call: Call) -> ArmError:
        return entity_not_found()

    @override
    def get(self, call: Call) -> Response:
        response = super().get(call)
        if "instanceview" in call.request.query.get("$expand", "").lower():
            document = response.json()
            document["properties"]["instanceView"] = self._view(call, self.require(call))
            response = Response.of(200, document)
        return response

    @override
    def show(self, azure: Azure, resource: Resource) -> JSON:
        parent = azure.store.get(resource.path.parent.id)
        found = extensions(parent) if parent is not None else []
        if not found:
            return resource.document
        kind = "Microsoft.Compute/virtualMachines/extensions"
        shown = [
            {
                "name": one["name"],
                "id": f"{resource.id}/extensions/{one['name']}",
                "type": kind,
                "location": resource.location,
                "properties": {"provisioningState": "Succeeded", **(one.get("properties") or {})},
            }
            for one in found
            if one.get("name")
        ]
        return {**resource.document, "resources": shown}

    @override
    def incoming(self, call: Call, existing: Resource | None) -> JSON:
        if existing is None:
            raise entity_not_found()
        document = super().incoming(call, existing)
        return {**existing.document, "properties": {**existing.properties, **document["properties"]}}

    @override
    def delete(self, call: Call) -> Response:
        scale_set = call.store.get(call.path.parent.id)
        if scale_set is not None and self.find(call) is None:
            # Asked of an instance that is gone, Azure accepts all the same.
            kind = f"{self.type}/delete"
            operation = call.azure.start_operation(
                kind, scale_set, api_version=call.api_version, target=call.path.id, holds=False
            )
            return Response.of(202, None, accepted_headers(operation, call.request), pending=True)
        return super().delete(call)

    def get_instance_view(self, call: Call) -> Response:
        """Answer `GET …/instanceView`."""
        return Response.of(200, self._view(call, self.require(call)))

    def perform_maintenance(self, call: Call) -> Response:
        """Answer `POST …/performMaintenance`: there is never any in the emulator."""
        raise maintenance_refused(self.require(call).document["name"])

    def _view(self, call: Call, resource: Resource) -> JSON:
        properties = resource.properties
        image = _image(properties)
        now = offset_timestamp(call.now)
        domain = int(resource.name) % 5
        succeeded = {"code": "ProvisioningState/succeeded", "level": "Info"}
        view: JSON = {
            "placementGroupId": resource.attributes["placement"],
            "platformUpdateDomain": domain,
            "platformFaultDomain": domain,
            "computerName": properties["osProfile"]["computerName"],
        }
        if image is not None:
            view.update(osName=image.os_name, osVersion=image.os_version)
        view["vmAgent"] = {
            "vmAgentVersion": "2.7.41491.1010",
            "statuses": [
                {
                    **succeeded,
                    "displayStatus": "Ready",
                    "message": "GuestAgent is running and processing the extensions.",
                    "time": now,
                }
            ],
        }
        parent = call.store.get(resource.path.parent.id)
        found = extensions(parent) if parent is not None else []
        if found:
            view["vmAgent"]["extensionHandlers"] = [_handler(one, succeeded) for one in found]
        done = {**succeeded, "displayStatus": "Provisioning succeeded", "time": now}
        view["disks"] = [{"name": properties["storageProfile"]["osDisk"]["name"], "statuses": [done]}]
        if found:
            message = {**done, "message": "ExtensionOperation:enable. Status:Success"}
            view["extensions"] = [{"name": one.get("name"), **_named(one), "statuses": [message]} for one in found]
        power = resource.attributes.get("power") or "running"
        view["hyperVGeneration"] = image.generation if image is not None else "V1"
        view["statuses"] = [
            provisioning_status(resource),
            {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"},
        ]
        return view

    @override
    def succeeded(self, azure: Azure, operation: Operation) -> None:
        resource = azure.store.get(operation.target)
        parent = azure.store.get(resource.path.parent.id) if resource is not None else None
        if resource is not None and parent is not None and (operation.verb in _POWER or operation.verb == "delete"):
            act(azure, parent, resource, operation.verb)
            return
        if operation.verb == "runcommand":
            operation.result = {"value": [said("StdOut"), said("StdErr")]}
        super().succeeded(azure, operation)


def _named(extension: JSON) -> JSON:
    properties = extension.get("properties") or {}
    return {
        "type": f"{properties.get('publisher')}.{properties.get('type')}",
        "typeHandlerVersion": f"{properties.get('typeHandlerVersion')}.0.0",
    }


def _handler(extension: JSON, succeeded: JSON) -> JSON:
    message = "ExtensionOperation:enable. Status:Success"
    return {**_named(extension), "status": {**succeeded, "displayStatus": "Ready", "message": message}}


TYPES = (Instance(),)
