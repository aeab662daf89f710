"""Tags of a subscription and of a scope, resources moved from one group to another, what-if."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm


def test_tag_names_and_values_are_kept_counted_and_deleted(arm: Arm) -> None:
    name = f"{arm.subscription}/tagNames/team"
    assert arm.ask("PUT", name).status == 201
    assert arm.ask("PUT", name).status == 200
    assert arm.ask("PUT", f"{name}/tagValues/red").status == 201
    arm.do("PUT", arm.group, {"location": "eastus", "tags": {"team": "red"}})
    (shown,) = arm.get(f"{arm.subscription}/tagNames")["value"]
    assert (shown["count"]["value"], [one["tagValue"] for one in shown["values"]]) == (1, ["red"])
    assert arm.error("DELETE", name)[:2] == (409, "TagInUse")
    arm.do("PUT", arm.group, {"location": "eastus", "tags": {}})
    assert arm.ask("DELETE", f"{name}/tagValues/red").status == 200
    assert arm.ask("DELETE", name).status == 200
    assert arm.get(f"{arm.subscription}/tagNames")["value"] == []


def test_the_tags_of_a_scope_are_merged_replaced_and_deleted(arm: Arm) -> None:
    arm.make_group()
    path = f"{arm.group}/providers/Microsoft.Resources/tags/default"

    def patch(operation: str, **tags: str) -> Any:
        body = {"operation": operation, "properties": {"tags": tags}}
        return arm.ask("PATCH", path, body).json()["properties"]["tags"]

    assert arm.ask("PUT", path, {"properties": {"tags": {"a": "1", "b": "2"}}}).status == 200
    assert patch("Merge", b="3", c="4") == {"a": "1", "b": "3", "c": "4"}
    assert patch("Delete", c="") == {"a": "1", "b": "3"}
    assert patch("Replace", d="5") == {"d": "5"}
    assert arm.get(arm.group)["tags"] == {"d": "5"}
    assert arm.error("PATCH", path, {"operation": "Invert", "properties": {}})[1] == "InvalidTagPatchOperation"
    deleted = arm.ask("DELETE", path)
    assert (deleted.status, deleted.body, arm.get(arm.group)["tags"]) == (200, b"", {})


def test_moved_resources_have_their_new_ids_everywhere(arm: Arm) -> None:
    arm.make_group()
    arm.make_group("h")
    arm.make_network()
    arm.make_interface()
    moved = {
        "resources": [f"{arm.network}/virtualNetworks/v"],
        "targetResourceGroup": f"{arm.subscription}/resourceGroups/h",
    }
    assert arm.ask("POST", f"{arm.group}/validateMoveResources", moved).status == 202
    accepted = arm.ask("POST", f"{arm.group}/moveResources", moved)
    assert (accepted.status, accepted.headers["Retry-After"]) == (202, "15")
    arm.settle()
    assert arm.ask("GET", accepted.headers["Location"]).status == 204
    target = f"{arm.subscription}/resourceGroups/h/providers/Microsoft.Network/virtualNetworks/v"
    assert arm.get(target)["properties"]["subnets"][0]["id"] == f"{target}/subnets/s"
    assert arm.error("GET", f"{arm.network}/virtualNetworks/v")[1] == "ResourceNotFound"
    nic = arm.get(f"{arm.network}/networkInterfaces/n")["properties"]["ipConfigurations"][0]["properties"]
    assert nic["subnet"]["id"] == f"{target}/subnets/s"
    missing = {**moved, "resources": [f"{arm.network}/virtualNetworks/v"]}
    assert arm.error("POST", f"{arm.group}/moveResources", missing)[1] == "ResourceMoveFailed"


def test_what_if_says_what_a_deployment_would_create_and_creates_nothing(arm: Arm) -> None:
    arm.make_group()
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [
            {
                "type": "Microsoft.Network/routeTables",
                "apiVersion": "2024-05-01",
                "name": "t",
                "location": "eastus",
                "properties": {},
            }
        ],
    }
    path = f"{arm.group}/providers/Microsoft.Resources/deployments/d/whatIf"
    asked = arm.ask("POST", path, {"properties": {"mode": "Incremental", "template": template}})
    assert (asked.status, asked.body) == (202, b"")
    assert arm.ask("GET", asked.headers["Location"]).status == 202
    arm.settle()
    (change,) = arm.get(asked.headers["Location"])["properties"]["changes"]
    assert (change["changeType"], change["resourceId"]) == ("Create", f"{arm.network}/routeTables/t")
    assert arm.error("GET", f"{arm.network}/routeTables/t")[0] == 404
