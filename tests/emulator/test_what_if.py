from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from azjobs.emulator import state
from azjobs.emulator.types.deployments.differences import differences

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

Json = Any
PASSWORD = "Str0ng-enough-Passw0rd"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def template(*resources: Json, **members: Json) -> Json:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **members}


def network(name: str = "v", *subnets: str, **members: Json) -> Json:
    return {
        "type": "Microsoft.Network/virtualNetworks",
        "apiVersion": "2024-07-01",
        "name": name,
        "location": "eastus",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [
                {"name": subnet, "properties": {"addressPrefix": f"10.0.{index}.0/24"}}
                for index, subnet in enumerate(subnets or ("s",))
            ],
        },
        **members,
    }


def widget(name: str = "w", **properties: Json) -> Json:
    resource_type = "Microsoft.Widgets/widgets"
    return {"type": resource_type, "apiVersion": "2024-01-01", "name": name, "properties": properties}


def nested(name: str, inner: Json, **members: Json) -> Json:
    properties = {"mode": "Incremental", "template": inner, "expressionEvaluationOptions": {"scope": "inner"}}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2024-11-01",
        "name": name,
        "properties": {**properties, **members.pop("properties", {})},
        **members,
    }


class Foreseer:
    """Asks an emulated Azure what a template would change, and deploys it."""

    def __init__(self, arm: Arm) -> None:
        self.arm = arm
        self.deployment = f"{arm.group}/providers/Microsoft.Resources/deployments/d"
        arm.make_group()

    def result(self, wanted: Json, mode: str = "Incremental", settings: Json = None, **values: Json) -> Json:
        properties = {"mode": mode, "template": wanted, "parameters": {k: {"value": v} for k, v in values.items()}}
        body = {"properties": {**properties, "whatIfSettings": settings or {}}}
        accepted = self.arm.ask("POST", f"{self.deployment}/whatIf", body)
        assert accepted.status == 202, accepted.body
        location = accepted.headers["Location"].removeprefix("https://management.azure.com")
        assert self.arm.ask("GET", location).status == 202
        self.arm.settle()
        answer = self.arm.ask("GET", location)
        assert answer.status == 200
        return answer.json()

    def changes(
        self, wanted: Json, mode: str = "Incremental", settings: Json = None, **values: Json
    ) -> dict[str, Json]:
        """The changes by the last part of their resources' ids."""
        result = self.result(wanted, mode, settings, **values)
        assert result["status"] == "Succeeded", result
        return {change["resourceId"].rpartition("/")[2]: change for change in result["properties"]["changes"]}

    def deploy(self, wanted: Json, mode: str = "Incremental", **values: Json) -> None:
        parameters = {name: {"value": value} for name, value in values.items()}
        body = {"properties": {"mode": mode, "template": wanted, "parameters": parameters}}
        done = self.arm.do("PUT", self.deployment, body)
        assert done["properties"]["provisioningState"] == "Succeeded", done


@pytest.fixture
def azure(arm: Arm) -> Foreseer:
    return Foreseer(arm)


def kinds(changes: dict[str, Json]) -> dict[str, str]:
    return {name: change["changeType"] for name, change in changes.items()}


def test_what_is_new_is_created_as_the_template_says(azure: Foreseer) -> None:
    change = azure.changes(template(network(tags={"a": "1"})))["v"]

    assert change == {
        "resourceId": f"{azure.arm.network}/virtualNetworks/v",
        "changeType": "Create",
        "after": {
            "apiVersion": "2024-07-01",
            "id": f"{azure.arm.network}/virtualNetworks/v",
            "type": "Microsoft.Network/virtualNetworks",
            "name": "v",
            "location": "eastus",
            "tags": {"a": "1"},
            "properties": network()["properties"],
        },
    }
    assert azure.arm.ask("GET", f"{azure.arm.network}/virtualNetworks/v").status == 404


