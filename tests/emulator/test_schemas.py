"""The bodies that the emulator answers are what Azure's own type descriptions say."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "schemas"
FILES = {
    "Microsoft.Compute": "Microsoft.Compute-2026-04-01.types.json",
    "Microsoft.Network": "Microsoft.Network-2025-05-01.types.json",
    "Microsoft.Resources": "Microsoft.Resources-2025-04-01.types.json",
}
REQUIRED, WRITE_ONLY = 1, 4
UNDESCRIBED = frozenset({"$.properties.resourceGuid", "$.etag"})
"""What Azure sends though its own description does not have it."""

pytestmark = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="Azure's type descriptions are not at hand")


@cache
def types_of(namespace: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SCHEMAS / FILES[namespace]).read_text())
    return found


def complaints(document: dict[str, Any]) -> list[str]:
    """What is wrong with a resource, by the description of its type."""
    types = types_of(document["type"].partition("/")[0])
    body = next(
        entry["body"]
        for entry in types
        if entry["$type"] == "ResourceType" and entry["name"].partition("@")[0].lower() == document["type"].lower()
    )
    found: list[str] = []
    _check(types, body, document, "$", found)
    return found


def _check(types: list[dict[str, Any]], reference: dict[str, Any], value: Any, path: str, found: list[str]) -> None:
    described = types[int(reference["$ref"].rpartition("/")[2])]
    match described["$type"]:
        case "ObjectType" | "DiscriminatedObjectType":
            _check_object(types, described, value, path, found)
        case "ArrayType":
            if not isinstance(value, list):
                found.append(f"{path}: no array")
                return
            for item in value:
                _check(types, described["itemType"], item, f"{path}[]", found)
        case "UnionType":
            attempts: list[list[str]] = []
            for element in described["elements"]:
                attempt: list[str] = []
                _check(types, element, value, path, attempt)
                attempts.append(attempt)
            if all(attempts):
                found.append(f"{path}: {value!r} is none of the allowed values")
        case "StringLiteralType":
            if value != described["value"] and not path.endswith((".apiVersion", ".type")):
                found.append(f"{path}: {value!r} is not {described['value']!r}")
        case "StringType" if not isinstance(value, str):
            found.append(f"{path}: no string")
        case "IntegerType" if not isinstance(value, int) or isinstance(value, bool):
            found.append(f"{path}: no integer")
        case "BooleanType" if not isinstance(value, bool):
            found.append(f"{path}: no boolean")


def _check_object(
    types: list[dict[str, Any]], described: dict[str, Any], value: Any, path: str, found: list[str]
) -> None:
    if not isinstance(value, dict):
        found.append(f"{path}: no object")
        return
    properties = {**described.get("baseProperties", {}), **described.get("properties", {})}
    for name, member in value.items():
        if name in properties:
            _check(types, properties[name]["type"], member, f"{path}.{name}", found)
            if properties[name]["flags"] & WRITE_ONLY:
                found.append(f"{path}.{name}: is shown, though it is write-only")
        elif "additionalProperties" in described:
            _check(types, described["additionalProperties"], member, f"{path}.{name}", found)
        elif described["$type"] == "ObjectType" and f"{path}.{name}" not in UNDESCRIBED:
            found.append(f"{path}.{name}: unknown")
    for name, member in properties.items():
        if member["flags"] & REQUIRED and name not in value and not member["flags"] & WRITE_ONLY:
            found.append(f"{path}.{name}: missing")


def test_the_checker_finds_what_is_wrong(arm: Arm) -> None:
    arm.make_group()
    network = arm.make_network()
    network["properties"]["invented"] = True
    network["properties"]["enableDdosProtection"] = "yes"
    del network["name"]
    assert sorted(complaints(network)) == [
        "$.name: missing",
        "$.properties.enableDdosProtection: no boolean",
        "$.properties.invented: unknown",
    ]


def test_everything_of_a_machine_is_as_described(arm: Arm) -> None:
    arm.make_group()
    arm.make_network()
    arm.make_address(label="mine")
    arm.make_interface(address="p")
    storage = arm.machine_body()["properties"]["storageProfile"]
    storage["dataDisks"] = [{"lun": 0, "createOption": "Empty", "diskSizeGB": 64}]
    arm.make_machine(storageProfile=storage)
    rule = {
        "protocol": "tcp",
        "sourcePortRange": "*",
        "destinationPortRange": "22",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        "access": "Allow",
        "priority": 1000,
        "direction": "Inbound",
    }
    body = {"location": "eastus", "properties": {"securityRules": [{"name": "ssh", "properties": rule}]}}
    arm.do("PUT", f"{arm.network}/networkSecurityGroups/guard", body)
    # Groups and disks have no description in these files.
    without = ("Microsoft.Resources/resourceGroups", "Microsoft.Compute/disks")
    shown = [resource.id for resource in arm.azure.store if resource.type not in without]
    assert len(shown) == 5
    found = {resource_id: complaints(arm.get(resource_id)) for resource_id in shown}
    assert {resource_id: said for resource_id, said in found.items() if said} == {}


@pytest.mark.parametrize("power", ["start", "deallocate"])
def test_the_instance_view_of_a_machine_is_as_described(arm: Arm, power: str) -> None:
    arm.make_machine(diagnosticsProfile={"bootDiagnostics": {"enabled": True}})
    arm.do("POST", f"{arm.compute}/virtualMachines/vm/{power}")
    shown = arm.get(f"{arm.compute}/virtualMachines/vm?$expand=instanceView&api-version=2024-07-01")
    assert "instanceView" in shown["properties"]
    assert complaints(shown) == []


def test_what_is_on_its_way_is_as_described(arm: Arm) -> None:
    arm.make_group()
    arm.make_network()
    arm.make_interface()
    response = arm.ask("PUT", f"{arm.compute}/virtualMachines/vm", arm.machine_body())
    assert complaints(response.json()) == []
    address = arm.ask("PUT", f"{arm.network}/publicIPAddresses/p", {"location": "eastus"})
    assert complaints(address.json()) == []
