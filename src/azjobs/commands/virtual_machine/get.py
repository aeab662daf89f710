"""`get_vm`: the VMs of a subscription, of a group, or one of them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, overload

from azjobs.commands.performing import acting
from azjobs.commands.rules import names
from azjobs.commands.virtual_machine import resources
from azjobs.errors import InvalidArgument, RequestRefused

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.commands.virtual_machine.listing import VirtualMachineList
    from azjobs.commands.virtual_machine.model import VirtualMachine
    from azjobs.commands.virtual_machine.pending import Pending
    from azjobs.commands.virtual_machine.target import Target
    from azjobs.operations.arm import Arm

_WILDCARDS = frozenset("*?[")


@overload
def get_vm(
    name: None = None,
    resource_group_name: str | None = None,
    *,
    like: str | None = None,
    status: bool = False,
    context: Context | None = None,
) -> VirtualMachineList: ...
@overload
def get_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    like: None = None,
    status: bool = False,
    context: Context | None = None,
) -> VirtualMachine: ...
def get_vm(
    name: str | VirtualMachine | None = None,
    resource_group_name: str | None = None,
    *,
    like: str | None = None,
    status: bool = False,
    context: Context | None = None,
) -> VirtualMachine | VirtualMachineList:
    """Return virtual machines (PowerShell: `Get-AzVM`).

    A VM that a job of this journal is making and that Azure does not show yet is answered from its job: its state is
    Creating and `from_job` is the job's id.

    Args:
        name: one VM: its name, its resource id, or a VM to read again. Without `resource_group_name` it is looked for
            in the group of its own name, where `new_vm` puts it, then in the whole subscription. None gives all.
        resource_group_name: only the VMs of this group.
        like: only the VMs whose names match this pattern with `*` and `?`. A pattern as `name` does the same.
        status: also read whether they run: `power_state`, and the whole `instance_view`.
        context: as whom; the current context by default.

    Returns:
        One VM for a name, with its `fully_qualified_domain_name`; else a sequence that prints as a table.

    Raises:
        RequestRefused: there is no such VM, or Azure refused.
        InvalidArgument: several groups have a VM of that name.
        NotLoggedIn: nobody is logged in.

    Example:
        >>> get_vm("MyVm").provisioning_state  # doctest: +SKIP
        'Succeeded'
    """
    who, subscription = acting(context)
    if resource_group_name is not None:
        names.check_resource_group(resource_group_name)
    if isinstance(name, str) and _WILDCARDS.intersection(name):
        name, like = None, name
    if name is None:
        return _get_many(who, subscription, resource_group_name, like, status=status)
    if like is not None:
        raise InvalidArgument("Both name and like were given; give one of them.")
    from azjobs.commands.virtual_machine.target import parse_target

    return _get_one(who, parse_target(name, resource_group_name, subscription), status=status)


def _get_one(context: Context, target: Target, *, status: bool) -> VirtualMachine:
    from azjobs.commands.virtual_machine.model import VirtualMachine
    from azjobs.commands.virtual_machine.pending import pending
    from azjobs.operations import submit

    # Before Azure is asked: a job that ends in between has its VM in Azure by then.
    making = [found for found in pending(context) if _is_target(found, target)]
    try:
        body, domain_name = submit.fetch(context, lambda arm: _read_one(arm, target, status=status))
    except RequestRefused as error:
        if error.status != 404 or not making:
            raise
        return VirtualMachine.from_arm(making[-1].body, {"from_job": making[-1].job_id})
    return VirtualMachine.from_arm(body, {"fully_qualified_domain_name": domain_name})


async def _read_one(arm: Arm, target: Target, *, status: bool) -> tuple[dict[str, Any], str | None]:
    from azjobs.commands.virtual_machine.surroundings import find_domain_name
    from azjobs.commands.virtual_machine.target import read

    body = await read(arm, target, query={"$expand": "instanceView"} if status else None)
    try:
        return body, await find_domain_name(arm, body)
    except RequestRefused as error:
        # Who may read the VM may not be allowed to read its network.
        if error.status != 403:
            raise
        return body, None


def _is_target(found: Pending, target: Target) -> bool:
    if target.id is not None:
        return resources.same(found.id, target.id)
    return resources.same(resources.name_of(found.id), target.name)


def _get_many(
    context: Context, subscription: str, group: str | None, pattern: str | None, *, status: bool
) -> VirtualMachineList:
    from azjobs.commands.virtual_machine.listing import VirtualMachineList, order
    from azjobs.commands.virtual_machine.model import VirtualMachine
    from azjobs.commands.virtual_machine.pending import pending
    from azjobs.operations import submit

    making = [one for one in pending(context) if group is None or resources.same(resources.group_of(one.id), group)]
    try:
        bodies = submit.fetch(context, lambda arm: _list(arm, subscription, group, status=status))
    except RequestRefused as error:
        # The group of a VM that is being made may not be there yet.
        if error.status != 404 or not making:
            raise
        bodies = []
    found = [VirtualMachine.from_arm(body) for body in bodies]
    shown = {body["id"].casefold() for body in bodies}
    unshown = {one.id.casefold(): one for one in making if one.id.casefold() not in shown}
    found += [VirtualMachine.from_arm(one.body, {"from_job": one.job_id}) for one in unshown.values()]
    if pattern is not None:
        found = [vm for vm in found if fnmatch.fnmatchcase((vm.name or "").casefold(), pattern.casefold())]
    return VirtualMachineList(sorted(found, key=order), status=status)


async def _list(arm: Arm, subscription: str, group: str | None, *, status: bool) -> list[dict[str, Any]]:
    every = f"/subscriptions/{subscription}/providers/{resources.VIRTUAL_MACHINES}"
    path = (
        every
        if group is None
        else f"{resources.group_path(subscription, group)}/providers/{resources.VIRTUAL_MACHINES}"
    )
    listing = arm.list(path, api_version=resources.COMPUTE)
    if not status:
        return await listing
    import asyncio

    # Azure gives the status of many VMs in a list of its own, for the whole subscription (as Get-AzVM -Status asks).
    bodies, states = await asyncio.gather(
        listing, arm.list(every, api_version=resources.COMPUTE, query={"statusOnly": "true"})
    )
    return _with_status(bodies, states)


def _with_status(bodies: Iterable[Mapping[str, Any]], states: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    views = {state["id"].casefold(): resources.properties(state).get("instanceView") for state in states}
    merged = []
    for body in bodies:
        view = views.get(body["id"].casefold())
        settings = {**resources.properties(body), **({"instanceView": view} if view else {})}
        merged.append({**body, "properties": settings})
    return merged