def test_deploying_the_same_again_changes_nothing(azure: Foreseer) -> None:
    wanted = template(network(), widget(answer=42))
    azure.deploy(wanted)
    changes = azure.changes(wanted)

    assert kinds(changes) == {"v": "NoChange", "w": "NoChange"}
    assert changes["v"]["before"] == changes["v"]["after"]
    assert changes["v"]["delta"] == []
    assert "etag" not in str(changes)
    assert "provisioningState" not in str(changes)


def test_a_machine_with_its_network_does_not_change_when_it_is_deployed_again(azure: Foreseer) -> None:
    arm = azure.arm
    arm.make_network()
    interface = {
        "type": "Microsoft.Network/networkInterfaces",
        "apiVersion": "2024-07-01",
        "name": "n",
        "location": "eastus",
        "properties": {
            "ipConfigurations": [
                {"name": "c", "properties": {"subnet": {"id": f"{arm.network}/virtualNetworks/v/subnets/s"}}}
            ]
        },
    }
    machine = {
        "type": "Microsoft.Compute/virtualMachines",
        "apiVersion": "2024-07-01",
        "name": "vm",
        "dependsOn": ["n"],
        **arm.machine_body(),
    }
    machine["properties"]["osProfile"]["adminPassword"] = "[parameters('password')]"
    wanted = template(interface, machine, parameters={"password": {"type": "securestring"}})
    first = azure.result(wanted, password=PASSWORD)
    azure.deploy(wanted, password=PASSWORD)
    second = azure.changes(wanted, password=PASSWORD)
    machine["properties"]["hardwareProfile"]["vmSize"] = "Standard_DS2_v2"
    third = azure.changes(wanted, password=PASSWORD)

    assert PASSWORD not in str(first)
    assert PASSWORD not in state.encode(arm.azure).decode()
    assert (second["n"]["changeType"], second["vm"]["changeType"]) == ("NoChange", "NoChange")
    assert third["vm"]["delta"] == [
        {
            "path": "properties.hardwareProfile.vmSize",
            "propertyChangeType": "Modify",
            "before": "Standard_DS1_v2",
            "after": "Standard_DS2_v2",
        }
    ]


def test_what_differs_is_told_property_by_property(azure: Foreseer) -> None:
    azure.deploy(template(network("v", "a", "b", tags={"owner": "me", "cost": "1"})))
    change = azure.changes(template(network("v", "a", "c", tags={"cost": "2", "new": "x"})))["v"]

    assert change["changeType"] == "Modify"
    delta = {each["path"]: each for each in change["delta"]}
    subnets = delta.pop("properties.subnets")
    assert list(delta.values()) == [
        {"path": "tags.owner", "propertyChangeType": "Delete", "before": "me"},
        {"path": "tags.cost", "propertyChangeType": "Modify", "before": "1", "after": "2"},
        {"path": "tags.new", "propertyChangeType": "Create", "after": "x"},
    ]
    assert subnets["propertyChangeType"] == "Array"
    assert [(child["path"], child["propertyChangeType"]) for child in subnets["children"]] == [
        ("1", "Delete"),
        ("1", "Create"),
    ]
    assert subnets["children"][0]["before"]["name"] == "b"
    assert change["after"]["tags"] == {"cost": "2", "new": "x"}


def test_looking_ahead_leaves_everything_as_it_is(azure: Foreseer) -> None:
    azure.deploy(template(network()))
    before = azure.arm.get(f"{azure.arm.network}/virtualNetworks/v")
    azure.changes(template(network("v", "other")), "Complete")

    assert azure.arm.get(f"{azure.arm.network}/virtualNetworks/v") == before
    history = azure.arm.get(f"{azure.arm.group}/providers/Microsoft.Resources/deployments")["value"]
    assert [deployment["name"] for deployment in history] == ["d"]


