"""Virtual machine scale sets: the model, and the instances that are made after it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.documents import as_integer, as_object, as_objects, merge
from azjobs.emulator.errors import ArmError, entity_not_found, missing_parameter
from azjobs.emulator.operations import Operation
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.shapes import Made, Shape, fill
from azjobs.emulator.store import Resource
from azjobs.emulator.types import scale_set_instance as instances
from azjobs.emulator.types.machine_results import maintenance_refused
from azjobs.emulator.types.resource import Handler, ResourceType, check_parent

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

SCALE_SET = "Microsoft.Compute/virtualMachineScaleSets"
_PROFILE = "properties.virtualMachineProfile?"
_NIC = f"{_PROFILE}.networkProfile?.networkInterfaceConfigurations[].properties"
_SHAPE = Shape(
    type=SCALE_SET,
    defaults=(
        ("sku?.tier", "Standard"),
        ("properties.singlePlacementGroup", True),
        (f"{_PROFILE}.osProfile?.secrets", []),
        (f"{_PROFILE}.osProfile?.allowExtensionOperations", True),
        (f"{_PROFILE}.osProfile?.requireGuestProvisionSignal", True),
        (f"{_PROFILE}.storageProfile?.osDisk?.caching", "None"),
        (f"{_PROFILE}.storageProfile?.osDisk?.managedDisk.storageAccountType", "Standard_LRS"),
        (f"{_NIC}.enableAcceleratedNetworking", False),
        (f"{_NIC}.dnsSettings.dnsServers", []),
        (f"{_NIC}.enableIPForwarding", False),
        (f"{_NIC}.ipConfigurations[].properties.privateIPAddressVersion", "IPv4"),
        ("properties.doNotRunExtensionsOnOverprovisionedVMs", False),
        ("properties.uniqueId", Made.GUID),
        ("properties.overprovision", True),
        ("properties.automaticRepairsPolicy?.repairAction", "Replace"),
    ),
)
_ACTIONS = frozenset(
    {
        "start",
        "poweroff",
        "deallocate",
        "restart",
        "redeploy",
        "reimage",
        "reimageall",
        "manualupgrade",
        "delete",
        "osrollingupgrade",
        "extensionrollingupgrade",
        "setorchestrationservicestate",
    }
)
_MAXIMUM_CAPACITY = 1000


class ScaleSet(ResourceType):
    """`Microsoft.Compute/virtualMachineScaleSets`."""

    type = SCALE_SET
    needs_location = True
    specials: ClassVar = {
        "GET instanceview": "get_instance_view",
        "GET skus": "list_skus",
        "POST performmaintenance": "perform_maintenance",
    }

    @override
    def special(self, method: str, tail: str) -> Handler | None:
        if method == "POST" and tail.lower() in _ACTIONS:
            return lambda call: self._act(call, tail)
        return super().special(method, tail)

    # Writes

    @override
    def incoming(self, call: Call, existing: Resource | None) -> JSON:
        document = super().incoming(call, existing)
        document.pop("overprovision", None)
        if existing is not None:
            document["properties"] = merge(existing.properties, document["properties"])
        return document

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        sku = as_object(document.get("sku"), "sku")
        if not sku.get("name"):
            raise missing_parameter("sku")
        capacity = as_integer(sku.get("capacity"), "sku.capacity") or 0
        if not 0 <= capacity <= _MAXIMUM_CAPACITY:
            raise ArmError(
                400,
                "InvalidParameter",
                f"The value of parameter sku.capacity is invalid: it must be between 0 and {_MAXIMUM_CAPACITY}.",
                target="sku.capacity",
            )
        profile = as_object(document["properties"].get("virtualMachineProfile"), "virtualMachineProfile")
        for name in ("osProfile", "storageProfile", "networkProfile", "extensionProfile"):
            as_object(profile.get(name), f"virtualMachineProfile.{name}")

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        fill(call.azure, resource, resource.document, _SHAPE)
        instances.complete_model(resource)
        capacity = as_integer((resource.document.get("sku") or {}).get("capacity"), "sku.capacity") or 0
        instances.scale(call.azure, resource, capacity)

    # Reads

    def get_instance_view(self, call: Call) -> Response:
        """Answer `GET …/instanceView`: how many instances are in which state."""
        resource = self.require(call)
        found = instances.of(call.azure, resource)
        states = Counter(instance.state.lower() for instance in found)
        view: JSON = {
            "virtualMachine": {
                "statusesSummary": [
                    {"code": f"ProvisioningState/{state}", "count": count} for state, count in states.items()
                ]
            }
        }
        extensions = instances.extensions(resource)
        if extensions:
            summary = [{"code": "ProvisioningState/creating", "count": len(found)}]
            view["extensions"] = [{"name": one["name"], "statusesSummary": summary} for one in extensions]
        view["statuses"] = [instances.provisioning_status(resource)]
        return Response.of(200, view)

    def list_skus(self, call: Call) -> Response:
        """Answer the size that the set can be scaled in."""
        sku = self.require(call).document["sku"]
        capacity = {"minimum": 0, "maximum": _MAXIMUM_CAPACITY, "defaultCapacity": 1, "scaleType": "Automatic"}
        kind = f"{self.type}"
        return Response.of(200, {"value": [{"resourceType": kind, "sku": sku, "capacity": capacity}]})

    # Actions

    def _act(self, call: Call, action: str) -> Response:
        resource = self.require(call)
        wanted = call.body.get("instanceIds") if call.request.body else None
        chosen = instances.chosen(call.azure, resource, wanted)
        details: JSON = {"instances": [instance.id for instance in chosen]}
        if action.lower().endswith("rollingupgrade"):
            resource.attributes["upgrade"] = {"started": offset_timestamp(call.now), "code": "RollingForward"}
        return self.act(call, resource, action, details)

    def perform_maintenance(self, call: Call) -> Response:
        """Answer `POST …/performMaintenance`: there is never any in the emulator."""
        resource = self.require(call)
        names = [instance.document["name"] for instance in instances.of(call.azure, resource)]
        raise maintenance_refused(names[0] if names else resource.name)

    @override
    def succeeded(self, azure: Azure, operation: Operation) -> None:
        resource = azure.store.get(operation.target)
        if resource is None:
            return
        if operation.verb in ("create", "update", "patch"):
            for instance in instances.of(azure, resource):
                instances.settle(azure, instance, "running")
        for instance_id in operation.details.get("instances", ()):
            chosen = azure.store.get(instance_id)
            if chosen is not None:
                instances.act(azure, resource, chosen, operation.verb)
        if operation.verb == "delete" and operation.details.get("instances") is not None:
            self.set_state(azure, resource, "Succeeded")
            return
        if operation.verb.endswith("rollingupgrade"):
            resource.attributes.setdefault("upgrade", {})["code"] = "Completed"
        super().succeeded(azure, operation)


class ScaleSetExtension(ResourceType):
    """`Microsoft.Compute/virtualMachineScaleSets/extensions`: they stand in the set's model."""

    type = f"{SCALE_SET}/extensions"

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        check_parent(call)

    @override
    def begin(self, call: Call, resource: Resource, kind: str, *, created: bool) -> Response:
        response = super().begin(call, resource, kind, created=created)
        self._write_model(call.azure, resource, present=not kind.endswith("/delete"))
        return response

    def _write_model(self, azure: Azure, resource: Resource, *, present: bool) -> None:
        parent = azure.store.get(resource.path.parent.id)
        if parent is None:
            return
        profile = parent.properties.setdefault("virtualMachineProfile", {}).setdefault("extensionProfile", {})
        kept = [one for one in as_objects(profile.get("extensions"), "extensions") if one.get("name") != resource.name]
        shown = {name: value for name, value in resource.properties.items() if name != "provisioningState"}
        profile["extensions"] = [*kept, *([{"name": resource.name, "properties": shown}] if present else [])]
        azure.store.put(parent)

    @override
    def succeeded(self, azure: Azure, operation: Operation) -> None:
        super().succeeded(azure, operation)
        resource = azure.store.get(operation.target)
        parent = azure.store.get(resource.path.parent.id) if resource is not None else None
        manual = parent is not None and (parent.properties.get("upgradePolicy") or {}).get("mode") == "Manual"
        if resource is not None and manual:
            # The instances get it with their next upgrade.
            resource.state = "Creating"


