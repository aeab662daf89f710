"""`remove_vm`: a VM, and on request what its creation made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from azjobs.commands.performing import acting, perform
from azjobs.commands.virtual_machine import resources
from azjobs.commands.virtual_machine.target import Target, parse_target
from azjobs.errors import RequestRefused

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.commands.virtual_machine.model import VirtualMachine
    from azjobs.jobs.job import Job
    from azjobs.operations.arm import Arm
    from azjobs.operations.plan import FirstRequest

_REMOVE_DEPENDENTS = "azjobs.commands.virtual_machine.dependents:remove_dependents"


@overload
def remove_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    with_dependents: bool = False,
    context: Context | None = None,
    as_job: Literal[False] = False,
) -> None: ...
@overload
def remove_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    with_dependents: bool = False,
    context: Context | None = None,
    as_job: Literal[True],
) -> Job[None]: ...
@overload
def remove_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    with_dependents: bool = False,
    context: Context | None = None,
    as_job: bool,
) -> Job[None] | None: ...
def remove_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    with_dependents: bool = False,
    context: Context | None = None,
    as_job: bool = False,
) -> Job[None] | None:
    """Remove a VM (PowerShell: `Remove-AzVM`). It cannot be undone, and nobody is asked.

    Its disks, network interface and public IP address remain, as upstream; a warning names them and what is billed.

    Args:
        name: its name, its resource id, or the VM itself.
        resource_group_name: its group; by default it is looked for, first in the group of its own name.
        with_dependents: also remove what its creation by `new_vm` made: its system's disk, network interface, public IP
            address, network security group and virtual network; never what was there before, nor what something else
            uses by then. The resource group stays. Once the VM is gone it still removes the rest, except the disk.
        context: as whom; the current context by default.
        as_job: return a job at once instead of waiting.

    Raises:
        JobFailed: there is no such VM, or Azure could not remove it.
        NotLoggedIn: nobody is logged in.

    Example:
        >>> remove_vm("MyVm", with_dependents=True)  # doctest: +SKIP
    """
    from azjobs.operations.plan import OperationPlan

    who, subscription = acting(context)
    target = parse_target(name, resource_group_name, subscription)

    async def prepare(arm: Arm) -> FirstRequest:
        return await (_prepare_with_dependents if with_dependents else _prepare)(arm, target)

    follow_up: dict[str, Any] = {"afterwards": _REMOVE_DEPENDENTS} if with_dependents else {}
    plan: OperationPlan[None] = OperationPlan(
        command="remove_vm", resource=target.name, context=who, prepare=prepare, **follow_up
    )
    return perform(plan, as_job=as_job)


async def _prepare(arm: Arm, target: Target) -> FirstRequest:
    from azjobs.commands.virtual_machine.dependents import hanging_on, remaining
    from azjobs.commands.virtual_machine.target import read

    body = await read(arm, target)
    if said := remaining(await hanging_on(arm, body)):
        arm.warn(f"{said} With with_dependents=True, remove_vm also removes what the VM's creation made.")
    return _delete(body["id"])


async def _prepare_with_dependents(arm: Arm, target: Target) -> FirstRequest:
    from azjobs.commands.virtual_machine.dependents import DEPENDENTS, hanging_on, loose_disks, made_with, remaining
    from azjobs.commands.virtual_machine.target import read

    try:
        body: Mapping[str, Any] = await read(arm, target)
    except RequestRefused as error:
        if error.status != 404:
            raise
        return await _prepare_leftovers(arm, target, error)
    group = resources.group_of(body["id"])
    made = await made_with(arm, target.subscription, group, body["name"])
    going = [*_system_disk(body), *(made or [])]
    others = [*await hanging_on(arm, body), *await loose_disks(arm, target.subscription, group, body["name"])]
    staying = [id_ for id_ in others if not any(resources.same(id_, one) for one in going)]
    if made is None:
        arm.warn(
            f"No record of a creation of '{body['name']}' by new_vm is left in the resource group '{group}', so "
            "only the VM and its system's disk are removed."
        )
    if said := remaining(staying):
        arm.warn(said)
    return _delete(body["id"], {DEPENDENTS: going})


async def _prepare_leftovers(arm: Arm, target: Target, missing: RequestRefused) -> FirstRequest:
    """The VM is gone, its creation's record tells what else there may be; a DELETE of the VM is harmless then."""
    from azjobs.commands.virtual_machine.dependents import DEPENDENTS, loose_disks, made_with, remaining

    group = target.resource_group or target.name
    made = await made_with(arm, target.subscription, group, target.name)
    if not made:
        raise missing
    if said := remaining(await loose_disks(arm, target.subscription, group, target.name)):
        arm.warn(said)
    path = resources.resource_path(target.subscription, group, resources.VIRTUAL_MACHINES, target.name)
    return _delete(path, {DEPENDENTS: made})


def _system_disk(body: Mapping[str, Any]) -> list[str]:
    """Return the id of the disk that was made with the VM: that of its system, when it was made from an image."""
    disk = (resources.properties(body).get("storageProfile") or {}).get("osDisk") or {}
    id_ = (disk.get("managedDisk") or {}).get("id")
    return [id_] if id_ and disk.get("createOption") == "FromImage" else []


def _delete(path: str, detail: Mapping[str, Any] | None = None) -> FirstRequest:
    from azjobs.operations.plan import FirstRequest

    remembered: dict[str, Any] = {"detail": detail} if detail else {}
    return FirstRequest(method="DELETE", path=path, api_version=resources.COMPUTE, **remembered)
