"""`start_vm`, `stop_vm` and `restart_vm`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from azjobs.commands.performing import acting, perform
from azjobs.commands.virtual_machine.target import locate, parse_target

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.commands.virtual_machine.model import VirtualMachine
    from azjobs.jobs.job import Job
    from azjobs.operations.arm import Arm
    from azjobs.operations.plan import FirstRequest


@overload
def start_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    context: Context | None = None,
    as_job: Literal[False] = False,
) -> None: ...
@overload
def start_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    context: Context | None = None,
    as_job: Literal[True],
) -> Job[None]: ...
@overload
def start_vm(
    name: str | VirtualMachine, resource_group_name: str | None = None, *, context: Context | None = None, as_job: bool
) -> Job[None] | None: ...
def start_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    context: Context | None = None,
    as_job: bool = False,
) -> Job[None] | None:
    """Start a VM (PowerShell: `Start-AzVM`); one that runs already stays as it is.

    Args:
        name: its name, its resource id, or the VM itself.
        resource_group_name: its group; by default it is looked for, first in the group of its own name.
        context: as whom; the current context by default.
        as_job: return a job at once instead of waiting.

    Raises:
        JobFailed: there is no such VM, or Azure could not start it.
        NotLoggedIn: nobody is logged in.

    Example:
        >>> start_vm("MyVm")  # doctest: +SKIP
    """
    return _act("start_vm", "start", name, resource_group_name, context, as_job=as_job)


@overload
def stop_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    stay_provisioned: bool = False,
    context: Context | None = None,
    as_job: Literal[False] = False,
) -> None: ...
@overload
def stop_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    stay_provisioned: bool = False,
    context: Context | None = None,
    as_job: Literal[True],
) -> Job[None]: ...
@overload
def stop_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    stay_provisioned: bool = False,
    context: Context | None = None,
    as_job: bool,
) -> Job[None] | None: ...
def stop_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    stay_provisioned: bool = False,
    context: Context | None = None,
    as_job: bool = False,
) -> Job[None] | None:
    """Stop a VM and free its hardware, which ends the billing for it (PowerShell: `Stop-AzVM`).

    Its disks and a static public IP address are kept, and billed.

    Args:
        name: its name, its resource id, or the VM itself.
        resource_group_name: its group; by default it is looked for, first in the group of its own name.
        stay_provisioned: only shut it down and keep the hardware: it is billed as if it ran, and a warning says so.
        context: as whom; the current context by default.
        as_job: return a job at once instead of waiting.

    Raises:
        JobFailed: there is no such VM, or Azure could not stop it.
        NotLoggedIn: nobody is logged in.

    Example:
        >>> stop_vm("MyVm")  # doctest: +SKIP
    """
    if not stay_provisioned:
        return _act("stop_vm", "deallocate", name, resource_group_name, context, as_job=as_job)
    warning = (
        "The VM '{name}' keeps its hardware and is billed as if it ran; stop_vm without stay_provisioned ends that."
    )
    return _act("stop_vm", "powerOff", name, resource_group_name, context, as_job=as_job, warning=warning)


@overload
def restart_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    context: Context | None = None,
    as_job: Literal[False] = False,
) -> None: ...
@overload
def restart_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    context: Context | None = None,
    as_job: Literal[True],
) -> Job[None]: ...
@overload
def restart_vm(
    name: str | VirtualMachine, resource_group_name: str | None = None, *, context: Context | None = None, as_job: bool
) -> Job[None] | None: ...
def restart_vm(
    name: str | VirtualMachine,
    resource_group_name: str | None = None,
    *,
    context: Context | None = None,
    as_job: bool = False,
) -> Job[None] | None:
    """Restart a running VM (PowerShell: `Restart-AzVM`).

    Args:
        name: its name, its resource id, or the VM itself.
        resource_group_name: its group; by default it is looked for, first in the group of its own name.
        context: as whom; the current context by default.
        as_job: return a job at once instead of waiting.

    Raises:
        JobFailed: there is no such VM, or Azure could not restart it.
        NotLoggedIn: nobody is logged in.

    Example:
        >>> restart_vm("MyVm", as_job=True)  # doctest: +SKIP
    """
    return _act("restart_vm", "restart", name, resource_group_name, context, as_job=as_job)


def _act(
    command_name: str,
    action: str,
    name: str | VirtualMachine,
    resource_group_name: str | None,
    context: Context | None,
    *,
    as_job: bool,
    warning: str = "",
) -> Job[None] | None:
    from azjobs.commands.virtual_machine import resources
    from azjobs.operations.plan import FirstRequest, OperationPlan

    who, subscription = acting(context)
    target = parse_target(name, resource_group_name, subscription)

    async def prepare(arm: Arm) -> FirstRequest:
        path = await locate(arm, target)
        if warning:
            arm.warn(warning.format(name=target.name))
        return FirstRequest(method="POST", path=f"{path}/{action}", api_version=resources.COMPUTE)

    plan: OperationPlan[None] = OperationPlan(
        command=command_name, resource=target.name, context=who, prepare=prepare, result_type=None
    )
    return perform(plan, as_job=as_job)
