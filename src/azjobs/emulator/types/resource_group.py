"""Resource groups: created at once, deleted with everything in them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from azjobs.emulator import listing, polling
from azjobs.emulator.behaviour import behaviour_of
from azjobs.emulator.call import Call
from azjobs.emulator.errors import ArmError, resource_group_being_deleted, resource_group_not_found
from azjobs.emulator.locations import LOCATIONS, normalize
from azjobs.emulator.operations import Operation
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types import resource_move
from azjobs.emulator.types.resource import ResourceType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_NAME = re.compile(r"[-\w.()]{1,89}[-\w()]|[-\w()]")
_MAXIMUM_GROUPS = 980
_MACHINE_SECONDS = 120.0
_RESOURCE_SECONDS = 10.0


class ResourceGroup(ResourceType):
    """`Microsoft.Resources/resourceGroups`."""

    type = "Microsoft.Resources/resourceGroups"
    needs_location = True
    name_rule = _NAME
    specials: ClassVar = {
        "GET resources": "list_resources",
        "POST exporttemplate": "export_template",
        "POST moveresources": "move_resources",
        "POST validatemoveresources": "validate_move",
    }

    @override
    def incoming(self, call: Call, existing: Resource | None) -> JSON:
        document = super().incoming(call, existing)
        # A resource group's body has its members in another order than those of resources.
        ordered = {"id": document.pop("id"), "name": document.pop("name"), "type": document.pop("type")}
        document["properties"] = {}
        return {**ordered, **document}

    @override
    def incoming_patch(self, call: Call, existing: Resource) -> JSON:
        change = super().incoming_patch(call, existing)
        return {name: value for name, value in change.items() if name in ("tags", "managedBy")}

    @override
    def invalid_name(self, name: str) -> ArmError:
        wrong = "".join(sorted(set(re.findall(r"[^-\w.()]", name))))
        if wrong:
            message = (
                f"The provided resource group name '{name}' has these invalid characters: '{wrong}'. "
                "The name can only be a letter, digit, '-', '.', '(', ')' or '_'."
            )
        elif len(name) > 90:
            message = f"The provided resource group name '{name}' has a length of '{len(name)}', the maximum is '90'."
        else:
            message = f"The provided resource group name '{name}' is invalid: a name cannot end with '.'."
        return ArmError(400, "InvalidResourceGroup", message, gateway=True)

    @override
    def location(self, call: Call, body: JSON, existing: Resource | None) -> str | None:
        given = body.get("location")
        if isinstance(given, str) and given and normalize(given) not in LOCATIONS:
            raise ArmError(
                400,
                "LocationNotAvailableForResourceGroup",
                f"The provided location '{given}' is not available for resource group. "
                f"List of available regions is '{','.join(LOCATIONS)}'.",
                gateway=True,
            )
        if existing is not None and isinstance(given, str) and given and normalize(given) != existing.location:
            raise ArmError(
                409,
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{normalize(given)}'. "
                f"The Resource group already exists in location '{existing.location}'.",
                gateway=True,
            )
        return super().location(call, body, existing)

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        if existing is not None and existing.state == "Deleting":
            raise resource_group_being_deleted(existing.name)
        groups = call.store.of_type(self.type, f"/subscriptions/{call.path.subscription}")
        if existing is None and len(groups) >= _MAXIMUM_GROUPS:
            raise ArmError(
                409,
                "ResourceGroupQuotaExceeded",
                f"Creating the resource group '{call.path.name}' would exceed the quota of '{_MAXIMUM_GROUPS}'. "
                f"The current resource group count is '{len(groups)}', please delete some resource groups before "
                "creating a new one, or see https://aka.ms/arm-quota-limits for information on quota limits.",
                gateway=True,
            )

    @override
    def not_found(self, call: Call) -> ArmError:
        return resource_group_not_found(call.path.name)

    @override
    def list(self, call: Call) -> Response:
        groups = call.store.of_type(self.type, call.path.scope)
        shown = [group.document for group in groups if listing.matches(call.request, group.document)]
        return listing.page(call.request, shown)

    def list_resources(self, call: Call) -> Response:
        """Answer GET of everything in the group."""
        return resources_page(call, call.store.in_group(self.require(call).id))

    def export_template(self, call: Call) -> Response:
        """Answer a template that would make what is in the group."""
        group = self.require(call)
        resources = [_exported(resource) for resource in call.store.in_group(group.id) if _is_tracked(resource)]
        template = {
            "$schema": "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "parameters": {},
            "variables": {},
            "resources": resources,
        }
        return Response.of(200, {"template": template})

    def move_resources(self, call: Call) -> Response:
        """Answer `POST …/moveResources`."""
        return resource_move.begin(call, self.require(call), "moveResources")

    def validate_move(self, call: Call) -> Response:
        """Answer `POST …/validateMoveResources`."""
        return resource_move.begin(call, self.require(call), "validateMoveResources")

    @override
    def delete(self, call: Call) -> Response:
        group = self.require(call)
        kind = f"{self.type}/delete"
        operation = call.azure.operation_on(group)
        if operation is None:
            operation = call.azure.start_operation(
                kind,
                group,
                api_version=call.api_version,
                operation_id=self._job_id(group),
                seconds=_seconds(call.store.in_group(group.id)),
                details={"target": group.id},
            )
            self.set_state(call.azure, group, behaviour_of(kind).state)
        headers = polling.accepted_headers(operation, call.request)
        return Response.of(202, None, headers, pending=True)

    @staticmethod
    def _job_id(group: Resource) -> str:
        name = group.name.upper().replace("-", ":2D")
        job = {"jobId": f"RESOURCEGROUPDELETIONJOB-{name}-{group.location.upper()}", "jobLocation": group.location}
        return base64.urlsafe_b64encode(json.dumps(job, separators=(",", ":")).encode()).rstrip(b"=").decode()

    @override
    def succeeded(self, azure: Azure, operation: Operation) -> None:
        if operation.verb != "delete":
            resource_move.finish(azure, operation)
            return
        group = azure.store.get(operation.target)
        if group is None:
            return
        blocked = _sweep(azure, group)
        if blocked:
            raise self._deletion_blocked(azure, group, operation, blocked)
        azure.remove(group)

    @override
    def failed(self, azure: Azure, operation: Operation) -> None:
        group = azure.store.get(operation.target)
        if group is not None:
            self.set_state(azure, group, "Succeeded")

    @staticmethod
    def _deletion_blocked(
        azure: Azure, group: Resource, operation: Operation, blocked: dict[str, ArmError]
    ) -> ArmError:
        names = ",".join(resource_id.partition("/providers/")[2] for resource_id in blocked)
        message = (
            f"Deletion of resource group '{group.name}' failed as resources with identifiers '{names}' could not be "
            "deleted. The provisioning state of the resource group will be rolled back. "
            f"The tracking Id is '{azure.new_id()}'. Please check audit logs for more details."
        )
        details = [
            {"target": resource_id, "message": json.dumps({"error": error.content()})}
            for resource_id, error in blocked.items()
        ]
        error = ArmError(409, "ResourceGroupDeletionBlocked", message, details=details)
        operation.details["error_body"] = {"error": error.content()}
        return error


def _seconds(resources: list[Resource]) -> float:
    """How long a group takes to go: longer with more in it, and with a machine."""
    machines = any(resource.type == "Microsoft.Compute/virtualMachines" for resource in resources)
    return 20.0 + _RESOURCE_SECONDS * min(len(resources), 9) + _MACHINE_SECONDS * machines


def _sweep(azure: Azure, group: Resource) -> dict[str, ArmError]:
    """Delete what is in a group, again and again until nothing more goes; what is left, with the refusals."""
    while True:
        refused: dict[str, ArmError] = {}
        progress = False
        for resource in azure.store.in_group(group.id):
            if azure.store.get(resource.id) is not resource:
                continue
            try:
                azure.types.of(resource.type).check_delete(azure, resource)
            except ArmError as error:
                refused[resource.id] = error
            else:
                azure.remove(resource)
                progress = True
        if not refused or not progress:
            return refused


def _is_tracked(resource: Resource) -> bool:
    return "location" in resource.document


def resources_page(call: Call, resources: Iterable[Resource]) -> Response:
    """A page of the generic list of resources: tracked resources, without their properties."""
    shown = [
        summary
        for resource in resources
        if _is_tracked(resource) and not resource.attributes.get("hidden")
        if listing.matches(call.request, summary := _summary(resource))
    ]
    return listing.page(call.request, shown)


def _summary(resource: Resource) -> JSON:
    members = ("id", "name", "type", "kind", "managedBy", "location", "sku", "zones", "identity", "plan", "tags")
    return {member: resource.document[member] for member in members if member in resource.document}


def _exported(resource: Resource) -> JSON:
    document = {name: value for name, value in resource.document.items() if name not in ("id", "etag")}
    document["name"] = resource.path.full_name
    document["properties"] = _written(resource.properties)
    return {"apiVersion": "2024-07-01", **document}


_READ_ONLY = frozenset({"provisioningState", "resourceGuid", "vmId", "timeCreated", "etag"})


def _written(value: Any) -> Any:
    """The value without what Azure alone writes; sub-resources keep their names, references their ids."""
    if isinstance(value, list):
        return [_written(item) for item in value]
    if not isinstance(value, dict):
        return value
    given = _READ_ONLY | ({"id", "type"} if "etag" in value else frozenset())
    return {name: _written(item) for name, item in value.items() if name not in given}


TYPES = (ResourceGroup(),)
