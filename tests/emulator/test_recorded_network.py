"""What recordings of the real Azure show of Microsoft.Network's other types, and of api-versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm


@pytest.fixture
def group(arm: Arm) -> Arm:
    arm.make_group()
    return arm


def balancer() -> dict[str, Any]:
    root = "LOADBALANCER"
    return {
        "location": "eastus",
        "sku": {"name": "Standard"},
        "properties": {
            "frontendIPConfigurations": [{"name": "f", "properties": {}}],
            "backendAddressPools": [{"name": "b"}],
            "probes": [{"name": "p", "properties": {"protocol": "Tcp", "port": 80}}],
            "loadBalancingRules": [
                {
                    "name": "r",
                    "properties": {
                        "frontendIPConfiguration": {"id": f"{root}/frontendIPConfigurations/f"},
                        "backendAddressPool": {"id": f"{root}/backendAddressPools/b"},
                        "probe": {"id": f"{root}/probes/p"},
                        "protocol": "Tcp",
                        "frontendPort": 80,
                        "backendPort": 80,
                    },
                }
            ],
        },
    }


def rooted(value: Any, root: str) -> Any:
    if isinstance(value, dict):
        return {name: rooted(item, root) for name, item in value.items()}
    if isinstance(value, list):
        return [rooted(item, root) for item in value]
    return value.replace("LOADBALANCER", root) if isinstance(value, str) else value


def test_a_load_balancer_is_done_at_once_and_its_parts_know_their_rules(group: Arm) -> None:
    path = f"{group.network}/loadBalancers/lb"
    created = group.ask("PUT", path, rooted(balancer(), path))
    assert (created.status, created.json()["properties"]["provisioningState"]) == (201, "Succeeded")
    assert "Azure-AsyncOperation" in created.headers
    assert "Retry-After" not in created.headers
    shown = group.get(path)["properties"]
    rule = {"id": f"{path}/loadBalancingRules/r"}
    for name in ("frontendIPConfigurations", "backendAddressPools", "probes"):
        assert shown[name][0]["properties"]["loadBalancingRules"] == [rule]
        assert shown[name][0]["type"] == f"Microsoft.Network/loadBalancers/{name}"
    assert shown["loadBalancingRules"][0]["properties"]["idleTimeoutInMinutes"] == 4


def test_an_inbound_rule_shows_in_its_load_balancer_and_goes(group: Arm) -> None:
    path = f"{group.network}/loadBalancers/lb"
    group.do("PUT", path, rooted(balancer(), path))
    rule = {"properties": {"frontendIPConfiguration": {"id": f"{path}/frontendIPConfigurations/f"}, "frontendPort": 1}}
    made = group.do("PUT", f"{path}/inboundNatRules/n", rule)
    assert made["properties"]["provisioningState"] == "Succeeded"
    shown = group.get(path)["properties"]
    assert [one["name"] for one in shown["inboundNatRules"]] == ["n"]
    assert shown["frontendIPConfigurations"][0]["properties"]["inboundNatRules"] == [{"id": made["id"]}]
    group.do("DELETE", f"{path}/inboundNatRules/n")
    assert group.get(path)["properties"]["inboundNatRules"] == []


def test_a_route_table_and_its_routes_take_a_write_at_a_time(group: Arm) -> None:
    path = f"{group.network}/routeTables/t"
    group.do("PUT", path, {"location": "eastus"})
    route = {"properties": {"addressPrefix": "10.0.3.0/24", "nextHopType": "VirtualNetworkGateway"}}
    first = group.ask("PUT", f"{path}/routes/r", route)
    assert (first.status, first.json()["properties"]["provisioningState"]) == (201, "Updating")
    assert group.error("PUT", f"{path}/routes/s", route)[1] == "AnotherOperationInProgress"
    group.settle()
    assert group.get(f"{path}/routes/r")["properties"]["hasBgpOverride"] is False


def test_a_type_of_the_network_provider_that_nothing_is_known_of_behaves_as_its_others(group: Arm) -> None:
    path = f"{group.network}/futureThings/x"
    created = group.ask("PUT", path, {"location": "eastus", "properties": {"parts": [{"name": "p", "properties": {}}]}})
    assert (created.status, created.json()["properties"]["provisioningState"]) == (201, "Updating")
    assert created.json()["properties"]["parts"][0]["id"] == f"{path}/parts/p"
    group.settle()
    deleted = group.ask("DELETE", path)
    assert (deleted.status, "Location" in deleted.headers) == (202, True)
    group.settle()
    assert group.ask("GET", deleted.headers["Location"]).status == 204


def test_a_query_answers_null_and_then_its_result_at_the_location(group: Arm) -> None:
    group.make_network()
    group.make_interface()
    asked = group.ask("POST", f"{group.network}/networkInterfaces/n/effectiveRouteTable")
    assert (asked.status, asked.body) == (202, b"null")
    group.settle()
    assert group.get(asked.headers["Location"])["value"][0]["source"] == "Default"


def test_an_application_gateway_of_the_second_generation_needs_a_public_address(group: Arm) -> None:
    body = {"location": "eastus", "properties": {"sku": {"name": "Standard_v2", "tier": "Standard_v2"}}}
    status, code, _ = group.error("PUT", f"{group.network}/applicationGateways/g", body)
    assert (status, code) == (400, "ApplicationGatewayFeatureCannotBeEnabledForSelectedSku")


def test_a_reference_is_kept_by_its_id_alone(group: Arm) -> None:
    network = group.make_network()
    configuration = {"subnet": network["properties"]["subnets"][0]}
    body = {"location": "eastus", "properties": {"ipConfigurations": [{"name": "c", "properties": configuration}]}}
    nic = group.do("PUT", f"{group.network}/networkInterfaces/n", body)
    assert nic["properties"]["ipConfigurations"][0]["properties"]["subnet"].keys() == {"id"}


@pytest.mark.parametrize(
    ("path", "version", "name", "known"),
    [
        ("networkInterfaces/n", "2019-11-01", "nicType", False),
        ("networkInterfaces/n", "2019-12-01", "nicType", True),
        ("networkInterfaces/n", "2021-05-01", "auxiliaryMode", False),
        ("networkInterfaces/n", "2024-07-01", "auxiliaryMode", True),
        ("virtualNetworks/v", "2020-08-01", "virtualNetworkPeerings", True),
    ],
)
def test_an_answer_has_no_property_that_its_api_version_does_not_know(
    group: Arm, path: str, version: str, name: str, known: bool
) -> None:
    group.make_network()
    group.make_interface()
    one = group.get(f"{group.network}/{path}?api-version={version}")
    listed = group.get(f"{group.network}/{path.partition('/')[0]}?api-version={version}")["value"][0]
    assert (name in one["properties"]) is (name in listed["properties"]) is known
