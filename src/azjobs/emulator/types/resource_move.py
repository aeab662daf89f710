"""Moving resources from one group to another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_text, as_texts
from azjobs.emulator.errors import ArmError, resource_group_being_deleted, resource_group_not_found
from azjobs.emulator.operations import Operation
from azjobs.emulator.paths import InvalidPath, parse
from azjobs.emulator.polling import accepted_headers
from azjobs.emulator.request import Response
from azjobs.emulator.store import Resource

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure


def begin(call: Call, group: Resource, action: str) -> Response:
    """Answer `POST …/moveResources` or `POST …/validateMoveResources`.

    Args:
        call: The request, at the group that the resources lie in.
        group: That group.
        action: `moveResources` or `validateMoveResources`.
    """
    target = _target(call)
    moved = [_moved(call, group, resource_id) for resource_id in as_texts(call.body.get("resources"), "resources")]
    if not moved:
        raise ArmError(400, "MoveResourcesHasNoResources", "There are no resources to move.", gateway=True)
    operation = call.azure.start_operation(
        f"{group.type}/{action}",
        group,
        api_version=call.api_version,
        holds=False,
        details={"resources": [resource.id for resource in moved], "to": target.id},
    )
    return Response.of(202, None, accepted_headers(operation, call.request), pending=True)


def _target(call: Call) -> Resource:
    named = as_text(call.body.get("targetResourceGroup"), "targetResourceGroup") or ""
    try:
        path = parse(named)
    except InvalidPath:
        path = None
    target = call.store.get(path.id) if path is not None else None
    if target is None or target.type != "Microsoft.Resources/resourceGroups":
        raise resource_group_not_found(named.rpartition("/")[2])
    if target.state == "Deleting":
        raise resource_group_being_deleted(target.name)
    return target


def _moved(call: Call, group: Resource, resource_id: str) -> Resource:
    found = call.store.get(resource_id)
    if found is None or not found.key.startswith(group.key + "/"):
        raise ArmError(
            404,
            "ResourceMoveFailed",
            f"The resource '{resource_id}' was not found in the resource group '{group.name}'.",
            gateway=True,
        )
    if call.azure.operation_on(found) is not None:
        raise ArmError(
            409, "ResourceMoveFailed", f"The resource '{found.id}' is being changed; wait for its end.", gateway=True
        )
    return found


def finish(azure: Azure, operation: Operation) -> None:
    """Give what was moved its new ids, and what refers to it the new references."""
    if operation.verb != "moveresources":
        return
    target = operation.details["to"]
    for resource_id in operation.details["resources"]:
        resource = azure.store.get(resource_id)
        if resource is None:
            continue
        place = resource.id.partition("/providers/")[0]
        users = azure.store.referrers(resource.id)
        for one in [*azure.store.children(resource), resource]:
            azure.store.remove(one)
            one.id = target + one.id[len(place) :]
            _rename(one, resource_id, target + resource_id[len(place) :])
            azure.store.put(one)
        for user in users:
            _rename(user, resource_id, target + resource_id[len(place) :])
            azure.store.put(user)


def _rename(resource: Resource, old: str, new: str) -> None:
    text = json.dumps(resource.document)
    resource.document = json.loads(text.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1]))