def test_what_the_template_does_not_have_is_ignored_or_in_complete_mode_deleted(azure: Foreseer) -> None:
    azure.deploy(template(network("old"), network("kept")))
    incremental = azure.changes(template(network("kept")))
    complete = azure.changes(template(network("kept")), "Complete")

    assert kinds(incremental) == {"old": "Ignore", "kept": "NoChange"}
    assert incremental["old"]["before"] == incremental["old"]["after"]
    assert kinds(complete) == {"old": "Delete", "kept": "NoChange"}
    assert complete["old"]["before"]["id"].endswith("/virtualNetworks/old")
    assert "after" not in complete["old"]


def test_complete_mode_does_what_the_forecast_said(azure: Foreseer) -> None:
    inner = template(network("nested"))
    wanted = template(network("kept"), nested("inner", inner))
    azure.deploy(template(network("old"), network("kept")))
    forecast = azure.changes(wanted, "Complete")
    azure.deploy(wanted, "Complete")
    networks = azure.arm.get(f"{azure.arm.network}/virtualNetworks")["value"]

    assert kinds(forecast) == {"old": "Delete", "kept": "NoChange", "nested": "Create"}
    assert sorted(each["name"] for each in networks) == ["kept", "nested"]


def test_ids_alone_can_be_asked_for(azure: Foreseer) -> None:
    azure.deploy(template(network("old"), network("other")))
    changes = azure.changes(template(network("old"), network("new")), settings={"resultFormat": "ResourceIdOnly"})

    assert kinds(changes) == {"old": "Deploy", "new": "Create", "other": "Ignore"}
    assert all(set(change) == {"resourceId", "changeType"} for change in changes.values())


def test_copies_and_conditions_are_followed(azure: Foreseer) -> None:
    loop = network("[concat('v', copyIndex())]", copy={"name": "loop", "count": "[parameters('count')]"})
    off = network("off", condition="[equals(parameters('count'), 0)]")
    changes = azure.changes(template(loop, off, parameters={"count": {"type": "int"}}), count=2)

    assert kinds(changes) == {"v0": "Create", "v1": "Create"}


def test_a_nested_deployment_is_followed_and_not_listed(azure: Foreseer) -> None:
    inner = template(
        network("[parameters('name')]", location="[resourceGroup().location]"), parameters={"name": {"type": "string"}}
    )
    wanted = template(nested("inner", inner, properties={"parameters": {"name": {"value": "deep"}}}))
    changes = azure.changes(wanted)

    assert kinds(changes) == {"deep": "Create"}
    assert changes["deep"]["after"]["location"] == "eastus"


def test_a_nested_deployment_that_needs_an_output_cannot_be_analyzed(azure: Foreseer) -> None:
    inner = template(network("[parameters('name')]"), parameters={"name": {"type": "string"}})
    later = nested(
        "later",
        inner,
        properties={"parameters": {"name": {"value": "[reference('first').outputs.name.value]"}}},
        dependsOn=["first"],
    )
    outputs = {"name": {"type": "string", "value": "x"}}
    changes = azure.changes(template(nested("first", template(network("a"), outputs=outputs)), later))

    assert kinds(changes) == {"a": "Create", "later": "Unsupported"}
    assert "known only when the deployment runs" in changes["later"]["unsupportedReason"]


@pytest.mark.parametrize(
    "odd",
    [
        {"properties": "none"},
        {"properties": {"template": []}},
        {"properties": {"template": template(), "parameters": 3}},
        {"properties": {"templateLink": {"uri": "https://example.com/t.json"}}},
        {"properties": {"template": template()}, "resourceGroup": "g/../h"},
    ],
)
def test_a_nested_deployment_that_is_none_is_refused_or_cannot_be_analyzed(azure: Foreseer, odd: Json) -> None:
    wanted = {"type": "Microsoft.Resources/deployments", "apiVersion": "2024-11-01", "name": "odd", **odd}
    result = azure.result(template(wanted))

    kinds_found = [change["changeType"] for change in result.get("properties", {}).get("changes", [])]
    assert result["status"] == "Failed" or kinds_found in ([], ["Unsupported"])


