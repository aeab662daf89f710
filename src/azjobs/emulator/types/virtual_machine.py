"""Virtual machines: creation with their disks, power, and what goes with them when they are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from azjobs.emulator import listing
from azjobs.emulator.behaviour import behaviour_of
from azjobs.emulator.call import Call
from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.documents import as_object, as_objects, as_text, merge, reference
from azjobs.emulator.errors import ArmError, invalid_parameter, invalid_reference, missing_parameter, network_error
from azjobs.emulator.locations import ZONES
from azjobs.emulator.operations import Operation, seconds_of
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.sizes import DEFAULT_SIZE, SIZES
from azjobs.emulator.store import Resource
from azjobs.emulator.types import machine_rules
from azjobs.emulator.types.catalogue import size_document
from azjobs.emulator.types.machine_disks import attach_disks, check_disks, disks_to_delete, without_new_disks
from azjobs.emulator.types.machine_extension import extensions_of
from azjobs.emulator.types.machine_results import captured, maintenance_refused, said
from azjobs.emulator.types.machine_view import instance_view
from azjobs.emulator.types.network import require_reference
from azjobs.emulator.types.network_interface import NETWORK_INTERFACE, machine_of
from azjobs.emulator.types.resource import ResourceType
from azjobs.emulator.wellknown import TENANT_ID

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

VIRTUAL_MACHINE = "Microsoft.Compute/virtualMachines"
_WINDOWS_CREATE_SECONDS = 150.0
_UNMANAGED_ESTIMATE = 70
"""Seconds that compute asks a client to wait after the first poll of a machine on a blob."""
_ACTIONS: dict[str, tuple[str, str]] = {
    "start": ("starting", "running"),
    "poweroff": ("stopping", "stopped"),
    "deallocate": ("deallocating", "deallocated"),
    "restart": ("running", "running"),
    "redeploy": ("starting", "running"),
    "reimage": ("starting", "running"),
}
"""Power state while an action runs, and after it."""
_UNCHANGEABLE = (
    ("osProfile", "adminUsername"),
    ("osProfile", "computerName"),
    ("storageProfile", "imageReference", "publisher"),
    ("storageProfile", "imageReference", "offer"),
    ("storageProfile", "imageReference", "sku"),
    ("storageProfile", "osDisk", "osType"),
    ("availabilitySet", "id"),
)
_INTERRUPTIBLE = frozenset({"Low", "Spot"})
_PRICE_HINT = "For more information, see https://aka.ms/low-priority/errormessages."


class VirtualMachine(ResourceType):
    """`Microsoft.Compute/virtualMachines`."""

    type = VIRTUAL_MACHINE
    needs_location = True
    name_rule = machine_rules.MACHINE_NAME
    specials: ClassVar = {
        "GET instanceview": "get_instance_view",
        "GET vmsizes": "list_sizes",
        "POST start": "start",
        "POST poweroff": "power_off",
        "POST deallocate": "deallocate",
        "POST restart": "restart",
        "POST redeploy": "redeploy",
        "POST reapply": "reapply",
        "POST reimage": "reimage",
        "POST generalize": "generalize",
        "POST runcommand": "run_command",
        "POST capture": "capture",
        "POST converttomanageddisks": "convert_disks",
        "POST performmaintenance": "perform_maintenance",
        "POST simulateeviction": "simulate_eviction",
    }

    # Reads

    @override
    def get(self, call: Call) -> Response:
        response = super().get(call)
        if "instanceview" in call.request.query.get("$expand", "").lower():
            resource = self.require(call)
            response = Response.of(200, self._expanded(call, resource), response.headers, pending=response.pending)
        return response

    @override
    def list(self, call: Call) -> Response:
        machines = call.store.of_type(self.type, call.path.scope)
        status_only = call.request.query.get("statusonly", "").lower() == "true"
        expand = status_only or "instanceview" in call.request.query.get("$expand", "").lower()
        shown = [self._expanded(call, machine) if expand else self.show(call.azure, machine) for machine in machines]
        return listing.page(call.request, shown)

    def _expanded(self, call: Call, resource: Resource) -> JSON:
        view = instance_view(resource, call.now, extensions_of(call.azure, resource))
        return {**self.show(call.azure, resource), "properties": {**resource.properties, "instanceView": view}}

    @override
    def show(self, azure: Azure, resource: Resource) -> JSON:
        extensions = extensions_of(azure, resource)
        if not extensions:
            return resource.document
        return {**resource.document, "resources": [extension.document for extension in extensions]}

    def get_instance_view(self, call: Call) -> Response:
        """Answer `GET …/instanceView`."""
        resource = self.require(call)
        return Response.of(200, instance_view(resource, call.now, extensions_of(call.azure, resource)))

    def list_sizes(self, call: Call) -> Response:
        """Answer the sizes that the machine can be resized to."""
        self.require(call)
        return Response.of(200, {"value": [size_document(size) for size in SIZES.values()]})

    # Writes

    @override
    def incoming(self, call: Call, existing: Resource | None) -> JSON:
        document = super().incoming(call, existing)
        if existing is not None:
            document["properties"] = merge(existing.properties, document["properties"])
        return document

    @override
    def invalid_name(self, name: str) -> ArmError:
        return invalid_parameter(
            "The entity name 'virtualMachineName' is invalid according to its validation rule: "
            r"^[^_\W][\w-._]{0,79}(?<![-.])$.",
            "virtualMachineName",
        )

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        machine_rules.check_types(document)
        machine_rules.check_size(document)
        machine_rules.check_offer(document, call.path.id, call.path.subscription or "")
        machine_rules.check_storage(document)
        image = machine_rules.image_of(document)
        _check_zones(call, document)
        if existing is not None:
            _check_unchanged(existing.document, document)
            _check_price(existing, document)
            return
        windows = machine_rules.is_windows(document, image)
        attached = _option(document) == "attach"
        if not attached:
            machine_rules.check_profile(call, document, _password(call), windows=windows)

    @override
    def check_references(self, call: Call, document: JSON, existing: Resource | None) -> None:
        for nic_id in _interfaces(document):
            nic = require_reference(call, nic_id, NETWORK_INTERFACE, location=document.get("location"))
            owner = machine_of(call.azure, nic.id)
            if owner is not None and owner is not existing:
                raise network_error(
                    400,
                    "NicInUse",
                    f"Network Interface {nic.id} is used by existing resource {owner.id}. In order to use the network "
                    "interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
                )
        availability_set = reference(document["properties"].get("availabilitySet"), "availabilitySet")
        if availability_set and call.store.get(availability_set) is None:
            raise invalid_reference(availability_set, call.path.id)
        check_disks(call, document, existing)

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        document, properties, attributes = resource.document, resource.properties, resource.attributes
        image = machine_rules.image_of(document)
        windows = machine_rules.is_windows(document, image)
        if existing is None:
            attributes.update(generation=image.generation if image else "V2", revision=0)
            vm_id, created = call.azure.new_id(), offset_timestamp(call.now)
        else:
            vm_id, created = attributes["vmId"], attributes["timeCreated"]
        attributes.update(vmId=vm_id, timeCreated=created, revision=attributes.get("revision", 0) + 1)
        properties.setdefault("hardwareProfile", {}).setdefault("vmSize", DEFAULT_SIZE)
        _complete_profile(resource, windows=windows)
        attach_disks(call.azure, resource, image, windows=windows)
        properties.update(vmId=vm_id, timeCreated=created)
        properties.pop("instanceView", None)
        document["etag"] = f'"{attributes["revision"]}"'
        _complete_identity(call.azure, resource)
        call.store.put(resource)

    @override
    def seconds(self, resource: Resource, kind: str) -> float | None:
        windows = resource.properties["storageProfile"]["osDisk"].get("osType") == "Windows"
        if windows and kind.endswith("/create"):
            return seconds_of(behaviour_of(kind), f"{kind} {resource.id}", _WINDOWS_CREATE_SECONDS)
        return None

    @override
    def accepted(self, call: Call, resource: Resource, kind: str) -> JSON:
        shown = self.show(call.azure, resource)
        return without_new_disks(shown, call.body) if kind.endswith("/create") else shown

    @override
    def begin(self, call: Call, resource: Resource, kind: str, *, created: bool) -> Response:
        response = super().begin(call, resource, kind, created=created)
        operation = call.azure.operation_on(resource)
        if created and operation is not None and resource.properties["storageProfile"]["osDisk"].get("vhd"):
            operation.details["estimate"] = _UNMANAGED_ESTIMATE
        return response

    # Actions

    def start(self, call: Call) -> Response:
        """Answer `POST …/start`."""
        return self._power(call, "start")

    def power_off(self, call: Call) -> Response:
        """Answer `POST …/powerOff`: stopped, and still allocated."""
        return self._power(call, "powerOff")

    def deallocate(self, call: Call) -> Response:
        """Answer `POST …/deallocate`."""
        return self._power(call, "deallocate")

    def restart(self, call: Call) -> Response:
        """Answer `POST …/restart`."""
        resource = self.require(call)
        if resource.attributes.get("power") in ("deallocated", "stopped"):
            raise ArmError(
                409,
                "OperationNotAllowed",
                f"Operation 'restart' is not allowed on VM '{resource.name}' since the VM is either not running or is "
                "deallocated.",
            )
        return self._power(call, "restart")

    def redeploy(self, call: Call) -> Response:
        """Answer `POST …/redeploy`."""
        return self._power(call, "redeploy")

    def reimage(self, call: Call) -> Response:
        """Answer `POST …/reimage`: of a machine whose disk can be made anew."""
        disk = self.require(call).properties["storageProfile"]["osDisk"]
        if not disk.get("diffDiskSettings"):
            raise ArmError(
                409,
                "OperationNotAllowed",
                "The Reimage and OSUpgrade Virtual Machine actions require that the virtual machine has Automatic OS "
                "Upgrades enabled.",
            )
        return self._power(call, "reimage")

    def capture(self, call: Call) -> Response:
        """Answer `POST …/capture`: the disks of a generalized machine as a template."""
        resource = self.require(call)
        if not resource.attributes.get("generalized"):
            raise ArmError(
                409, "OperationNotAllowed", f"Capture is not allowed on VM '{resource.name}': generalize it first."
            )
        return self.act(call, resource, "capture", {"prefix": as_text(call.body.get("vhdPrefix"), "vhdPrefix")})

    def convert_disks(self, call: Call) -> Response:
        """Answer `POST …/convertToManagedDisks`."""
        resource = self.require(call)
        if resource.properties["storageProfile"]["osDisk"].get("managedDisk"):
            message = f"VM '{resource.name}' is already using managed disks."
            raise ArmError(409, "OperationNotAllowed", message)
        return self.act(call, resource, "convertToManagedDisks")

    def perform_maintenance(self, call: Call) -> Response:
        """Answer `POST …/performMaintenance`: there is never any in the emulator."""
        raise maintenance_refused(self.require(call).name)

    def simulate_eviction(self, call: Call) -> Response:
        """Answer `POST …/simulateEviction`."""
        self.require(call)
        return Response.of(204)

    def reapply(self, call: Call) -> Response:
        """Answer `POST …/reapply`."""
        return self.act(call, self.require(call), "reapply")

    def generalize(self, call: Call) -> Response:
        """Answer `POST …/generalize`: at once, on a machine that is off."""
        resource = self.require(call)
        if resource.attributes.get("power") not in ("stopped", "deallocated"):
            raise ArmError(
                409,
                "OperationNotAllowed",
                f"Generalize is not allowed on VM '{resource.name}' while it is running. Please stop the VM first.",
            )
        resource.attributes["generalized"] = True
        call.store.touch()
        return Response.of(200)

    def run_command(self, call: Call) -> Response:
        """Answer `POST …/runCommand`: the emulated machine runs nothing and says nothing."""
        resource = self.require(call)
        if as_text(call.body.get("commandId"), "commandId") is None:
            raise missing_parameter("commandId")
        if resource.attributes.get("power") != "running":
            raise ArmError(409, "OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running.")
        return self.act(call, resource, "runCommand")

    def _power(self, call: Call, action: str) -> Response:
        resource = self.require(call)
        if action == "redeploy" and resource.attributes.get("power") == "stopped":
            return self.act(call, resource, action, {"stays": "stopped"})
        response = self.act(call, resource, action)
        self._set_power(call.azure, resource, _ACTIONS[action.lower()][0])
        return response

    @staticmethod
    def _set_power(azure: Azure, resource: Resource, power: str) -> None:
        if resource.attributes.get("power") != power:
            resource.attributes.update(power=power, since=azure.now)
            azure.store.touch()

    # Ends

    @override
    def succeeded(self, azure: Azure, operation: Operation) -> None:
        resource = azure.store.get(operation.target)
        if resource is None:
            return
        if operation.verb == "delete":
            _remove_with_dependents(azure, resource)
            return
        if operation.verb == "create":
            self._set_power(azure, resource, "running")
        elif operation.verb in _ACTIONS:
            self._set_power(azure, resource, operation.details.get("stays") or _ACTIONS[operation.verb][1])
        elif operation.verb == "runcommand":
            operation.result = {"value": [said("StdOut"), said("StdErr")]}
        elif operation.verb == "capture":
            operation.result = captured(resource, operation.details.get("prefix") or resource.name)
        resource.attributes.pop("failure", None)
        super().succeeded(azure, operation)

    @override
    def failed(self, azure: Azure, operation: Operation) -> None:
        resource = azure.store.get(operation.target)
        if resource is not None:
            resource.attributes["failure"] = operation.error
            if operation.verb in _ACTIONS:
                self._set_power(azure, resource, "stopped" if operation.verb == "start" else "running")
        super().failed(azure, operation)


def _password(call: Call) -> str | None:
    """The admin password in the body. It is looked at here and kept nowhere."""
    profile = as_object(as_object(call.body.get("properties"), "properties").get("osProfile"), "osProfile")
    return as_text(profile.get("adminPassword"), "osProfile.adminPassword")


def _option(document: JSON) -> str:
    disk = as_object((document["properties"].get("storageProfile") or {}).get("osDisk"), "osDisk")
    return (as_text(disk.get("createOption"), "osDisk.createOption") or "").lower()


def _interfaces(document: JSON) -> list[str]:
    """The network interfaces that a machine names."""
    profile = as_object(document["properties"].get("networkProfile"), "networkProfile")
    if profile.get("networkInterfaceConfigurations"):
        raise invalid_parameter(
            "The emulator does not make network interfaces along with a virtual machine: make them first and name "
            "them in networkProfile.networkInterfaces.",
            "networkProfile.networkInterfaceConfigurations",
        )
    found: list[str] = []
    for nic in as_objects(profile.get("networkInterfaces"), "networkProfile.networkInterfaces"):
        nic_id = as_text(nic.get("id"), "networkInterfaces.id")
        as_object(nic.get("properties"), "networkInterfaces.properties")
        if not nic_id:
            raise missing_parameter("networkProfile.networkInterfaces.id")
        if nic_id.lower() in (other.lower() for other in found):
            raise invalid_parameter(f"Network interface {nic_id} is named twice.", "networkProfile.networkInterfaces")
        found.append(nic_id)
    if not found:
        raise missing_parameter("networkProfile")
    return found


def _check_zones(call: Call, document: JSON) -> None:
    zones = document.get("zones")
    if not zones:
        return
    location = document.get("location")
    supported = ("1", "2", "3") if location in ZONES else ()
    if not isinstance(zones, list) or any(zone not in supported for zone in zones):
        raise ArmError(
            400,
            "InvalidAvailabilityZone",
            f"The zone(s) '{zones}' for resource '{call.path.type}/{call.path.name}' is not supported. The supported "
            f"zones for location '{location}' are '{','.join(supported)}'.",
        )


def _check_unchanged(before: JSON, after: JSON) -> None:
    for members in _UNCHANGEABLE:
        old, new = _member(before, members), _member(after, members)
        if old is not None and new is not None and old != new:
            name = ".".join(members)
            raise ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)


def _check_price(existing: Resource, document: JSON) -> None:
    """Refuse to make an interruptible machine of another one, and a new price while the machine is allocated."""
    before, after = existing.properties, document["properties"]
    old, new = before.get("priority", "Regular"), after.get("priority", "Regular")
    if old != new and not {old, new} <= _INTERRUPTIBLE:
        raise ArmError(
            409, "PropertyChangeNotAllowed", "Changing property 'priority' is not allowed.", target="priority"
        )
    changed = after.get("billingProfile") is not None and after.get("billingProfile") != before.get("billingProfile")
    if changed and existing.attributes.get("power") != "deallocated":
        detail = {
            "code": "OperationNotAllowed",
            "message": f"Billing Profile change is not allowed when the VM '{existing.name}' is currently allocated. "
            f"Please deallocate and try again. {_PRICE_HINT}",
            "target": existing.name,
        }
        raise ArmError(
            409, "OperationNotAllowed", f"Billing Profile change is not allowed. {_PRICE_HINT}", details=[detail]
        )


def _member(document: JSON, members: tuple[str, ...]) -> Any:
    value: Any = document["properties"]
    for member in members:
        value = value.get(member) if isinstance(value, dict) else None
    return value


def _complete_profile(resource: Resource, *, windows: bool) -> None:
    """Fill in the operating system's configuration as Azure echoes it."""
    profile = resource.properties.get("osProfile")
    if not isinstance(profile, dict) or not profile:
        return
    profile.setdefault("computerName", resource.name)
    patching: JSON = {"patchMode": "AutomaticByOS" if windows else "ImageDefault", "assessmentMode": "ImageDefault"}
    if windows:
        configuration = {"provisionVMAgent": True, "enableAutomaticUpdates": True, "patchSettings": patching}
        given = as_object(profile.get("windowsConfiguration"), "windowsConfiguration")
        profile["windowsConfiguration"] = {**configuration, **given}
    else:
        configuration = {"disablePasswordAuthentication": False, "provisionVMAgent": True, "patchSettings": patching}
        given = as_object(profile.get("linuxConfiguration"), "linuxConfiguration")
        profile["linuxConfiguration"] = {**configuration, **given}
    profile.setdefault("secrets", [])
    profile.setdefault("allowExtensionOperations", True)
    profile.setdefault("requireGuestProvisionSignal", True)


