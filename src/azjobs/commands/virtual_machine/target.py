"""Which VM a command means: by name, by name and resource group, by resource id, or the VM itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azjobs.commands.rules import names
from azjobs.commands.virtual_machine import resources
from azjobs.errors import InvalidArgument, RequestRefused

if TYPE_CHECKING:
    from azjobs.commands.virtual_machine.model import VirtualMachine
    from azjobs.operations.arm import Arm


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A VM that a command acts on.

    Attributes:
        subscription: the id of the subscription.
        name: the VM's name.
        resource_group: its group; None: it is looked for.
    """

    subscription: str
    name: str
    resource_group: str | None

    @property
    def id(self) -> str | None:
        """The VM's resource id, when its group is known."""
        if self.resource_group is None:
            return None
        return resources.resource_path(self.subscription, self.resource_group, resources.VIRTUAL_MACHINES, self.name)


def parse_target(given: str | VirtualMachine, resource_group_name: str | None, subscription: str) -> Target:
    """Return the VM that the arguments of a command name.

    Args:
        given: its name, its resource id or the VM itself.
        resource_group_name: its group, for a name.
        subscription: the context's subscription.

    Raises:
        InvalidArgument: they name no VM, or name it twice and differently.
    """
    text = given.get("id") if isinstance(given, Mapping) else given
    if not isinstance(text, str):
        raise InvalidArgument(
            f"A {type(given).__name__} names no VM; give its name, its resource id or a VirtualMachine."
        )
    parsed = names.parse_virtual_machine_id(text)
    if parsed is None:
        if "/" in text:
            raise InvalidArgument(
                f"'{text}' is not the resource id of a VM; give its name, or its id as get_vm shows it."
            )
        names.check_text(text, "The name of a VM")
        group = None if resource_group_name is None else names.check_resource_group(resource_group_name)
        return Target(subscription=subscription, name=text, resource_group=group)
    its_subscription, group, name = parsed
    if resource_group_name is not None and not resources.same(group, resource_group_name):
        raise InvalidArgument(
            f"The VM '{name}' is in the resource group '{group}', not in '{resource_group_name}'; leave out "
            "resource_group_name."
        )
    if not resources.same(its_subscription, subscription):
        raise InvalidArgument(
            f"The VM '{name}' is in the subscription {its_subscription} and the context in {subscription}; "
            "choose the subscription with set_context, or pass context=."
        )
    return Target(subscription=subscription, name=name, resource_group=group)


async def locate(arm: Arm, target: Target) -> str:
    """Return the resource id of the VM.

    Without a group it is first looked for in the group of its own name, where `new_vm` puts it, then everywhere.

    Raises:
        RequestRefused: there is no such VM (`ResourceNotFound`).
        InvalidArgument: several groups have one of that name.
    """
    if (known := target.id) is not None:
        return known
    return str((await read(arm, target))["id"])


async def read(arm: Arm, target: Target, *, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the body of the VM; see `locate`."""
    group = target.resource_group or target.name
    path = resources.resource_path(target.subscription, group, resources.VIRTUAL_MACHINES, target.name)
    body = await arm.get(path, api_version=resources.COMPUTE, query=query, missing_ok=True)
    if body is not None:
        return body
    if target.resource_group is not None:
        raise missing(target)
    found = [
        item for item in await list_all(arm, target.subscription) if resources.same(item.get("name", ""), target.name)
    ]
    if len(found) > 1:
        groups = ", ".join(sorted(resources.group_of(item["id"]) for item in found))
        raise InvalidArgument(
            f"There is a VM '{target.name}' in each of the resource groups {groups}; give resource_group_name."
        )
    if not found:
        raise missing(target)
    if query is None:
        return found[0]
    body = await arm.get(found[0]["id"], api_version=resources.COMPUTE, query=query, missing_ok=True)
    if body is None:
        raise missing(target)
    return body


async def list_all(arm: Arm, subscription: str) -> list[dict[str, Any]]:
    """Return the bodies of all VMs of the subscription."""
    path = f"/subscriptions/{subscription}/providers/{resources.VIRTUAL_MACHINES}"
    return await arm.list(path, api_version=resources.COMPUTE)


def missing(target: Target) -> RequestRefused:
    """Return the error for a VM that is not there."""
    where = (
        f"resource group '{target.resource_group}'" if target.resource_group else f"subscription {target.subscription}"
    )
    return RequestRefused(
        f"There is no VM '{target.name}' in the {where}; get_vm() or `azjobs vm list` lists those that there are.",
        status=404,
        error_code="ResourceNotFound",
    )
