"""The end of a deployment in Complete mode: what is in the resource group and not in the template is deleted."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.templates.template import Plan
from azjobs.emulator.types.deployments.bodies import FAILED, RUNNING, SUCCEEDED, TYPE, Step

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_API_VERSION = "2025-04-01"
_KEPT = frozenset({TYPE.lower(), "microsoft.authorization/locks"})


def is_done(azure: Azure, deployment: Resource, planned: Plan) -> bool:
    """Go on with the cleanup of a deployment.

    Deletes what can be deleted now; what is in use by something else waits until that is gone. What nobody can delete
    becomes a failed step.

    Returns:
        Whether nothing is left to do.
    """
    steps = cast("list[Step]", deployment.attributes["steps"])
    group_id = deployment.path.group_id
    found = victims(azure, group_id, planned, _made_by_nested(azure, planned)) if group_id else []
    refused: list[tuple[Resource, int, JSON]] = []
    started = False
    for victim in found:
        if azure.store.get(victim.id) is not victim:
            continue
        outcome = azure.delete_resource(victim.id, _API_VERSION)
        if outcome.error is not None:
            refused.append((victim, outcome.error.status, outcome.error.content()))
            continue
        step = _step(azure, victim)
        steps.append(step)
        if outcome.is_done:
            step["state"], step["ended"] = SUCCEEDED, azure.now
        elif outcome.operation is not None:
            started = True
            step["asynchronous"] = True
            outcome.operation.details["deployment"] = deployment.id
            outcome.operation.details["deployment_step"] = step["operation_id"]
    if started:
        return False
    for victim, status, error in refused:
        step = _step(azure, victim)
        step["state"], step["ended"], step["status"], step["error"] = FAILED, azure.now, status, error
        steps.append(step)
    return True


def victims(azure: Azure, group_id: str, planned: Plan, made: Collection[str] = ()) -> list[Resource]:
    """What a deployment in Complete mode deletes of a resource group.

    Args:
        azure: The emulated Azure.
        group_id: The resource group.
        planned: The deployment's plan.
        made: The ids, in lower case, of what its nested deployments make: that stays as well.
    """
    kept = {resource.key for resource in planned.resources if resource.is_deployed or resource.existing} | set(made)
    # A child of something kept belongs to it; a disk or the like that a kept resource refers to is in its use.
    return [
        resource
        for resource in azure.store.in_group(group_id)
        if is_counted(resource)
        and resource.key not in kept
        and not any(user.key in kept for user in azure.store.referrers(resource.id))
    ]


def is_counted(resource: Resource) -> bool:
    """Whether a deployment in a resource's group keeps, deletes or ignores it; a child goes with its parent."""
    return resource.type.lower() not in _KEPT and resource.type.count("/") == 1


def _made_by_nested(azure: Azure, planned: Plan) -> set[str]:
    """The ids of what the nested deployments of a plan have made, however deep."""
    pending = [resource.id for resource in planned.deployed() if resource.type.lower() == TYPE.lower()]
    made: set[str] = set()
    while pending:
        nested = azure.store.get(pending.pop())
        steps = cast("list[Step]", nested.attributes.get("steps", [])) if nested is not None else []
        made |= {step["id"].lower() for step in steps}
        pending += [step["id"] for step in steps if step["type"].lower() == TYPE.lower()]
    return made


def _step(azure: Azure, victim: Resource) -> Step:
    return Step(
        id=victim.id,
        type=victim.type,
        name=victim.name,
        operation_id=f"{azure.pick(2**64):016X}",
        tracking_id=azure.new_id(),
        request_id=azure.new_id(),
        action="DeploymentCleanup",
        state=RUNNING,
        started=azure.now,
        ended=azure.now,
        status=200,
        error=None,
        asynchronous=False,
    )
