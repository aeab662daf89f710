"""`new_vm` against the emulator, over TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import azjobs
from azjobs.accounts.credential import Credential
from azjobs.commands.rules.images import parse_image
from azjobs.errors import InvalidArgument, JobFailed

if TYPE_CHECKING:
    from tests.commands.conftest import Cloud

PASSWORD = "correct-Horse-1"
CREDENTIAL = Credential("azureuser", PASSWORD)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
NETWORK = "2025-05-01"


def network(cloud: Cloud, kind: str, name: str, group: str = "MyVm") -> str:
    return (
        f"/subscriptions/{cloud.context.subscription}/resourceGroups/{group}/providers/Microsoft.Network/{kind}/{name}"
    )


def test_a_name_and_a_credential_make_a_vm_and_what_it_hangs_on(cloud: Cloud) -> None:
    vm = azjobs.new_vm("MyVm", credential=CREDENTIAL)
    assert vm.provisioning_state == "Succeeded"
    assert vm.fully_qualified_domain_name == "myvmmyvm.eastus.cloudapp.azure.com"
    assert (vm.location, vm.resource_group, vm.size, vm.os_type) == ("eastus", "MyVm", "Standard_D2s_v3", "Windows")
    assert vm.security_profile.security_type == "TrustedLaunch"
    held = cloud.names("MyVm")
    assert sorted(kind for kind in held if held[kind] == ["MyVm"]) == [
        "networkInterfaces",
        "networkSecurityGroups",
        "publicIPAddresses",
        "virtualMachines",
        "virtualNetworks",
    ]
    assert len(azjobs.get_job()) == 0


def test_a_job_gives_what_the_plain_call_gives(cloud: Cloud) -> None:
    job = azjobs.new_vm("MyVm", credential=CREDENTIAL, as_job=True)
    assert job.name == "Long Running Operation for 'new_vm' on resource 'MyVm'"
    received = azjobs.receive_job(azjobs.wait_job(job))
    again = azjobs.submit(azjobs.new_vm, "MyVm", credential=CREDENTIAL).result()
    assert type(received) is type(again) is azjobs.VirtualMachine
    assert received == again
    assert again.fully_qualified_domain_name == received.fully_qualified_domain_name


def test_a_linux_vm_with_a_key_and_no_public_ip(cloud: Cloud) -> None:
    vm = azjobs.new_vm("web-01", image="Ubuntu2404", ssh_key=KEY, public_ip=False, tags={"team": "a"}, zone=1)
    assert vm.fully_qualified_domain_name is None
    assert (vm.os_type, vm.tags, vm.zones) == ("Linux", {"team": "a"}, ["1"])
    assert vm.os_profile.admin_username == "azureuser"
    assert "publicIPAddresses" not in cloud.names("web-01")


def test_an_existing_vm_is_returned_unchanged_with_a_warning(cloud: Cloud) -> None:
    first = azjobs.new_vm("MyVm", credential=CREDENTIAL)
    before = cloud.requests()
    with pytest.warns(
        UserWarning, match="'MyVm' in the resource group 'MyVm' exists already and is returned unchanged"
    ):
        second = azjobs.new_vm("MyVm", credential=CREDENTIAL, size="Standard_D4s_v3")
    assert second == first
    assert second.size == "Standard_D2s_v3"
    assert second.fully_qualified_domain_name == first.fully_qualified_domain_name
    made = {request for request, count in cloud.requests().items() if count != before.get(request)}
    assert not [request for request in made if request.startswith(("PUT", "PATCH"))]


def test_the_default_label_gets_six_hexadecimal_digits_when_it_is_taken(cloud: Cloud) -> None:
    azjobs.new_resource_group("other")
    take_label(cloud, "myvmmyvm")
    vm = azjobs.new_vm("MyVm", credential=CREDENTIAL)
    host, _, rest = str(vm.fully_qualified_domain_name).partition(".")
    assert rest == "eastus.cloudapp.azure.com"
    assert host.startswith("myvmmyvm-")
    assert len(bytes.fromhex(host.removeprefix("myvmmyvm-"))) == 3


def test_a_taken_label_that_was_asked_for_fails_in_one_sentence_and_creates_nothing(cloud: Cloud) -> None:
    azjobs.new_resource_group("other")
    take_label(cloud, "mine")
    job = azjobs.new_vm("MyVm", credential=CREDENTIAL, domain_name_label="mine", as_job=True)
    with pytest.raises(InvalidArgument, match="'mine' is taken in eastus and nothing was created") as caught:
        job.result()
    assert "\n" not in str(caught.value)
    assert [group.name for group in azjobs.get_resource_group()] == ["other"]


def test_an_existing_network_keeps_its_subnets_and_gets_one_more(cloud: Cloud) -> None:
    azjobs.new_resource_group("MyVm", "westeurope")
    body: dict[str, Any] = {
        "location": "westeurope",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "backend", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        },
    }
    cloud.put(network(cloud, "virtualNetworks", "hub"), NETWORK, body)
    vm = azjobs.new_vm("MyVm", credential=CREDENTIAL, virtual_network_name="hub")
    assert vm.location == "westeurope"
    hub = cloud.get(network(cloud, "virtualNetworks", "hub"), NETWORK)
    assert hub is not None
    assert {one["name"]: one["properties"]["addressPrefix"] for one in hub["properties"]["subnets"]} == {
        "backend": "10.0.0.0/24",
        "MyVm": "10.0.1.0/24",
    }
    assert cloud.names("MyVm")["virtualNetworks"] == ["hub"]


def test_a_part_in_another_region_is_refused_before_anything_is_made(cloud: Cloud) -> None:
    azjobs.new_resource_group("MyVm", "westeurope")
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    cloud.put(network(cloud, "virtualNetworks", "MyVm"), NETWORK, {"location": "westeurope", "properties": space})
    with pytest.raises(InvalidArgument, match="location='westeurope'"):
        azjobs.new_vm("MyVm", credential=CREDENTIAL, location="eastus")
    assert cloud.names("MyVm") == {"virtualNetworks": ["MyVm"]}


def test_an_existing_security_group_is_used_as_it_is_and_a_warning_says_so(cloud: Cloud) -> None:
    azjobs.new_resource_group("MyVm")
    path = network(cloud, "networkSecurityGroups", "MyVm")
    before = cloud.put(path, NETWORK, {"location": "eastus", "properties": {"securityRules": []}})
    with pytest.warns(UserWarning, match="network security group 'MyVm' exists already"):
        azjobs.new_vm("MyVm", credential=CREDENTIAL, open_ports=[443])
    after = cloud.get(path, NETWORK)
    assert after is not None
    assert after["properties"]["securityRules"] == before["properties"]["securityRules"] == []


def test_only_those_who_are_allowed_reach_the_ports(cloud: Cloud) -> None:
    azjobs.new_vm("MyVm", credential=CREDENTIAL, open_ports=[443, "8000-8100"], allow_from="203.0.113.0/24")
    group = cloud.get(network(cloud, "networkSecurityGroups", "MyVm"), NETWORK)
    assert group is not None
    rules = [rule["properties"] for rule in group["properties"]["securityRules"]]
    assert [(rule["destinationPortRange"], rule["sourceAddressPrefix"]) for rule in rules] == [
        ("443", "203.0.113.0/24"),
        ("8000-8100", "203.0.113.0/24"),
    ]


def test_when_azure_cannot_make_the_vm_the_job_fails_with_azures_own_words(cloud: Cloud) -> None:
    text = "Allocation failed. We do not have sufficient capacity for the requested VM size in this region."
    cloud.fail_next("Microsoft.Compute/virtualMachines/create", "MyVm", "AllocationFailed", text)
    job = azjobs.new_vm("MyVm", credential=CREDENTIAL, as_job=True)
    with pytest.raises(JobFailed) as caught:
        job.result()
    assert text in str(caught.value.reason)
    assert PASSWORD not in str(caught.value.reason)
    # What it leaves behind goes like the rest.
    azjobs.remove_vm("MyVm", with_dependents=True)
    assert {kind for kind in cloud.names("MyVm") if kind != "disks"} == set()


def test_of_an_image_that_only_azure_knows_the_system_is_asked(cloud: Cloud) -> None:
    job = azjobs.new_vm("MyVm", credential=CREDENTIAL, image="contoso:appliance:gold:latest", as_job=True)
    with pytest.raises(InvalidArgument, match="Azure has no image 'contoso:appliance:gold:latest' in eastus"):
        job.result()
    assert list(azjobs.get_resource_group()) == []


def test_the_password_is_in_no_file_of_the_home(cloud: Cloud) -> None:
    from azjobs.home import home

    azjobs.new_vm("MyVm", credential=CREDENTIAL, as_job=True).result()
    files = [path for path in home().rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]


def test_ten_at_once(cloud: Cloud) -> None:
    jobs = [azjobs.new_vm(f"MyVm{k}", credential=CREDENTIAL, as_job=True) for k in range(10)]
    azjobs.wait_job(jobs)
    vms = azjobs.get_vm()
    assert sorted(vm.name for vm in vms if vm.name) == [f"MyVm{k}" for k in range(10)]
    assert {vm.provisioning_state for vm in vms} == {"Succeeded"}
    assert {vm.from_job for vm in vms} == {None}


def take_label(cloud: Cloud, label: str) -> None:
    settings = {"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": label}}
    body = {"location": "eastus", "sku": {"name": "Standard"}, "properties": settings}
    cloud.put(network(cloud, "publicIPAddresses", "taker", "other"), NETWORK, body)


def test_an_image_of_a_publisher_that_is_not_known_here_is_looked_up(cloud: Cloud) -> None:
    vm = azjobs.new_vm("MyVm", credential=CREDENTIAL, image="OpenLogic:CentOS:8_5-gen2:latest")
    assert vm.os_type == "Linux"
    group = cloud.get(network(cloud, "networkSecurityGroups", "MyVm"), NETWORK)
    assert group is not None
    assert [rule["name"] for rule in group["properties"]["securityRules"]] == ["MyVm22"]


def test_rules_of_an_operating_system_that_only_azure_knew_hold_before_anything_is_made(cloud: Cloud) -> None:
    # Long enough for Windows, too long for Linux; nobody here knows that almalinux publishes Linux.
    password = "correct-Horse-1" * 6
    image = "almalinux:almalinux-x86_64:9-gen2:latest"
    with pytest.raises(InvalidArgument, match="a Linux VM takes 12 to 72"):
        azjobs.new_vm("MyVm", credential=Credential("azureuser", password), image=image)
    assert list(azjobs.get_resource_group()) == []


def test_many_vms_in_one_group(cloud: Cloud) -> None:
    jobs = [azjobs.new_vm(f"web{k}", resource_group_name="shop", credential=CREDENTIAL, as_job=True) for k in range(4)]
    azjobs.wait_job(jobs)
    vms = azjobs.receive_job(jobs)
    assert [vm.fully_qualified_domain_name for vm in vms] == [f"web{k}shop.eastus.cloudapp.azure.com" for k in range(4)]
    assert len(azjobs.get_vm(resource_group_name="shop")) == 4


def test_a_urn_is_looked_up_so_that_an_unknown_one_leaves_nothing_behind(cloud: Cloud) -> None:
    with pytest.raises(InvalidArgument, match="Azure has no image 'Canonical:no:such:latest' in eastus"):
        azjobs.new_vm("MyVm", image="Canonical:no:such:latest", credential=CREDENTIAL)
    assert len(azjobs.get_resource_group()) == 0


def test_only_an_alias_says_by_itself_whether_its_image_is_launched_trusted() -> None:
    assert parse_image("Ubuntu2404").known
    assert parse_image("Canonical:ubuntu-24_04-lts:server:latest").trusted_launch is None


def test_what_azure_says_of_an_image_decides_whether_it_is_launched_trusted(cloud: Cloud) -> None:
    version = "24.04.202601010"
    asked = (
        f"/subscriptions/{cloud.context.subscription}/providers/Microsoft.Compute/locations/eastus/publishers/Canonical"
        f"/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus/server/versions/{version}"
    )
    body = cloud.get(asked, "2026-04-01")
    assert body is not None
    features = body["properties"].get("features") or []
    can = any(one["name"] == "SecurityType" and "TrustedLaunch" in one["value"] for one in features)
    vm = azjobs.new_vm("MyVm", image=f"Canonical:ubuntu-24_04-lts:server:{version}", credential=CREDENTIAL)
    assert (vm.security_profile is not None) == can


def test_a_region_that_azure_does_not_have_is_named(cloud: Cloud) -> None:
    with pytest.raises(InvalidArgument, match="'mars' is no region of Azure"):
        azjobs.new_vm("MyVm", location="mars", credential=CREDENTIAL)
    assert len(azjobs.get_resource_group()) == 0


def test_a_further_subnet_of_a_network_that_is_there_may_have_a_range_of_that_network(cloud: Cloud) -> None:
    azjobs.new_vm("hub", credential=CREDENTIAL, address_prefix="10.1.0.0/16")
    azjobs.new_vm(
        "web",
        resource_group_name="hub",
        virtual_network_name="hub",
        subnet_address_prefix="10.1.7.0/24",
        credential=CREDENTIAL,
    )
    body = cloud.get(network(cloud, "virtualNetworks", "hub", "hub"), NETWORK)
    assert body is not None
    ranges = {one["name"]: one["properties"]["addressPrefix"] for one in body["properties"]["subnets"]}
    assert ranges == {"hub": "10.1.0.0/24", "web": "10.1.7.0/24"}


def test_a_range_outside_of_a_new_network_is_refused_before_anything_is_made(cloud: Cloud) -> None:
    with pytest.raises(InvalidArgument, match=r"10\.1\.7\.0/24 is not within the virtual network 192\.168\.0\.0/16"):
        azjobs.new_vm("MyVm", virtual_network_name="hub", subnet_address_prefix="10.1.7.0/24", credential=CREDENTIAL)
    assert len(azjobs.get_resource_group()) == 0


def test_ranges_that_do_not_come_about_are_warned_of(cloud: Cloud) -> None:
    azjobs.new_vm("hub", credential=CREDENTIAL)
    with pytest.warns(UserWarning, match="address_prefix does not change it") as said:
        azjobs.new_vm(
            "web",
            resource_group_name="hub",
            virtual_network_name="hub",
            subnet_name="hub",
            address_prefix="10.0.0.0/8",
            subnet_address_prefix="10.0.3.0/24",
            credential=CREDENTIAL,
        )
    assert [str(one.message).partition(";")[0] for one in said] == [
        "The virtual network 'hub' exists already and is used as it is",
        "The subnet 'hub' exists already and is used as it is",
    ]
