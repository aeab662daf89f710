from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests_az.commandline import AzureCommandLine

# With a comment, as people write templates; az sends it as it stands.
TEMPLATE = """{
  // Networks by the number, and a guard when the gate is open.
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {
    "count": {"type": "int", "minValue": 1},
    "guarded": {"type": "bool", "defaultValue": false},
    "owner": {"type": "string", "defaultValue": "me"}
  },
  "resources": [
    {
      "type": "Microsoft.Network/virtualNetworks",
      "apiVersion": "2024-07-01",
      "name": "[concat('v', copyIndex())]",
      "location": "[resourceGroup().location]",
      "tags": {"owner": "[parameters('owner')]"},
      "copy": {"name": "networks", "count": "[parameters('count')]"},
      "properties": {"addressSpace": {"addressPrefixes": ["[format('10.{0}.0.0/16', copyIndex())]"]}}
    },
    {
      "condition": "[parameters('guarded')]",
      "type": "Microsoft.Network/networkSecurityGroups",
      "apiVersion": "2024-07-01",
      "name": "guard",
      "location": "[resourceGroup().location]",
      "properties": {}
    }
  ],
  "outputs": {
    "ids": {
      "type": "array",
      "copy": {
        "count": "[parameters('count')]",
        "input": "[resourceId('Microsoft.Network/virtualNetworks', concat('v', copyIndex()))]"
      }
    },
    "guard": {
      "condition": "[parameters('guarded')]",
      "type": "string",
      "value": "[resourceId('Microsoft.Network/networkSecurityGroups', 'guard')]"
    }
  }
}"""
LOST_INTERFACE = """{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "resources": [
    {
      "type": "Microsoft.Network/networkInterfaces",
      "apiVersion": "2024-07-01",
      "name": "nic",
      "location": "[resourceGroup().location]",
      "properties": {
        "ipConfigurations": [
          {
            "name": "c",
            "properties": {"subnet": {"id": "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 'lost')]"}}
          }
        ]
      }
    }
  ]
}"""

GROUP_AND_NETWORK = """{
  "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {"group": {"type": "string"}},
  "resources": [
    {
      "type": "Microsoft.Resources/resourceGroups",
      "apiVersion": "2024-11-01",
      "name": "[parameters('group')]",
      "location": "westus"
    },
    {
      "type": "Microsoft.Resources/deployments",
      "apiVersion": "2024-11-01",
      "name": "within",
      "resourceGroup": "[parameters('group')]",
      "dependsOn": ["[parameters('group')]"],
      "properties": {
        "mode": "Incremental",
        "expressionEvaluationOptions": {"scope": "inner"},
        "template": {
          "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
          "contentVersion": "1.0.0.0",
          "resources": [
            {
              "type": "Microsoft.Network/virtualNetworks",
              "apiVersion": "2024-07-01",
              "name": "inner",
              "location": "[resourceGroup().location]",
              "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
            }
          ]
        }
      }
    }
  ]
}"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The paths of the template and of one that fails."""
    folder: Path = tmp_path_factory.mktemp("templates")
    (folder / "networks.json").write_text(TEMPLATE)
    (folder / "lost.json").write_text(LOST_INTERFACE)
    return str(folder / "networks.json"), str(folder / "lost.json")


@pytest.fixture(scope="module")
def deployed(az: AzureCommandLine, group: str, files: tuple[str, str]) -> Any:
    """Two networks without a guard: what ``az deployment group create`` wrote."""
    return az.json(
        *("deployment", "group", "create", "-g", group, "-n", "networks"),
        *("--template-file", files[0], "--parameters", "count=2"),
    )


def test_a_template_with_loops_conditions_and_outputs_is_deployed(
    az: AzureCommandLine, group: str, deployed: Any
) -> None:
    root = f"/subscriptions/{az.emulator.subscription_id}/resourceGroups/{group}/providers/Microsoft.Network"
    properties = deployed["properties"]
    ids = [f"{root}/virtualNetworks/v0", f"{root}/virtualNetworks/v1"]
    operations = az.json("deployment", "operation", "group", "list", "-g", group, "-n", "networks")

    assert (deployed["name"], properties["provisioningState"], properties["mode"]) == (
        "networks",
        "Succeeded",
        "Incremental",
    )
    assert properties["outputs"] == {"ids": {"type": "Array", "value": ids}}
    assert sorted(resource["id"] for resource in properties["outputResources"]) == ids
    assert az.json("resource", "list", "-g", group, "--query", "[].name") == ["v0", "v1"]
    targets = {(entry["properties"].get("targetResource") or {}).get("resourceName") for entry in operations}
    assert {"v0", "v1"} <= targets