def _complete_identity(azure: Azure, resource: Resource) -> None:
    identity = resource.document.get("identity")
    if isinstance(identity, dict) and "SystemAssigned" in str(identity.get("type", "")):
        principal = resource.attributes.setdefault("principalId", azure.new_id())
        identity.update(principalId=principal, tenantId=TENANT_ID)


def _remove_with_dependents(azure: Azure, resource: Resource) -> None:
    """Take a machine away, and with it the disks, interfaces and addresses that are to go with it."""
    dependents = [*disks_to_delete(resource), *_interfaces_to_delete(azure, resource)]
    azure.remove(resource)
    for dependent_id in dependents:
        dependent = azure.store.get(dependent_id)
        if dependent is None:
            continue
        try:
            azure.types.of(dependent.type).check_delete(azure, dependent)
        except ArmError:
            continue
        azure.remove(dependent)


def _interfaces_to_delete(azure: Azure, resource: Resource) -> list[str]:
    interfaces, addresses = [], []
    for named in (resource.properties.get("networkProfile") or {}).get("networkInterfaces") or ():
        if (named.get("properties") or {}).get("deleteOption") != "Delete":
            continue
        interfaces.append(named["id"])
        nic = azure.store.get(named["id"])
        for configuration in (nic.properties.get("ipConfigurations") or ()) if nic is not None else ():
            address = configuration["properties"].get("publicIPAddress") or {}
            if (address.get("properties") or {}).get("deleteOption") == "Delete":
                addresses.append(address["id"])
    return [*interfaces, *addresses]


TYPES = (VirtualMachine(),)