def test_an_expression_that_needs_the_deployment_to_run_stays_as_it_stands(azure: Foreseer) -> None:
    expression = "[reference(resourceId('Microsoft.Network/virtualNetworks', 'v')).provisioningState]"
    wanted = template(network(), widget(state=expression, label="[concat('a', 'b')]"))
    changes = azure.changes(wanted)
    azure.deploy(wanted)
    again = azure.changes(wanted)

    assert changes["w"]["after"]["properties"] == {"state": expression, "label": "ab"}
    assert again["w"]["delta"] == [
        {
            "path": "properties.state",
            "propertyChangeType": "Modify",
            "before": "Succeeded",
            "after": expression,
        }
    ]


def test_a_subscriptions_forecast_has_its_groups_and_what_is_in_them(arm: Arm) -> None:
    group = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-11-01",
        "name": "fresh",
        "location": "westus",
    }
    inner = nested(
        "in-group",
        template(network("v", location="[resourceGroup().location]")),
        resourceGroup="fresh",
        dependsOn=["fresh"],
    )
    body = {"location": "eastus", "properties": {"mode": "Incremental", "template": template(group, inner)}}
    path = f"{arm.subscription}/providers/Microsoft.Resources/deployments/d/whatIf"
    accepted = arm.ask("POST", path, body)
    arm.settle()
    result = arm.get(accepted.headers["Location"].removeprefix("https://management.azure.com"))
    changes = {change["resourceId"].rpartition("/")[2]: change for change in result["properties"]["changes"]}

    assert kinds(changes) == {"fresh": "Create", "v": "Create"}
    assert changes["v"]["after"]["location"] == "westus"


def test_a_template_that_is_refused_is_refused_in_the_result(azure: Foreseer) -> None:
    missing = azure.result(template(parameters={"name": {"type": "string"}}))
    settings = azure.result(template(), settings={"resultFormat": "Pretty"})

    assert (missing["status"], missing["error"]["code"]) == ("Failed", "InvalidTemplate")
    assert (settings["status"], settings["error"]["code"]) == ("Failed", "InvalidRequestContent")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1, "b": None}, {"a": 1, "c": {}}, []),
        ({"a": 1}, {"a": True}, [{"path": "a", "propertyChangeType": "Modify", "before": 1, "after": True}]),
        ({}, {"a": {"b": 1}}, [{"path": "a.b", "propertyChangeType": "Create", "after": 1}]),
        ({"a": {"b": 1}}, {}, [{"path": "a.b", "propertyChangeType": "Delete", "before": 1}]),
        (
            {"a": ["x", "y"]},
            {"a": ["y", "z"]},
            [
                {
                    "path": "a",
                    "propertyChangeType": "Array",
                    "children": [
                        {"path": "0", "propertyChangeType": "Delete", "before": "x"},
                        {"path": "1", "propertyChangeType": "Create", "after": "z"},
                    ],
                }
            ],
        ),
        (
            {"a": [{"name": "n", "v": 1}]},
            {"a": [{"name": "m", "v": 1}, {"name": "N", "v": 2}]},
            [
                {
                    "path": "a",
                    "propertyChangeType": "Array",
                    "children": [
                        {
                            "path": "1",
                            "propertyChangeType": "Modify",
                            "children": [
                                {"path": "name", "propertyChangeType": "Modify", "before": "n", "after": "N"},
                                {"path": "v", "propertyChangeType": "Modify", "before": 1, "after": 2},
                            ],
                        },
                        {"path": "0", "propertyChangeType": "Create", "after": {"name": "m", "v": 1}},
                    ],
                }
            ],
        ),
    ],
)
def test_differences_are_told_as_azure_tells_them(before: Json, after: Json, expected: Json) -> None:
    assert differences(before, after) == expected