@pytest.mark.usefixtures("deployed")
def test_what_if_says_what_would_change(az: AzureCommandLine, group: str, files: tuple[str, str]) -> None:
    parameters = ("--template-file", files[0], "--parameters", "count=3", "guarded=true", "owner=you")
    what_if = ("deployment", "group", "what-if", "-g", group, *parameters)
    result = az.json(*what_if, "--no-pretty-print")
    text = az.text(*what_if)
    changes = {change["resourceId"].rpartition("/")[2]: change for change in result["changes"]}

    assert result["status"] == "Succeeded"
    assert {name: change["changeType"] for name, change in changes.items()} == {
        "guard": "Create",
        "v0": "Modify",
        "v1": "Modify",
        "v2": "Create",
    }
    (delta,) = changes["v0"]["delta"]
    assert (delta["path"], delta["propertyChangeType"], delta["before"], delta["after"]) == (
        "tags.owner",
        "Modify",
        "me",
        "you",
    )
    assert "Resource changes: 2 to create, 2 to modify." in text
    assert '~ tags.owner: "me" => "you"' in text
    assert az.json("network", "nsg", "list", "-g", group) == []


@pytest.mark.usefixtures("deployed")
def test_what_if_in_complete_mode_says_what_would_be_deleted(
    az: AzureCommandLine, group: str, files: tuple[str, str]
) -> None:
    arguments = ("--template-file", files[0], "--parameters", "count=1", "--mode", "Complete")
    complete = az.text("deployment", "group", "what-if", "-g", group, *arguments)
    ids_only = az.json(
        *("deployment", "group", "what-if", "-g", group, "--no-pretty-print"),
        *("--result-format", "ResourceIdOnly", "--template-file", files[0], "--parameters", "count=1"),
    )

    assert "Resource changes: 1 to delete, 1 no change." in complete
    assert "- Microsoft.Network/virtualNetworks/v1" in complete
    assert [change["changeType"] for change in ids_only["changes"]] == ["Deploy", "Ignore"]


def test_a_template_is_validated(az: AzureCommandLine, group: str, files: tuple[str, str]) -> None:
    validate = ("deployment", "group", "validate", "-g", group, "--template-file", files[0], "--parameters")
    valid = az.json(*validate, "count=2")
    invalid = az.error(*validate, "count=0")

    assert (valid["properties"]["provisioningState"], valid["error"]) == ("Succeeded", None)
    assert "InvalidTemplate" in invalid
    assert "must have a value greater than or equal to '1'" in invalid


def test_a_failing_deployment_shows_the_error_within(az: AzureCommandLine, group: str, files: tuple[str, str]) -> None:
    errors = az.error("deployment", "group", "create", "-g", group, "-n", "lost", "--template-file", files[1])
    error = json.loads(errors[errors.index("{") :].strip())["error"]
    shown = az.json("deployment", "group", "show", "-g", group, "-n", "lost")["properties"]

    assert error["code"] == "DeploymentFailed"
    assert [detail["code"] for detail in error["details"]] == ["InvalidResourceReference"]
    assert "/networkInterfaces/nic was not found" in error["details"][0]["message"]
    assert (shown["provisioningState"], shown["error"]["code"]) == ("Failed", "DeploymentFailed")


@pytest.mark.usefixtures("deployed")
def test_deployments_are_listed_exported_and_deleted(az: AzureCommandLine, group: str, files: tuple[str, str]) -> None:
    az.text("deployment", "group", "create", "-g", group, "-n", "short", "--template-file", files[0], "-p", "count=1")
    listed = az.json("deployment", "group", "list", "-g", group, "--query", "[].name")
    exported = az.json("deployment", "group", "export", "-g", group, "-n", "short")
    az.text("deployment", "group", "delete", "-g", group, "-n", "short")

    assert {"networks", "short"} <= set(listed)
    assert exported["parameters"]["count"] == {"type": "int", "minValue": 1}
    assert "(DeploymentNotFound)" in az.error("deployment", "group", "show", "-g", group, "-n", "short", code=3)


def test_a_subscription_is_deployed_to_as_what_if_said(az: AzureCommandLine, tmp_path: Path) -> None:
    name = f"sub-{uuid.uuid4().hex[:8]}"
    (tmp_path / "t.json").write_text(GROUP_AND_NETWORK)
    arguments = ("--location", "eastus", "--template-file", str(tmp_path / "t.json"), "--parameters", f"group={name}")
    forecast = az.text("deployment", "sub", "what-if", *arguments)
    done = az.json("deployment", "sub", "create", "--name", name, *arguments)
    network = az.json("network", "vnet", "show", "--resource-group", name, "--name", "inner")
    az.text("group", "delete", "--name", name, "--yes")

    assert f"+ resourceGroups/{name}" in forecast
    assert "+ Microsoft.Network/virtualNetworks/inner" in forecast
    assert (done["location"], done["properties"]["provisioningState"]) == ("eastus", "Succeeded")
    assert network["location"] == "westus"
