"""How virtual machines print: the seed's property list and table."""

from __future__ import annotations

import pickle
from typing import Any

from azure.mgmt.compute import models

from azjobs.commands import ResourceGroup, VirtualMachine, VirtualMachineList
from azjobs.commands.group import ResourceGroupList
from azjobs.commands.virtual_machine.listing import order

SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"


def body(name: str = "MyVm", group: str | None = None, **changes: Any) -> dict[str, Any]:
    place = f"{SUBSCRIPTION}/resourceGroups/{group or name.upper()}/providers"
    return {
        "id": f"{place}/Microsoft.Compute/virtualMachines/{name}",
        "name": name,
        "type": "Microsoft.Compute/virtualMachines",
        "location": "eastus",
        "properties": {
            "vmId": "dff1f79e-a8f7-4664-ab72-0ec28b9fbb5b",
            "hardwareProfile": {"vmSize": "Standard_DS1_v2"},
            "storageProfile": {
                "imageReference": {"publisher": "MicrosoftWindowsServer"},
                "osDisk": {"osType": "Windows", "createOption": "FromImage"},
                "dataDisks": [],
            },
            "osProfile": {
                "computerName": name,
                "adminUsername": "azureuser",
                "windowsConfiguration": {},
                "secrets": [],
            },
            "networkProfile": {
                "networkInterfaces": [{"id": f"{place}/Microsoft.Network/networkInterfaces/{name}"}],
            },
            "provisioningState": "Succeeded",
            **changes,
        },
    }


def test_one_vm_prints_as_the_seeds_property_list() -> None:
    extras = {"fully_qualified_domain_name": "myvmmyvm.eastus.cloudapp.azure.com"}
    assert (
        repr(VirtualMachine.from_arm(body(group="MyVm"), extras))
        == f"""\
ResourceGroupName        : MyVm
Id                       : {SUBSCRIPTION}/resourceGroups/MyVm/providers/Microsoft.Compute/virtualMachines/MyVm
VmId                     : dff1f79e-a8f7-4664-ab72-0ec28b9fbb5b
Name                     : MyVm
Type                     : Microsoft.Compute/virtualMachines
Location                 : eastus
Tags                     : {{}}
HardwareProfile          : {{VmSize}}
NetworkProfile           : {{NetworkInterfaces}}
OSProfile                : {{ComputerName, AdminUsername, WindowsConfiguration, Secrets}}
ProvisioningState        : Succeeded
StorageProfile           : {{ImageReference, OsDisk, DataDisks}}
FullyQualifiedDomainName : myvmmyvm.eastus.cloudapp.azure.com"""
    )


def test_several_vms_print_as_the_seeds_table() -> None:
    vms = VirtualMachineList(VirtualMachine.from_arm(body(name)) for name in ("MyVm", "MyVm0"))
    assert (
        str(vms)
        == """\
ResourceGroupName  Name Location          VmSize  OsType   NIC ProvisioningState Zone
-----------------  ---- --------          ------  ------   --- ----------------- ----
MYVM               MyVm   eastus Standard_DS1_v2 Windows  MyVm         Succeeded
MYVM0             MyVm0   eastus Standard_DS1_v2 Windows MyVm0         Succeeded"""
    )


def test_a_list_read_with_status_shows_whether_its_vms_run() -> None:
    view = {"statuses": [{"code": "ProvisioningState/succeeded"}, {"code": "PowerState/running"}]}
    vms = VirtualMachineList([VirtualMachine.from_arm(body(instanceView=view))], status=True)
    heading, _, row = str(vms).splitlines()
    assert heading.endswith("Zone PowerState")
    assert row.endswith("running")
    assert "PowerState               : running" in repr(vms[0])


def test_a_notebook_shows_a_table_and_markup_in_tags_is_harmless() -> None:
    vms = VirtualMachineList([VirtualMachine.from_arm({**body(), "zones": ["<1>"]})])
    html = vms._repr_html_()
    assert html.startswith("<table>")
    assert "&lt;1&gt;" in html


def test_an_answer_of_a_job_says_so() -> None:
    vm = VirtualMachine.from_arm(body(provisioningState="Creating"), {"from_job": 7})
    assert vm.from_job == 7
    assert repr(vm).splitlines()[-1] == "FromJob                  : 7 (Azure does not show this VM yet)"


def test_a_vm_is_the_sdks_own_type_with_typed_members() -> None:
    vm = VirtualMachine.from_arm(body())
    assert isinstance(vm, models.VirtualMachine)
    assert isinstance(vm.properties, models.VirtualMachineProperties)
    assert isinstance(vm.storage_profile.os_disk, models.OSDisk)
    assert vm.as_dict() == body()
    assert vm.resource_group == "MYVM"
    assert (vm.size, vm.os_type, vm.power_state) == ("Standard_DS1_v2", "Windows", None)
    # The SDK's own class is as it was.
    assert isinstance(models.VirtualMachine(body()).properties, models.VirtualMachineProperties)


def test_a_vm_survives_pickling_with_what_was_added() -> None:
    vm = VirtualMachine.from_arm(body(), {"fully_qualified_domain_name": "a.b"})
    copy = pickle.loads(pickle.dumps(vm))
    assert copy == vm
    assert copy.fully_qualified_domain_name == "a.b"


def test_a_list_is_a_sequence() -> None:
    vms = VirtualMachineList(VirtualMachine.from_arm(body(f"MyVm{k}")) for k in range(3))
    assert [vm.name for vm in vms[1:]] == ["MyVm1", "MyVm2"]
    assert isinstance(vms[1:], VirtualMachineList)
    assert vms == list(vms)
    assert str(VirtualMachineList()) == "No virtual machines."


def test_a_group_prints_as_get_azresourcegroup_prints_it() -> None:
    group = ResourceGroup.from_arm(
        {
            "id": f"{SUBSCRIPTION}/resourceGroups/MyVm",
            "name": "MyVm",
            "type": "Microsoft.Resources/resourceGroups",
            "location": "eastus",
            "tags": {"team": "a"},
            "properties": {"provisioningState": "Succeeded"},
        }
    )
    assert (
        repr(group)
        == f"""\
ResourceGroupName : MyVm
Location          : eastus
ProvisioningState : Succeeded
Tags              : {{"team":"a"}}
ResourceId        : {SUBSCRIPTION}/resourceGroups/MyVm"""
    )
    assert str(ResourceGroupList([group])).splitlines()[2].split() == ["MyVm", "eastus", "Succeeded", '{"team":"a"}']
    assert ResourceGroup.from_arm(group.as_dict()) == group


def test_machines_are_sorted_by_group_and_name_with_numbers_as_numbers() -> None:
    machines = [VirtualMachine.from_arm(body(name, "G")) for name in ("web10", "web9", "Web", "api2")]
    assert [machine.name for machine in sorted(machines, key=order)] == ["api2", "Web", "web9", "web10"]
