"""The functions that act on Azure and can run as jobs: one package or module a resource type.

Names are resolved when they are first used: the SDK's types are behind `VirtualMachine`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from azjobs.commands.group import ResourceGroup as ResourceGroup
    from azjobs.commands.group import ResourceGroupList as ResourceGroupList
    from azjobs.commands.group import get_resource_group as get_resource_group
    from azjobs.commands.group import new_resource_group as new_resource_group
    from azjobs.commands.group import remove_resource_group as remove_resource_group
    from azjobs.commands.virtual_machine.get import get_vm as get_vm
    from azjobs.commands.virtual_machine.listing import VirtualMachineList as VirtualMachineList
    from azjobs.commands.virtual_machine.model import VirtualMachine as VirtualMachine
    from azjobs.commands.virtual_machine.new import describe_new_vm as describe_new_vm
    from azjobs.commands.virtual_machine.new import new_vm as new_vm
    from azjobs.commands.virtual_machine.power import restart_vm as restart_vm
    from azjobs.commands.virtual_machine.power import start_vm as start_vm
    from azjobs.commands.virtual_machine.power import stop_vm as stop_vm
    from azjobs.commands.virtual_machine.remove import remove_vm as remove_vm

_HOME_OF: Final = {
    "ResourceGroup": "azjobs.commands.group",
    "ResourceGroupList": "azjobs.commands.group",
    "get_resource_group": "azjobs.commands.group",
    "new_resource_group": "azjobs.commands.group",
    "remove_resource_group": "azjobs.commands.group",
    "VirtualMachine": "azjobs.commands.virtual_machine.model",
    "VirtualMachineList": "azjobs.commands.virtual_machine.listing",
    "describe_new_vm": "azjobs.commands.virtual_machine.new",
    "get_vm": "azjobs.commands.virtual_machine.get",
    "new_vm": "azjobs.commands.virtual_machine.new",
    "remove_vm": "azjobs.commands.virtual_machine.remove",
    "restart_vm": "azjobs.commands.virtual_machine.power",
    "start_vm": "azjobs.commands.virtual_machine.power",
    "stop_vm": "azjobs.commands.virtual_machine.power",
}

__all__ = list(_HOME_OF)


def __getattr__(name: str) -> Any:
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'azjobs.commands' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(module), name)
    return value