class RollingUpgrade(ResourceType):
    """`Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades`: the latest, and the end of it."""

    type = f"{SCALE_SET}/rollingUpgrades"

    @override
    def get(self, call: Call) -> Response:
        resource = call.store.get(call.path.parent.id)
        upgrade = resource.attributes.get("upgrade") if resource is not None else None
        if resource is None or upgrade is None:
            raise entity_not_found()
        policy = (resource.properties.get("upgradePolicy") or {}).get("rollingUpgradePolicy") or {}
        counts = ("successfulInstanceCount", "failedInstanceCount", "inProgressInstanceCount", "pendingInstanceCount")
        started = upgrade["started"]
        running = upgrade["code"] == "RollingForward"
        return Response.of(
            200,
            {
                "properties": {
                    "policy": {
                        "maxBatchInstancePercent": 20,
                        "maxUnhealthyInstancePercent": 100,
                        "maxUnhealthyUpgradedInstancePercent": 100,
                        "pauseTimeBetweenBatches": "PT0S",
                        **policy,
                    },
                    "runningStatus": {
                        "code": upgrade["code"],
                        "startTime": started,
                        "lastAction": "Start",
                        "lastActionTime": started,
                    },
                    "progress": {**dict.fromkeys(counts, 0), "inProgressInstanceCount": int(running)},
                },
                "type": self.type,
                "location": resource.location,
            },
        )

    @override
    def post(self, call: Call) -> Response:
        parent = call.store.get(call.path.parent.id)
        if parent is None or call.path.name.lower() != "cancel":
            raise entity_not_found()
        handler = call.azure.types.of(parent.type)
        return handler.act(call, parent, "rollingUpgradeCancel")


TYPES = (ScaleSet(), ScaleSetExtension(), RollingUpgrade())
