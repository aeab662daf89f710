"""Looking at VMs, starting, stopping and removing them, against the emulator."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

import azjobs
from azjobs.accounts.credential import Credential
from azjobs.commands.virtual_machine import pending
from azjobs.commands.virtual_machine.specification import specify
from azjobs.errors import InvalidArgument, JobFailed, RequestRefused
from azjobs.jobs.engine import engine
from azjobs.jobs.rows import NewJob

if TYPE_CHECKING:
    from tests.commands.conftest import Cloud

CREDENTIAL = Credential("azureuser", "correct-Horse-1")
NETWORK = "2025-05-01"


def linux(name: str = "web", **options: Any) -> azjobs.VirtualMachine:
    vm: azjobs.VirtualMachine = azjobs.new_vm(name, image="Ubuntu2404", credential=CREDENTIAL, **options)
    return vm


def many(found: object) -> azjobs.VirtualMachineList:
    assert isinstance(found, azjobs.VirtualMachineList)
    return found


def unfinished_creation(cloud: Cloud, name: str, group: str | None = None, *, owner: str | None = None) -> int:
    """Write the job of a VM that Azure does not show yet into the journal, as if it had just been started."""
    specification = specify(name, resource_group_name=group, credential=CREDENTIAL)
    subscription = cloud.context.subscription or ""
    detail = {
        "azure": {"host": cloud.context.environment.resource_manager, "subscription": subscription},
        "method_path": "new_vm",
        "plan": pending.describe(subscription, specification),
    }
    new = NewJob(kind="operation", name=name, command="new_vm", type_name="AzureLongRunningJob", detail=detail)
    return engine().journal.create(new, owner or engine().owner_token).id


def test_one_vm_all_vms_and_those_of_a_group(cloud: Cloud) -> None:
    for name in ("web", "db"):
        linux(name, resource_group_name="shop")
    linux("tools")
    assert azjobs.get_vm("tools").fully_qualified_domain_name == "toolstools.eastus.cloudapp.azure.com"
    assert sorted(vm.name or "" for vm in azjobs.get_vm()) == ["db", "tools", "web"]
    assert sorted(vm.name or "" for vm in azjobs.get_vm(resource_group_name="SHOP")) == ["db", "web"]
    assert [vm.name for vm in azjobs.get_vm(like="W*")] == ["web"]
    assert [vm.name for vm in many(azjobs.get_vm("to*s"))] == ["tools"]
    # Without its group a VM is found wherever it is; by its id or itself too.
    found = azjobs.get_vm("db")
    assert found.resource_group.lower() == "shop"
    assert azjobs.get_vm(found.id or "") == azjobs.get_vm(found) == azjobs.get_vm("DB", "Shop") == found


def test_a_vm_that_is_not_there_is_one_clear_error(cloud: Cloud) -> None:
    with pytest.raises(RequestRefused, match="There is no VM 'nobody' in the subscription") as caught:
        azjobs.get_vm("nobody")
    assert (caught.value.status, caught.value.error_code) == (404, "ResourceNotFound")
    with pytest.raises(RequestRefused, match="There is no VM 'nobody' in the resource group 'nowhere'"):
        azjobs.get_vm("nobody", "nowhere")
    assert list(azjobs.get_vm(like="no*")) == []


def test_a_name_that_two_groups_have_needs_its_group(cloud: Cloud) -> None:
    linux("web", resource_group_name="one")
    linux("web", resource_group_name="two", domain_name_label="another")
    with pytest.raises(InvalidArgument, match="one, two; give resource_group_name"):
        azjobs.get_vm("web")
    assert azjobs.get_vm("web", "two").resource_group.lower() == "two"


def test_until_azure_shows_a_vm_its_job_answers_for_it(cloud: Cloud) -> None:
    azjobs.new_resource_group("shop")
    job_id = unfinished_creation(cloud, "MyVm", "shop")
    vm = azjobs.get_vm("MyVm")
    assert (vm.provisioning_state, vm.from_job, vm.resource_group) == ("Creating", job_id, "shop")
    assert [one.from_job for one in azjobs.get_vm()] == [job_id]
    assert [one.from_job for one in azjobs.get_vm(resource_group_name="shop")] == [job_id]
    unfinished_creation(cloud, "Other")
    assert [one.name for one in azjobs.get_vm(resource_group_name="Other")] == ["Other"]
    assert [one.name for one in azjobs.get_vm(resource_group_name="shop")] == ["MyVm"]


def test_once_azure_shows_a_vm_azure_answers(cloud: Cloud) -> None:
    linux("web")
    unfinished_creation(cloud, "WEB")
    assert azjobs.get_vm("web").from_job is None
    assert [(vm.name, vm.from_job) for vm in azjobs.get_vm()] == [("web", None)]


def test_a_vm_is_stopped_started_and_restarted(cloud: Cloud) -> None:
    vm = linux()
    assert azjobs.get_vm("web", status=True).power_state == "running"
    azjobs.stop_vm("web")
    assert azjobs.get_vm("web", status=True).power_state == "deallocated"
    azjobs.start_vm(vm)
    assert [one.power_state for one in azjobs.get_vm(status=True)] == ["running"]
    job = azjobs.restart_vm(vm.id or "", as_job=True)
    assert job.name == "Long Running Operation for 'restart_vm' on resource 'web'"
    assert azjobs.receive_job(azjobs.wait_job(job)) is None
    assert [one.power_state for one in azjobs.get_vm(resource_group_name="web", status=True)] == ["running"]


def test_a_vm_that_stays_provisioned_is_still_billed_and_a_warning_says_so(cloud: Cloud) -> None:
    linux()
    with pytest.warns(UserWarning, match="'web' keeps its hardware and is billed as if it ran"):
        azjobs.stop_vm("web", stay_provisioned=True)
    assert azjobs.get_vm("web", status=True).power_state == "stopped"


def test_what_acts_on_a_vm_that_is_not_there_fails_clearly(cloud: Cloud) -> None:
    for act in (azjobs.start_vm, azjobs.stop_vm, azjobs.restart_vm, azjobs.remove_vm):
        with pytest.raises(JobFailed, match="There is no VM 'nobody'"):
            act("nobody")


@pytest.mark.parametrize("name", ["", "/subscriptions/S/x", 7])
def test_what_names_no_vm_is_refused_before_a_job_starts(cloud: Cloud, name: str) -> None:
    with pytest.raises(InvalidArgument):
        azjobs.stop_vm(name, as_job=True)
    assert len(azjobs.get_job()) == 0


def test_a_vm_of_another_subscription_or_group_is_refused(cloud: Cloud) -> None:
    id_ = "/subscriptions/other/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web"
    with pytest.raises(InvalidArgument, match="subscription other"):
        azjobs.get_vm(id_)
    mine = id_.replace("other", cloud.context.subscription or "")
    with pytest.raises(InvalidArgument, match="not in 'h'"):
        azjobs.get_vm(mine, "h")


def test_a_removed_vm_leaves_its_parts_and_a_warning_says_which_and_what_is_billed(cloud: Cloud) -> None:
    linux()
    disk = cloud.names("web")["disks"][0]
    with pytest.warns(UserWarning, match="billed") as said:
        azjobs.remove_vm("web")
    text = str(said[0].message)
    assert f"The disk '{disk}' and the public IP address 'web' remain and are billed." in text
    assert "The network interface 'web' remains, at no cost." in text
    held = cloud.names("web")
    assert "virtualMachines" not in held
    assert held["disks"] == [disk]
    assert held["publicIPAddresses"] == ["web"]


def test_with_dependents_all_that_its_creation_made_goes_and_nothing_is_said(cloud: Cloud) -> None:
    linux()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        azjobs.remove_vm("web", with_dependents=True)
    assert cloud.names("web") == {}
    assert azjobs.get_resource_group("web").provisioning_state == "Succeeded"


def test_with_dependents_what_was_there_before_stays(cloud: Cloud) -> None:
    azjobs.new_resource_group("web")
    place = f"/subscriptions/{cloud.context.subscription}/resourceGroups/web/providers/Microsoft.Network"
    subnets = [{"name": "backend", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}
    cloud.put(f"{place}/virtualNetworks/web", NETWORK, {"location": "eastus", "properties": space})
    linux()
    azjobs.remove_vm("web", with_dependents=True)
    assert cloud.names("web") == {"virtualNetworks": ["web"]}
    network = cloud.get(f"{place}/virtualNetworks/web", NETWORK)
    assert network is not None
    assert [subnet["name"] for subnet in network["properties"]["subnets"]] == ["backend"]


def test_with_dependents_what_another_vm_uses_by_then_stays_and_a_warning_says_so(cloud: Cloud) -> None:
    linux("first", resource_group_name="shop")
    linux("second", resource_group_name="shop", virtual_network_name="first", security_group_name="first")
    with pytest.warns(UserWarning, match="stays") as said:
        azjobs.remove_vm("first", with_dependents=True)
    texts = " ".join(str(one.message) for one in said)
    assert "The network security group 'first' stays: 'second' uses it." in texts
    assert "The virtual network 'first' stays: it has 2 subnets, more than its creation made." in texts
    held = cloud.names("shop")
    assert held["virtualMachines"] == held["networkInterfaces"] == held["publicIPAddresses"] == ["second"]
    assert held["networkSecurityGroups"] == held["virtualNetworks"] == ["first"]
    # The second made neither network nor security group: they stay without a word.
    azjobs.remove_vm("second", with_dependents=True)
    assert cloud.names("shop") == {"networkSecurityGroups": ["first"], "virtualNetworks": ["first"]}


def test_with_dependents_a_refusal_that_passes_is_waited_out_and_another_leaves_the_part(cloud: Cloud) -> None:
    linux()
    kind = "Microsoft.Network/networkInterfaces/delete"
    cloud.fail_next(
        kind, "web", "NicReservedForAnotherVm", "Nic(s) in request is reserved for another Virtual Machine."
    )
    kind = "Microsoft.Network/networkSecurityGroups/delete"
    cloud.fail_next(kind, "web", "ScopeLocked", "The scope is locked.")
    with pytest.warns(UserWarning, match="'web' stays, because Azure refuses to remove it: ScopeLocked"):
        azjobs.remove_vm("web", with_dependents=True)
    assert cloud.names("web") == {"networkSecurityGroups": ["web"]}


def test_once_a_vm_is_gone_its_dependents_can_still_be_removed(cloud: Cloud) -> None:
    linux()
    disk = cloud.names("web")["disks"]
    with pytest.warns(UserWarning, match="remain and are billed"):
        azjobs.remove_vm("web")
    with pytest.warns(UserWarning, match=f"The disk '{disk[0]}' remains and is billed"):
        azjobs.remove_vm("web", with_dependents=True)
    assert cloud.names("web") == {"disks": disk}


def test_groups_are_made_listed_and_removed(cloud: Cloud) -> None:
    made = azjobs.new_resource_group("shop", "West Europe", tags={"team": "a"})
    assert (made.name, made.location, made.tags, made.provisioning_state) == (
        "shop",
        "westeurope",
        {"team": "a"},
        "Succeeded",
    )
    assert azjobs.get_resource_group("SHOP") == made
    assert [group.name for group in azjobs.get_resource_group()] == ["shop"]
    assert list(azjobs.get_resource_group(like="x*")) == []
    linux("web", resource_group_name="shop")
    job = azjobs.remove_resource_group(made, as_job=True)
    assert job.result() is None
    assert list(azjobs.get_resource_group()) == []
    assert list(azjobs.get_vm()) == []


def test_a_group_that_is_there_keeps_its_tags_unless_others_are_given(cloud: Cloud) -> None:
    azjobs.new_resource_group("shop", tags={"team": "a"})
    with pytest.warns(UserWarning, match="'shop' exists already and is returned unchanged"):
        assert azjobs.new_resource_group("shop").tags == {"team": "a"}
    assert azjobs.new_resource_group("shop", tags={"team": "b"}).tags == {"team": "b"}
    with pytest.raises(InvalidArgument, match="location='eastus'"):
        azjobs.new_resource_group("shop", "westeurope")


def test_a_group_that_is_not_there_is_one_clear_error(cloud: Cloud) -> None:
    with pytest.raises(RequestRefused, match="There is no resource group 'nowhere'"):
        azjobs.get_resource_group("nowhere")
    with pytest.raises(JobFailed, match="nowhere"):
        azjobs.remove_resource_group("nowhere")


def test_a_job_that_died_before_it_sent_anything_makes_no_vm(cloud: Cloud) -> None:
    unfinished_creation(cloud, "phantom", owner="a-process-that-is-gone")
    with pytest.raises(RequestRefused, match="There is no VM 'phantom'"):
        azjobs.get_vm("phantom")
    assert len(many(azjobs.get_vm())) == 0


def test_an_empty_name_is_called_empty(cloud: Cloud) -> None:
    with pytest.raises(InvalidArgument, match="The name of a VM is empty"):
        azjobs.stop_vm("")
