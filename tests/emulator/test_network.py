"""Virtual networks, addresses, security groups and interfaces, and what keeps them from being deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

RULE: dict[str, Any] = {
    "protocol": "Tcp",
    "sourcePortRange": "*",
    "destinationPortRange": "22",
    "sourceAddressPrefix": "*",
    "destinationAddressPrefix": "*",
    "access": "Allow",
    "priority": 1000,
    "direction": "Inbound",
}


@pytest.fixture
def group(arm: Arm) -> Arm:
    arm.make_group()
    return arm


def security_group(**rules: dict[str, Any]) -> dict[str, Any]:
    listed = [{"name": name, "properties": {**RULE, **rule}} for name, rule in rules.items()]
    return {"location": "eastus", "properties": {"securityRules": listed}}


def test_a_network_is_updating_until_its_operation_ends(group: Arm) -> None:
    path = f"{group.network}/virtualNetworks/v"
    body = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    created = group.ask("PUT", path, body)
    assert (created.status, created.headers["Retry-After"]) == (201, "3")
    poll = created.headers["Azure-AsyncOperation"]
    assert poll.startswith(
        f"https://management.azure.com{group.subscription}/providers/Microsoft.Network/locations/eastus/operations/"
    )
    assert created.json()["properties"]["provisioningState"] == "Updating"
    before = group.ask("GET", poll)
    assert (before.json(), before.headers["Retry-After"]) == ({"status": "InProgress"}, "10")
    group.clock.advance(10)
    assert group.get(poll) == {"status": "Succeeded"}
    shown = group.ask("GET", path)
    assert shown.json()["properties"]["provisioningState"] == "Succeeded"
    assert shown.headers["ETag"] == shown.json()["etag"] != created.json()["etag"]


def test_subnets_carry_their_parents_state_and_etag(group: Arm) -> None:
    network = group.make_network()
    subnet = network["properties"]["subnets"][0]
    assert subnet["id"] == f"{network['id']}/subnets/s"
    assert subnet["etag"] == network["etag"]
    assert subnet["properties"]["provisioningState"] == "Succeeded"
    assert group.get(subnet["id"]) == subnet


def test_a_subnet_is_added_to_and_taken_from_its_network(group: Arm) -> None:
    group.make_network()
    path = f"{group.network}/virtualNetworks/v/subnets/t"
    added = group.ask("PUT", path, {"properties": {"addressPrefix": "10.0.1.0/24"}})
    assert added.status == 201
    group.settle()
    assert [subnet["name"] for subnet in group.get(f"{group.network}/virtualNetworks/v/subnets")["value"]] == ["s", "t"]
    assert group.ask("DELETE", path).status == 202
    group.settle()
    assert group.error("GET", path)[0] == 404
    assert group.ask("DELETE", path).status == 204


def test_a_network_takes_one_write_at_a_time(group: Arm) -> None:
    group.make_network()
    subnets = f"{group.network}/virtualNetworks/v/subnets"
    group.ask("PUT", f"{subnets}/a", {"properties": {"addressPrefix": "10.0.1.0/24"}})
    status, code, message = group.error("PUT", f"{subnets}/b", {"properties": {"addressPrefix": "10.0.2.0/24"}})
    assert (status, code) == (409, "AnotherOperationInProgress")
    assert "/providers/Microsoft.Network/locations/eastus/operations/" in message


@pytest.mark.parametrize(
    ("prefix", "code"),
    [
        ("10.1.0.0/24", "NetcfgInvalidSubnet"),
        ("10.0.0.128/25", "NetcfgSubnetRangesOverlap"),
        ("10.0.0.1/24", "InvalidCIDRNotation"),
        ("nonsense", "InvalidCIDRNotation"),
    ],
)
def test_a_subnet_must_lie_in_its_network_and_beside_the_others(group: Arm, prefix: str, code: str) -> None:
    group.make_network()
    path = f"{group.network}/virtualNetworks/v/subnets/t"
    assert group.error("PUT", path, {"properties": {"addressPrefix": prefix}})[:2] == (400, code)


def test_declaring_a_network_again_without_a_subnet_in_use_is_refused(group: Arm) -> None:
    group.make_network()
    group.make_interface()
    body = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    assert group.error("PUT", f"{group.network}/virtualNetworks/v", body)[1] == "InUseSubnetCannotBeDeleted"


def test_an_interface_gets_the_first_free_address_of_its_subnet(group: Arm) -> None:
    group.make_network()
    addresses = [
        group.make_interface(name)["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]
        for name in ("a", "b", "c")
    ]
    assert addresses == ["10.0.0.4", "10.0.0.5", "10.0.0.6"]
    group.do("DELETE", f"{group.network}/networkInterfaces/b")
    again = group.make_interface("d")["properties"]["ipConfigurations"][0]["properties"]
    assert again["privateIPAddress"] == "10.0.0.5"


def test_an_interface_keeps_its_address_when_it_is_written_again(group: Arm) -> None:
    group.make_network()
    group.make_interface("a")
    first = group.make_interface("b")
    group.do("DELETE", f"{group.network}/networkInterfaces/a")
    again = group.make_interface("b")
    for nic in (first, again):
        assert nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.0.0.5"


def test_a_full_subnet_refuses_an_interface_and_nothing_of_it_remains(group: Arm) -> None:
    group.make_network()
    path = f"{group.network}/virtualNetworks/v/subnets/small"
    group.do("PUT", path, {"properties": {"addressPrefix": "10.0.1.0/29"}})
    for name in ("a", "b", "c"):
        group.make_interface(name, subnet="v/subnets/small")
    body = {
        "location": "eastus",
        "properties": {"ipConfigurations": [{"name": "c", "properties": {"subnet": {"id": path}}}]},
    }
    assert group.error("PUT", f"{group.network}/networkInterfaces/d", body)[:2] == (400, "SubnetIsFull")
    assert group.error("GET", f"{group.network}/networkInterfaces/d")[0] == 404
    assert len(group.get(path)["properties"]["ipConfigurations"]) == 3


def test_a_static_address_must_be_free_and_in_its_subnet(group: Arm) -> None:
    group.make_network()
    group.make_interface("a")
    subnet = {"id": f"{group.network}/virtualNetworks/v/subnets/s"}

    def static(address: str) -> dict[str, Any]:
        properties = {"subnet": subnet, "privateIPAllocationMethod": "Static", "privateIPAddress": address}
        return {"location": "eastus", "properties": {"ipConfigurations": [{"name": "c", "properties": properties}]}}

    path = f"{group.network}/networkInterfaces/b"
    assert group.error("PUT", path, static("10.0.0.4"))[1] == "PrivateIPAddressIsAllocated"
    assert group.error("PUT", path, static("10.9.0.4"))[1] == "PrivateIPAddressNotInSubnet"
    assert group.error("PUT", path, static("nonsense"))[1] == "PrivateIPAddressNotInSubnet"
    shown = group.do("PUT", path, static("10.0.0.40"))
    assert shown["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.0.0.40"


def test_two_configurations_of_one_interface_get_two_addresses(group: Arm) -> None:
    group.make_network()
    subnet = {"id": f"{group.network}/virtualNetworks/v/subnets/s"}
    configurations = [{"name": name, "properties": {"subnet": subnet}} for name in ("a", "b")]
    body = {"location": "eastus", "properties": {"ipConfigurations": configurations}}
    shown = group.do("PUT", f"{group.network}/networkInterfaces/n", body)["properties"]["ipConfigurations"]
    assert [item["properties"]["privateIPAddress"] for item in shown] == ["10.0.0.4", "10.0.0.5"]
    assert [item["properties"]["primary"] for item in shown] == [True, False]


def test_an_interface_that_is_on_no_machine_is_done_at_once_and_still_has_a_poll_url(group: Arm) -> None:
    group.make_network()
    subnet = {"id": f"{group.network}/virtualNetworks/v/subnets/s"}
    body = {"location": "eastus", "properties": {"ipConfigurations": [{"name": "c", "properties": {"subnet": subnet}}]}}
    created = group.ask("PUT", f"{group.network}/networkInterfaces/n", body)
    assert created.json()["properties"]["provisioningState"] == "Succeeded"
    assert "Retry-After" not in created.headers
    assert group.get(created.headers["Azure-AsyncOperation"]) == {"status": "Succeeded"}


@pytest.mark.parametrize("absent", ["virtualNetworks/v/subnets/none", "virtualNetworks/none/subnets/s", "nonsense"])
def test_an_interface_in_a_subnet_that_is_not_there_is_refused(group: Arm, absent: str) -> None:
    group.make_network()
    body = {
        "location": "eastus",
        "properties": {
            "ipConfigurations": [{"name": "c", "properties": {"subnet": {"id": f"{group.network}/{absent}"}}}]
        },
    }
    status, code, message = group.error("PUT", f"{group.network}/networkInterfaces/n", body)
    assert (status, code) == (400, "InvalidResourceReference")
    assert "was not found. Please make sure that the referenced resource exists" in message


def test_an_interface_must_be_in_the_region_of_its_network(group: Arm) -> None:
    group.make_network(location="westus")
    subnet = {"id": f"{group.network}/virtualNetworks/v/subnets/s"}
    body = {"location": "eastus", "properties": {"ipConfigurations": [{"name": "c", "properties": {"subnet": subnet}}]}}
    assert group.error("PUT", f"{group.network}/networkInterfaces/n", body)[1] == "InvalidResourceReference"


def test_an_address_with_a_label_has_a_name_in_its_region(group: Arm) -> None:
    address = group.make_address(label="myvm")
    assert address["properties"]["dnsSettings"] == {
        "domainNameLabel": "myvm",
        "fqdn": "myvm.eastus.cloudapp.azure.com",
    }
    assert address["properties"]["ipAddress"].count(".") == 3


def test_a_label_belongs_to_one_address_in_a_region(group: Arm) -> None:
    check = f"{group.subscription}/providers/Microsoft.Network/locations/eastus/CheckDnsNameAvailability"
    assert group.get(f"{check}?domainNameLabel=mine") == {"available": True}
    group.make_address("p", label="mine")
    assert group.get(f"{check}?domainNameLabel=mine") == {"available": False}
    body = {"location": "eastus", "properties": {"dnsSettings": {"domainNameLabel": "mine"}}}
    status, code, message = group.error("PUT", f"{group.network}/publicIPAddresses/q", body)
    assert (status, code) == (400, "DnsRecordInUse")
    assert "mine.eastus.cloudapp.azure.com" in message
    elsewhere = {**body, "location": "westus"}
    assert group.ask("PUT", f"{group.network}/publicIPAddresses/q", elsewhere).status == 201
    assert group.make_address("p", label="mine")["name"] == "p"


@pytest.mark.parametrize("label", ["Upper", "1digit", "x", "under_score", "dash-"])
def test_a_label_must_follow_azures_rule(group: Arm, label: str) -> None:
    body = {"location": "eastus", "properties": {"dnsSettings": {"domainNameLabel": label}}}
    path = f"{group.network}/publicIPAddresses/p"
    assert group.error("PUT", path, body)[1] == "InvalidDomainNameLabel"
    check = f"{group.subscription}/providers/Microsoft.Network/locations/eastus/CheckDnsNameAvailability"
    assert group.get(f"{check}?domainNameLabel={label}") == {"available": False}


def test_a_dynamic_address_is_there_while_a_machine_that_has_it_is_allocated(group: Arm) -> None:
    group.make_network()
    assert "ipAddress" not in group.make_address(sku="Basic")["properties"]
    group.make_interface(address="p")
    group.make_machine()
    path = f"{group.network}/publicIPAddresses/p"
    assert group.get(path)["properties"]["ipAddress"]
    group.do("POST", f"{group.compute}/virtualMachines/vm/deallocate")
    assert "ipAddress" not in group.get(path)["properties"]


def test_a_security_group_comes_with_azures_default_rules(group: Arm) -> None:
    shown = group.do("PUT", f"{group.network}/networkSecurityGroups/n", security_group(ssh={}))
    properties = shown["properties"]
    assert [rule["name"] for rule in properties["securityRules"]] == ["ssh"]
    assert [(rule["name"], rule["properties"]["priority"]) for rule in properties["defaultSecurityRules"]] == [
        ("AllowVnetInBound", 65000),
        ("AllowAzureLoadBalancerInBound", 65001),
        ("DenyAllInBound", 65500),
        ("AllowVnetOutBound", 65000),
        ("AllowInternetOutBound", 65001),
        ("DenyAllOutBound", 65500),
    ]
    assert {rule["etag"] for rule in properties["defaultSecurityRules"]} == {shown["etag"]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"priority": 99}, "SecurityRuleInvalidPriority"),
        ({"priority": 5000}, "SecurityRuleInvalidPriority"),
        ({"destinationPortRange": "70000"}, "SecurityRuleInvalidPortRange"),
        ({"destinationPortRange": "90-80"}, "SecurityRuleInvalidPortRange"),
        ({"access": "Maybe"}, "SecurityRuleInvalidAccess"),
        ({"direction": None}, "SecurityRuleInvalidDirection"),
    ],
)
def test_a_security_rule_must_follow_azures_rules(group: Arm, change: dict[str, Any], code: str) -> None:
    path = f"{group.network}/networkSecurityGroups/n"
    assert group.error("PUT", path, security_group(ssh=change))[:2] == (400, code)


def test_two_rules_of_one_direction_cannot_have_the_same_priority(group: Arm) -> None:
    body = security_group(a={}, b={}, c={"direction": "Outbound"})
    status, code, message = group.error("PUT", f"{group.network}/networkSecurityGroups/n", body)
    assert (status, code) == (400, "SecurityRuleConflict")
    assert "Security rule a conflicts with rule b." in message


def test_a_rule_is_added_to_its_security_group(group: Arm) -> None:
    path = f"{group.network}/networkSecurityGroups/n"
    group.do("PUT", path, security_group(ssh={}))
    rule = group.do("PUT", f"{path}/securityRules/web", {"properties": {**RULE, "priority": 1010}})
    assert (rule["name"], rule["properties"]["provisioningState"]) == ("web", "Succeeded")
    assert len(group.get(path)["properties"]["securityRules"]) == 2


def test_what_is_in_use_cannot_be_deleted_and_says_by_whom(group: Arm) -> None:
    group.make_network()
    group.make_address()
    guard = f"{group.network}/networkSecurityGroups/guard"
    group.do("PUT", guard, security_group(ssh={}))
    subnet = {"id": f"{group.network}/virtualNetworks/v/subnets/s"}
    address = {"id": f"{group.network}/publicIPAddresses/p"}
    configuration = {"name": "c", "properties": {"subnet": subnet, "publicIPAddress": address}}
    nic = f"{group.network}/networkInterfaces/n"
    properties = {"ipConfigurations": [configuration], "networkSecurityGroup": {"id": guard}}
    group.do("PUT", nic, {"location": "eastus", "properties": properties})
    group.make_machine()
    user = f"{nic}/ipConfigurations/c"
    for path, code, named in (
        (f"{group.network}/virtualNetworks/v", "InUseSubnetCannotBeDeleted", user),
        (subnet["id"], "InUseSubnetCannotBeDeleted", user),
        (address["id"], "PublicIPAddressCannotBeDeleted", user),
        (guard, "InUseNetworkSecurityGroupCannotBeDeleted", nic),
        (nic, "NicInUse", f"{group.compute}/virtualMachines/vm"),
    ):
        status, found, message = group.error("DELETE", path)
        assert (status, found) == (400, code)
        assert named in message
    # In the order of their dependence, everything goes.
    for path in (
        f"{group.compute}/virtualMachines/vm",
        nic,
        address["id"],
        guard,
        f"{group.network}/virtualNetworks/v",
    ):
        assert group.do("DELETE", path) is None


def test_an_address_belongs_to_one_interface(group: Arm) -> None:
    group.make_network()
    group.make_address()
    group.make_interface("a", address="p")
    subnet = {"id": f"{group.network}/virtualNetworks/v/subnets/s"}
    address = {"id": f"{group.network}/publicIPAddresses/p"}
    configuration = {"name": "c", "properties": {"subnet": subnet, "publicIPAddress": address}}
    body = {"location": "eastus", "properties": {"ipConfigurations": [configuration]}}
    assert group.error("PUT", f"{group.network}/networkInterfaces/b", body)[1] == "PublicIPAddressInUse"


def test_who_uses_a_resource_is_shown_on_it(group: Arm) -> None:
    group.make_network()
    group.make_address()
    group.make_interface(address="p")
    group.make_machine()
    configuration = f"{group.network}/networkInterfaces/n/ipConfigurations/c"
    assert group.get(f"{group.network}/publicIPAddresses/p")["properties"]["ipConfiguration"] == {"id": configuration}
    subnet = group.get(f"{group.network}/virtualNetworks/v")["properties"]["subnets"][0]
    assert subnet["properties"]["ipConfigurations"] == [{"id": configuration}]
    nic = group.get(f"{group.network}/networkInterfaces/n")["properties"]
    assert nic["virtualMachine"] == {"id": f"{group.compute}/virtualMachines/vm"}
    group.do("DELETE", f"{group.compute}/virtualMachines/vm")
    assert "virtualMachine" not in group.get(f"{group.network}/networkInterfaces/n")["properties"]


def test_something_that_is_being_deleted_cannot_be_used(group: Arm) -> None:
    group.make_network()
    group.make_address()
    group.ask("DELETE", f"{group.network}/publicIPAddresses/p")
    subnet = {"id": f"{group.network}/virtualNetworks/v/subnets/s"}
    address = {"id": f"{group.network}/publicIPAddresses/p"}
    configuration = {"name": "c", "properties": {"subnet": subnet, "publicIPAddress": address}}
    body = {"location": "eastus", "properties": {"ipConfigurations": [configuration]}}
    path = f"{group.network}/networkInterfaces/n"
    assert group.error("PUT", path, body)[:2] == (409, "ReferencedResourceNotProvisioned")


def test_tags_of_a_network_resource_are_patched_at_once(group: Arm) -> None:
    group.make_address()
    patched = group.ask("PATCH", f"{group.network}/publicIPAddresses/p", {"tags": {"a": "b"}})
    assert (patched.status, patched.json()["tags"]) == (200, {"a": "b"})
    assert "Azure-AsyncOperation" not in patched.headers


def test_a_write_under_a_condition_that_does_not_hold_is_refused(group: Arm) -> None:
    address = group.make_address()
    path, body = f"{group.network}/publicIPAddresses/p", {"location": "eastus"}
    assert group.error("PUT", path, body, If_None_Match="*")[:2] == (412, "PreconditionFailed")
    assert group.error("PUT", path, body, If_Match='W/"other"')[:2] == (412, "PreconditionFailed")
    assert group.error("PUT", f"{path}2", body, If_Match="*")[:2] == (412, "PreconditionFailed")
    assert group.ask("PUT", path, body, If_Match=address["etag"]).status == 200


def test_a_resource_needs_a_location_and_stays_there(group: Arm) -> None:
    path = f"{group.network}/publicIPAddresses/p"
    assert group.error("PUT", path, {})[:2] == (400, "LocationRequired")
    assert group.error("PUT", path, {"location": "atlantis"})[1] == "LocationNotAvailableForResourceType"
    group.make_address()
    assert group.error("PUT", path, {"location": "westus"})[:2] == (409, "InvalidResourceLocation")


@pytest.mark.parametrize("name", ["-a", "a b", "a-", "x" * 81])
def test_a_network_resources_name_must_follow_azures_rule(group: Arm, name: str) -> None:
    path = f"{group.network}/publicIPAddresses/{name}".replace(" ", "%20")
    assert group.error("PUT", path, {"location": "eastus"})[:2] == (400, "InvalidResourceName")
