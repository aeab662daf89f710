"""What type-checkers know of commands, both ways: checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import assert_type

import azjobs
from azjobs import Credential, Job, ResourceGroup, VirtualMachine, VirtualMachineList
from azjobs.commands.group import ResourceGroupList


def a_new_vm(credential: Credential, maybe: bool) -> None:
    assert_type(azjobs.new_vm("MyVm", credential=credential), VirtualMachine)
    assert_type(azjobs.new_vm("MyVm", credential=credential, as_job=False), VirtualMachine)
    assert_type(azjobs.new_vm("MyVm", credential=credential, as_job=True), Job[VirtualMachine])
    assert_type(azjobs.new_vm("MyVm", as_job=maybe), VirtualMachine | Job[VirtualMachine])
    azjobs.new_vm("MyVm", open_ports=[22, "8000-8100"], allow_from="203.0.113.7", tags={"team": "a"}, zone=1)
    azjobs.new_vm("MyVm", colour="red")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    azjobs.new_vm("MyVm", size=2)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]


def a_vm_that_is_there() -> None:
    vm = azjobs.get_vm("MyVm")
    assert_type(vm, VirtualMachine)
    assert_type(vm.fully_qualified_domain_name, str | None)
    assert_type(vm.resource_group, str)
    assert_type(azjobs.get_vm(), VirtualMachineList)
    assert_type(azjobs.get_vm(resource_group_name="shop", status=True), VirtualMachineList)
    assert_type(azjobs.get_vm(like="web*"), VirtualMachineList)
    assert_type(azjobs.get_vm()[0], VirtualMachine)
    assert_type(azjobs.get_vm()[1:], VirtualMachineList)
    for each in azjobs.get_vm():
        assert_type(each, VirtualMachine)


def what_acts_on_a_vm(vm: VirtualMachine, maybe: bool) -> None:
    assert_type(azjobs.start_vm(vm, as_job=True), Job[None])
    assert_type(azjobs.stop_vm("MyVm", "shop", stay_provisioned=True, as_job=True), Job[None])
    assert_type(azjobs.restart_vm("MyVm", as_job=maybe), Job[None] | None)
    assert_type(azjobs.remove_vm(vm, with_dependents=True, as_job=True), Job[None])
    azjobs.start_vm(7)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]


def groups() -> None:
    assert_type(azjobs.new_resource_group("shop", "westeurope"), ResourceGroup)
    assert_type(azjobs.new_resource_group("shop", tags={"team": "a"}, as_job=True), Job[ResourceGroup])
    assert_type(azjobs.get_resource_group("shop"), ResourceGroup)
    assert_type(azjobs.get_resource_group(), ResourceGroupList)
    assert_type(azjobs.remove_resource_group("shop", as_job=True), Job[None])


def a_command_that_is_submitted(credential: Credential) -> None:
    assert_type(azjobs.submit(azjobs.new_vm, "MyVm", credential=credential), Job[VirtualMachine])
