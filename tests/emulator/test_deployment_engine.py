from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azjobs.emulator import state, tokens, wellknown
from azjobs.emulator.clock import VirtualClock
from azjobs.emulator.core import Azure
from azjobs.emulator.faults import Fault
from azjobs.emulator.request import Request

Json = Any
GROUP = f"/subscriptions/{wellknown.SUBSCRIPTION_ID}/resourceGroups/g"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
PASSWORD = "Str0ng-enough-Passw0rd"
TERMINAL = ("Succeeded", "Failed", "Canceled")
RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"


class Client:
    """A client of an emulated Azure in this process, whose time stands until it is advanced."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.azure = Azure(self.clock, seed=7)
        token = tokens.issue("https://management.azure.com/", "https://management.azure.com/t/", time.time())
        self._headers = {"Authorization": f"Bearer {token}", "Host": "management.azure.com"}
        self.ask("PUT", GROUP, {"location": "eastus"}, status=201)

    def ask(self, method: str, path: str, body: Json = None, *, status: int | None = None) -> Json:
        return self.whole(method, path, body, status=status)[1]

    def whole(
        self, method: str, path: str, body: Json = None, *, status: int | None = None
    ) -> tuple[int, Json, dict[str, str]]:
        target = path if "api-version=" in path else f"{path}{'&' if '?' in path else '?'}api-version=2024-11-01"
        content = b"" if body is None else json.dumps(body).encode()
        response = self.azure.handle(Request.from_target(method, target, self._headers, content))
        assert status is None or response.status == status, response.body
        return response.status, response.json(), response.headers

    def deploy(self, template: Json, name: str = "d", mode: str = "Incremental", **values: Json) -> Json:
        """Start a deployment that must be accepted."""
        status, body, _ = self.whole("PUT", deployment(name), request(template, mode, **values))
        assert status in (200, 201), body
        return body

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def restart(self) -> None:
        """Save the state, forget everything, and go on with what was saved."""
        self.azure.settle()
        saved = json.loads(state.encode(self.azure))
        self.clock = VirtualClock(saved["time"])
        self.azure = Azure(self.clock, seed=8)
        state.restore(self.azure, saved)

    def finish(self, name: str = "d", limit: int = 900) -> Json:
        """Let time pass until the deployment has ended, and give its properties."""
        for _ in range(limit):
            properties = self.ask("GET", deployment(name), status=200)["properties"]
            if properties["provisioningState"] in TERMINAL:
                return properties
            self.advance(1)
        raise AssertionError(f"{name} did not end")

    def operations(self, name: str = "d") -> dict[str, Json]:
        """The properties of the deployment's operations by the name of their resource."""
        entries = self.ask("GET", f"{deployment(name)}/operations", status=200)["value"]
        return {
            entry["properties"].get("targetResource", {}).get("resourceName", ""): entry["properties"]
            for entry in entries
        }


def deployment(name: str) -> str:
    return f"{GROUP}/providers/Microsoft.Resources/deployments/{name}"


def request(template: Json, mode: str = "Incremental", **values: Json) -> Json:
    parameters = {name: {"value": value} for name, value in values.items()}
    return {"properties": {"template": template, "parameters": parameters, "mode": mode}}


def template(*resources: Json, **members: Json) -> dict[str, Json]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **members}


def network(name: str, *depends_on: str, **members: Json) -> Json:
    return {
        "type": "Microsoft.Network/virtualNetworks",
        "apiVersion": "2024-05-01",
        "name": name,
        "location": "[resourceGroup().location]",
        "dependsOn": list(depends_on),
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        },
        **members,
    }


def machine_template(name: str = "MyVm") -> Json:
    """What a simple VM needs, as this product's command deploys it."""
    prefix = "[resourceId('Microsoft.Network/"
    address, group, card = f"{name}-ip", f"{name}-nsg", f"{name}-nic"
    return template(
        network(f"{name}-net"),
        {
            "type": "Microsoft.Network/publicIPAddresses",
            "apiVersion": "2024-05-01",
            "name": address,
            "location": "[parameters('location')]",
            "sku": {"name": "Standard"},
            "properties": {
                "publicIPAllocationMethod": "Static",
                "dnsSettings": {"domainNameLabel": "[toLower(concat(parameters('name'), resourceGroup().name))]"},
            },
        },
        {
            "type": "Microsoft.Network/networkSecurityGroups",
            "apiVersion": "2024-05-01",
            "name": group,
            "location": "[parameters('location')]",
            "properties": {
                "securityRules": [
                    {
                        "name": "ssh",
                        "properties": {
                            "protocol": "Tcp",
                            "sourcePortRange": "*",
                            "destinationPortRange": "22",
                            "sourceAddressPrefix": "*",
                            "destinationAddressPrefix": "*",
                            "access": "Allow",
                            "priority": 1000,
                            "direction": "Inbound",
                        },
                    }
                ]
            },
        },
        {
            "type": "Microsoft.Network/networkInterfaces",
            "apiVersion": "2024-05-01",
            "name": card,
            "location": "[parameters('location')]",
            "dependsOn": [f"{name}-net", address, group],
            "properties": {
                "networkSecurityGroup": {"id": f"{prefix}networkSecurityGroups', '{group}')]"},
                "ipConfigurations": [
                    {
                        "name": "ip",
                        "properties": {
                            "subnet": {"id": f"{prefix}virtualNetworks/subnets', '{name}-net', 'default')]"},
                            "publicIPAddress": {"id": f"{prefix}publicIPAddresses', '{address}')]"},
                        },
                    }
                ],
            },
        },
        {
            "type": "Microsoft.Compute/virtualMachines",
            "apiVersion": "2024-11-01",
            "name": "[parameters('name')]",
            "location": "[parameters('location')]",
            "dependsOn": [card],
            "properties": {
                "hardwareProfile": {"vmSize": "Standard_D2s_v3"},
                "storageProfile": {
                    "imageReference": {
                        "publisher": "Canonical",
                        "offer": "ubuntu-24_04-lts",
                        "sku": "server",
                        "version": "latest",
                    },
                    "osDisk": {"createOption": "FromImage"},
                },
                "osProfile": {
                    "computerName": "[parameters('name')]",
                    "adminUsername": "azureuser",
                    "adminPassword": "[parameters('adminPassword')]",
                },
                "networkProfile": {"networkInterfaces": [{"id": f"{prefix}networkInterfaces', '{card}')]"}]},
            },
        },
        parameters={
            "name": {"type": "string", "defaultValue": name},
            "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
            "adminPassword": {"type": "securestring"},
        },
        outputs={"fqdn": {"type": "string", "value": f"[reference('{address}').dnsSettings.fqdn]"}},
    )


@pytest.fixture
def azure() -> Client:
    return Client()


def test_a_virtual_machine_is_deployed_with_everything_that_it_needs(azure: Client) -> None:
    accepted = azure.deploy(machine_template(), adminPassword=PASSWORD)["properties"]
    done = azure.finish()

    assert accepted["provisioningState"] == "Accepted"
    assert done["provisioningState"] == "Succeeded"
    assert done["outputs"] == {"fqdn": {"type": "String", "value": "myvmg.eastus.cloudapp.azure.com"}}
    assert {entry["id"].rpartition("/")[2] for entry in done["outputResources"]} == {
        "MyVm",
        "MyVm-nic",
        "MyVm-nsg",
        "MyVm-ip",
        "MyVm-net",
    }
    vm = azure.ask("GET", f"{COMPUTE}/virtualMachines/MyVm", status=200)
    assert vm["properties"]["provisioningState"] == "Succeeded"
    assert vm["properties"]["osProfile"]["adminUsername"] == "azureuser"


def test_parts_that_need_nothing_of_each_other_are_made_side_by_side(azure: Client) -> None:
    azure.deploy(machine_template(), adminPassword=PASSWORD)
    azure.advance(2)
    early = azure.operations()
    azure.finish()
    late = azure.operations()

    assert set(early) == {"MyVm-net", "MyVm-ip", "MyVm-nsg"}
    assert {entry["provisioningState"] for entry in early.values()} <= {"Running", "Succeeded"}
    assert early["MyVm-net"]["provisioningState"] == "Running"
    assert late["MyVm"]["provisioningState"] == "Succeeded"
    assert late["MyVm"]["duration"].startswith("PT1M")
    assert late["MyVm"]["targetResource"] == {
        "id": f"{COMPUTE}/virtualMachines/MyVm",
        "resourceType": "Microsoft.Compute/virtualMachines",
        "resourceName": "MyVm",
    }
    assert late[""]["provisioningOperation"] == "EvaluateDeploymentOutput"


def test_the_poll_url_is_the_deployments_own_and_tells_how_it_goes(azure: Client) -> None:
    _, _, headers = azure.whole("PUT", deployment("d"), request(template(network("v"))), status=201)
    url = headers["Azure-AsyncOperation"]
    path = url.removeprefix("https://management.azure.com")
    seen = []
    for _ in range(20):
        status, body, _ = azure.whole("GET", path)
        assert status == 200
        seen.append(body["status"])
        azure.advance(0.5)

    assert path.startswith(f"{deployment('d')}/operationStatuses/")
    assert len(path.partition("operationStatuses/")[2].partition("?")[0]) == 20
    assert list(dict.fromkeys(seen)) == ["Accepted", "Running", "Succeeded"]


def test_a_running_deployment_says_when_to_ask_again_and_a_finished_one_does_not(azure: Client) -> None:
    azure.deploy(template(network("v")))
    azure.advance(2)
    running = azure.whole("GET", deployment("d"))
    azure.finish()
    finished = azure.whole("GET", deployment("d"))

    assert running[1]["properties"]["provisioningState"] == "Running"
    assert running[2]["Retry-After"] == "5"
    assert "Retry-After" not in finished[2]


def test_deploying_again_updates_the_history_entry(azure: Client) -> None:
    assert azure.whole("PUT", deployment("d"), request(template(network("v"))))[0] == 201
    azure.finish()
    assert azure.whole("PUT", deployment("d"), request(template(network("w"))))[0] == 200
    done = azure.finish()

    assert [entry["id"].rpartition("/")[2] for entry in done["outputResources"]] == ["w"]
    assert len(azure.ask("GET", f"{GROUP}/providers/Microsoft.Resources/deployments")["value"]) == 1


def test_a_deployment_that_runs_is_not_replaced(azure: Client) -> None:
    azure.deploy(template(network("v")))

    error = azure.ask("PUT", deployment("d"), request(template(network("w"))), status=409)["error"]

    assert error["code"] == "DeploymentActive"
    assert "is still active (expiration time is '" in error["message"]


def test_a_failing_resource_fails_the_deployment_while_the_others_finish(azure: Client) -> None:
    azure.azure.faults.add(
        Fault(kind="*virtualNetworks/create", name="bad", code="AllocationFailed", message="No room.")
    )
    azure.deploy(template(network("bad"), network("good"), network("after", "bad"), network("then", "good")))
    done = azure.finish()
    operations = azure.operations()

    assert done["provisioningState"] == "Failed"
    assert done["error"] == {
        "code": "DeploymentFailed",
        "target": deployment("d"),
        "message": "At least one resource deployment operation failed. Please list deployment operations for details. "
        "Please see https://aka.ms/arm-deployment-operations for usage details.",
        "details": [{"code": "AllocationFailed", "message": "No room."}],
    }
    assert {name: entry["provisioningState"] for name, entry in operations.items()} == {
        "bad": "Failed",
        "good": "Succeeded",
        "then": "Succeeded",
    }
    assert operations["bad"]["statusCode"] == "Conflict"
    assert operations["bad"]["statusMessage"] == {
        "status": "Failed",
        "error": {"code": "AllocationFailed", "message": "No room."},
    }
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/after")[0] == 404
    assert "outputResources" not in done


def test_the_poll_of_a_failed_deployment_carries_its_error(azure: Client) -> None:
    azure.azure.faults.add(Fault(kind="*virtualNetworks/create", name="bad", code="AllocationFailed", message="No."))
    _, _, headers = azure.whole("PUT", deployment("d"), request(template(network("bad"))))
    done = azure.finish()

    status, body, _ = azure.whole("GET", headers["Azure-AsyncOperation"])

    assert (status, body["status"], body["error"]) == (200, "Failed", done["error"])


def test_a_resource_that_its_provider_refuses_at_once_fails_the_deployment(azure: Client) -> None:
    child = {
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "apiVersion": "2024-05-01",
        "name": "ghost/default",
        "properties": {"addressPrefix": "10.0.0.0/24"},
    }
    azure.deploy(template(child))
    done = azure.finish()

    assert done["provisioningState"] == "Failed"
    assert done["error"]["details"][0]["code"] == azure.operations()["ghost/default"]["statusMessage"]["error"]["code"]


def test_a_mistake_of_the_emulator_fails_the_deployment_and_does_not_hold_it(
    azure: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    azure.deploy(template(network("v")))
    monkeypatch.setattr(azure.azure, "put_resource", broken)

    assert azure.finish()["error"]["details"][0]["code"] == "InternalServerError"


def test_a_cancelled_deployment_starts_no_more_and_what_it_started_goes_on(azure: Client) -> None:
    azure.deploy(template(network("first"), network("second", "first")))
    azure.advance(2)
    azure.ask("POST", f"{deployment('d')}/cancel", status=204)
    cancelled = azure.ask("GET", deployment("d"))["properties"]
    azure.advance(600)

    assert cancelled["provisioningState"] == "Canceled"
    assert azure.ask("GET", deployment("d"))["properties"]["provisioningState"] == "Canceled"
    first = azure.ask("GET", f"{NETWORK}/virtualNetworks/first", status=200)
    assert first["properties"]["provisioningState"] == "Succeeded"
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/second")[0] == 404
    assert azure.operations()["first"]["provisioningState"] == "Succeeded"


def test_a_finished_deployment_cannot_be_cancelled(azure: Client) -> None:
    azure.deploy(template())
    azure.finish()

    error = azure.ask("POST", f"{deployment('d')}/cancel", status=409)["error"]

    assert error["code"] == "DeploymentCannotBeCancelled"
    assert error["message"].startswith(
        "The deployment 'd' cannot be cancelled because it has provisioning state 'Succeeded' or it has already "
        "expired (expiration time is '"
    )


def test_deleting_a_deployment_deletes_its_history_and_not_its_resources(azure: Client) -> None:
    azure.deploy(template(network("v")))
    error = azure.ask("DELETE", deployment("d"), status=409)["error"]
    azure.finish()
    _, _, headers = azure.whole("DELETE", deployment("d"), status=202)
    azure.advance(60)

    assert error["code"] == "DeploymentActive"
    assert azure.whole("GET", headers["Location"])[0] == 204
    assert azure.ask("GET", deployment("d"), status=404)["error"]["code"] == "DeploymentNotFound"
    assert azure.whole("HEAD", deployment("d"))[0] == 404
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/v")[0] == 200


def test_a_deployment_is_listed_found_by_head_and_exported(azure: Client) -> None:
    document = template(network("v"))
    azure.deploy(document)
    azure.finish()
    collection = f"{GROUP}/providers/Microsoft.Resources/deployments"

    assert azure.whole("HEAD", deployment("d"))[0] == 204
    assert [entry["name"] for entry in azure.ask("GET", collection)["value"]] == ["d"]
    assert azure.ask("GET", f"{collection}?$filter=provisioningState eq 'Failed'")["value"] == []
    assert len(azure.ask("GET", f"{collection}?$filter=provisioningState eq 'Succeeded'")["value"]) == 1
    assert azure.ask("POST", f"{deployment('d')}/exportTemplate", status=200) == {"template": document}


def test_one_operation_of_a_deployment_can_be_read(azure: Client) -> None:
    azure.deploy(template(network("v")))
    azure.finish()
    for entry in azure.ask("GET", f"{GROUP}/deployments/d/operations")["value"]:
        assert azure.ask("GET", f"{deployment('d')}/operations/{entry['operationId']}", status=200) == entry
    assert azure.whole("GET", f"{deployment('d')}/operations/0")[0] == 404


def test_validate_says_what_put_would_say_and_makes_nothing(azure: Client) -> None:
    good = azure.ask("POST", f"{deployment('d')}/validate", request(template(network("v"))), status=200)
    bad = azure.ask("POST", f"{deployment('d')}/validate", request(template(network("v", "ghost"))), status=400)

    assert good["properties"]["provisioningState"] == "Succeeded"
    assert good["properties"]["validatedResources"] == [{"id": f"{NETWORK}/virtualNetworks/v"}]
    assert bad["error"]["code"] == "InvalidTemplate"
    assert azure.whole("GET", deployment("d"))[0] == 404


def test_a_wrong_template_is_refused_before_anything_is_made(azure: Client) -> None:
    error = azure.ask("PUT", deployment("d"), request(template(network("v"), network("w", "ghost"))), status=400)[
        "error"
    ]
    azure.advance(60)

    assert error["code"] == "InvalidTemplate"
    assert "'ghost' is not defined in the template" in error["message"]
    assert error["additionalInfo"][0]["type"] == "TemplateViolation"
    assert azure.whole("GET", deployment("d"))[0] == 404
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/v")[0] == 404


def test_what_a_provider_refuses_beforehand_is_refused_at_the_put_with_inner_errors(azure: Client) -> None:
    error = azure.ask("PUT", deployment("d"), request(machine_template(), adminPassword="weak"), status=400)["error"]
    azure.advance(60)

    assert error["code"] == "InvalidTemplateDeployment"
    assert error["message"].startswith("The template deployment 'd' is not valid according to the validation procedure")
    assert [inner["target"] for inner in error["details"]] == ["adminPassword"]
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/MyVm-net")[0] == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidRequestContent"),
        ({"properties": {"template": {}, "mode": "Incremental"}}, "InvalidRequestContent"),
        ({"properties": {"template": template()}}, "InvalidRequestContent"),
        ({"properties": {"template": template(), "mode": "Sideways"}}, "InvalidRequestContent"),
        ({"properties": {"mode": "Incremental"}}, "InvalidTemplate"),
        ({"properties": {"mode": "Incremental", "template": "text"}}, "InvalidRequestContent"),
        ({"properties": {"mode": "Incremental", "templateLink": {"uri": "https://x/t.json"}}}, "InvalidContentLink"),
        ({"properties": {"template": template(), "mode": "Incremental"}, "tags": 1}, "InvalidRequestContent"),
        ({"properties": {"template": template(), "mode": "Incremental", "parameters": {"a": 1}}}, "InvalidTemplate"),
    ],
)
def test_a_request_that_is_no_deployment_is_refused(azure: Client, body: Json, code: str) -> None:
    assert azure.ask("PUT", deployment("d"), body, status=400)["error"]["code"] == code


@pytest.mark.parametrize(
    ("name", "code"),
    [("x" * 65, "DeploymentNameLengthLimitExceeded"), ("a b", "DeploymentNameInvalidCharacters")],
)
def test_a_name_that_breaks_the_rules_is_refused(azure: Client, name: str, code: str) -> None:
    path = deployment(name.replace(" ", "%20"))

    assert azure.ask("PUT", path, request(template()), status=400)["error"]["code"] == code


def test_an_expression_that_fails_while_the_deployment_runs_names_its_resource_and_place(azure: Client) -> None:
    azure.deploy(template(network("v"), network("w", "v", tags={"t": "[reference('v').nothing]"})))
    error = azure.finish()["error"]["details"][0]

    assert error["code"] == "InvalidTemplate"
    assert error["message"].startswith(
        f"Unable to process template language expressions for resource '{NETWORK}/virtualNetworks/w' at line '1' and "
        "column '"
    )
    assert "column '0'" not in error["message"]
    assert "The language expression property 'nothing' doesn't exist" in error["message"]


@pytest.mark.parametrize("reference", ["'v'", "'ghost'", "resourceId('Microsoft.Network/virtualNetworks', 'ghost')"])
def test_an_output_that_cannot_be_evaluated_fails_the_deployment(azure: Client, reference: str) -> None:
    outputs = {"o": {"type": "string", "value": f"[reference({reference}).nothing]"}}
    azure.deploy(template(network("v"), outputs=outputs))
    done = azure.finish()

    assert done["error"]["code"] == "DeploymentOutputEvaluationFailed"
    assert [detail["target"] for detail in done["error"]["details"]] == ["o"]
    assert azure.operations()[""]["provisioningState"] == "Failed"
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/v")[0] == 200


def test_the_state_of_one_resource_goes_into_another(azure: Client) -> None:
    tags = {
        "state": "[reference('first').provisioningState]",
        "kind": "[reference('first', '2024-05-01', 'Full').location]",
    }
    azure.deploy(template(network("second", tags=tags), network("first")))
    azure.finish()

    second = azure.ask("GET", f"{NETWORK}/virtualNetworks/second", status=200)
    assert second["tags"] == {"state": "Succeeded", "kind": "eastus"}


def test_a_nested_deployment_runs_within_its_parent_and_its_outputs_can_be_used(azure: Client) -> None:
    inner = template(
        network("[parameters('name')]"),
        parameters={"name": {"type": "string"}},
        outputs={"id": {"type": "string", "value": "[resourceId('Microsoft.Network/virtualNetworks', 'v')]"}},
    )
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2025-04-01",
        "name": "inner",
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"name": {"value": "[toLower('V')]"}},
            "template": inner,
        },
    }
    outputs = {"id": {"type": "string", "value": "[reference('inner').outputs.id.value]"}}
    azure.deploy(template(nested, outputs=outputs))
    done = azure.finish()

    assert done["outputs"]["id"]["value"] == f"{NETWORK}/virtualNetworks/v"
    assert azure.finish("inner")["provisioningState"] == "Succeeded"


def test_the_error_of_a_nested_deployment_is_nested(azure: Client) -> None:
    azure.azure.faults.add(Fault(kind="*virtualNetworks/create", name="v", code="AllocationFailed", message="No."))
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2025-04-01",
        "name": "inner",
        "properties": {"mode": "Incremental", "template": template(network("v"))},
    }
    azure.deploy(template(nested))
    detail = azure.finish()["error"]["details"][0]

    assert detail["code"] == "ResourceDeploymentFailure"
    assert detail["details"][0]["code"] == "DeploymentFailed"
    assert detail["details"][0]["details"] == [{"code": "AllocationFailed", "message": "No."}]


def test_complete_mode_removes_what_the_template_does_not_have(azure: Client) -> None:
    azure.deploy(template(network("old"), network("kept")))
    azure.finish()
    azure.deploy(template(network("kept"), network("new")), name="complete", mode="Complete")
    done = azure.finish("complete")

    assert done["provisioningState"] == "Succeeded"
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/old")[0] == 404
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/kept")[0] == 200
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/new")[0] == 200
    assert azure.operations("complete")["old"]["provisioningOperation"] == "DeploymentCleanup"


def test_complete_mode_removes_a_machine_and_then_what_it_used(azure: Client) -> None:
    azure.deploy(machine_template(), adminPassword=PASSWORD)
    azure.finish()
    azure.deploy(template(), name="complete", mode="Complete")
    azure.finish("complete")

    left = [entry["type"] for entry in azure.ask("GET", f"{GROUP}/resources", status=200)["value"]]
    assert left == []


def test_a_subscription_can_be_deployed_to(azure: Client) -> None:
    path = f"/subscriptions/{wellknown.SUBSCRIPTION_ID}/providers/Microsoft.Resources/deployments/s"
    group = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-11-01",
        "name": "made",
        "location": "[deployment().location]",
    }
    body = request(template(group, outputs={"id": {"type": "string", "value": "[subscription().subscriptionId]"}}))
    assert azure.ask("PUT", path, body, status=400)["error"]["code"] == "LocationRequired"
    azure.ask("PUT", path, {**body, "location": "eastus"}, status=201)
    azure.advance(60)

    done = azure.ask("GET", path, status=200)
    assert done["properties"]["provisioningState"] == "Succeeded"
    assert done["location"] == "eastus"
    assert done["properties"]["outputs"]["id"]["value"] == wellknown.SUBSCRIPTION_ID
    assert azure.ask("GET", GROUP.removesuffix("g") + "made", status=200)["location"] == "eastus"


def test_the_history_of_a_group_is_kept_below_its_limit(azure: Client) -> None:
    for number in range(800):
        azure.deploy(template(), name=f"d{number}")
    error = azure.ask("PUT", deployment("one-more"), request(template()), status=409)["error"]
    azure.advance(60)
    azure.deploy(template(), name="one-more")

    assert error["code"] == "DeploymentQuotaExceeded"
    assert "would exceed the quota of '800'" in error["message"]
    assert len(azure.ask("GET", f"{GROUP}/providers/Microsoft.Resources/deployments")["value"]) == 800
    assert azure.whole("GET", deployment("d0"))[0] == 404


def state_of(azure: Client) -> str:
    """What is saved of the emulator."""
    return state.encode(azure.azure).decode()


def test_a_secure_value_is_in_no_state_and_in_no_answer_and_leaves_memory_at_the_end(azure: Client) -> None:
    document = machine_template()
    document["outputs"]["leak"] = {"type": "string", "value": "[concat('x', parameters('adminPassword'))]"}
    document["outputs"]["secret"] = {"type": "securestring", "value": "[parameters('adminPassword')]"}
    answers = [azure.deploy(document, adminPassword=PASSWORD)]
    states = [state_of(azure)]
    while azure.ask("GET", deployment("d"))["properties"]["provisioningState"] not in TERMINAL:
        azure.advance(7)
        states.append(state_of(azure))
        answers += [azure.ask("GET", deployment("d")), azure.operations()]
    answers.append(azure.ask("POST", f"{deployment('d')}/exportTemplate"))

    assert PASSWORD not in "".join(states)
    assert PASSWORD not in json.dumps(answers)
    assert PASSWORD not in repr(azure.azure.memory)
    assert azure.finish()["outputs"]["secret"] == {"type": "SecureString"}


def test_a_password_that_stands_in_the_template_is_not_kept_either(azure: Client) -> None:
    document = machine_template()
    document["parameters"]["adminPassword"]["defaultValue"] = PASSWORD
    document["resources"][-1]["properties"]["osProfile"]["adminPassword"] = PASSWORD
    azure.deploy(document)

    assert PASSWORD not in state_of(azure)
    assert azure.finish()["provisioningState"] == "Succeeded"
    assert PASSWORD not in state_of(azure)
    assert PASSWORD not in json.dumps(azure.ask("POST", f"{deployment('d')}/exportTemplate"))


def test_an_error_message_does_not_tell_a_secret(azure: Client) -> None:
    document = machine_template()
    document["resources"][0]["tags"] = {"t": "[string(int(parameters('adminPassword')))]"}

    answer = azure.ask("PUT", deployment("d"), request(document, adminPassword=PASSWORD), status=400)

    assert PASSWORD not in json.dumps(answer)
    assert "'********' cannot be converted to an integer" in answer["error"]["message"]


def test_a_deployment_goes_on_after_a_restart_when_the_secret_has_been_used(azure: Client) -> None:
    azure.deploy(machine_template(), adminPassword=PASSWORD)
    azure.advance(30)
    azure.restart()

    assert "MyVm" in azure.operations()
    assert azure.finish()["provisioningState"] == "Succeeded"


def test_what_needs_a_secret_that_a_restart_has_lost_fails_and_says_so(azure: Client) -> None:
    azure.deploy(machine_template(), adminPassword=PASSWORD)
    azure.advance(2)
    azure.restart()
    done = azure.finish()

    assert done["provisioningState"] == "Failed"
    message = done["error"]["details"][0]["message"]
    assert "The value of the secure template parameter 'adminPassword' is no longer known" in message
    assert "Deploy again." in message
    assert azure.operations()["MyVm-nic"]["provisioningState"] == "Succeeded"


def test_a_literal_password_that_a_restart_has_lost_is_told_as_well(azure: Client) -> None:
    document = machine_template()
    document["resources"][-1]["properties"]["osProfile"]["adminPassword"] = PASSWORD
    azure.deploy(document, adminPassword="unused-" + PASSWORD)
    azure.advance(2)
    azure.restart()

    assert "A secret of this template is no longer known" in azure.finish()["error"]["details"][0]["message"]


def test_deleting_the_group_ends_its_deployments(azure: Client) -> None:
    azure.deploy(template(network("first"), network("second", "first")))
    azure.advance(2)
    azure.ask("DELETE", GROUP, status=202)
    azure.advance(3600)

    assert azure.whole("GET", GROUP)[0] == 404
    assert not list(azure.azure.store.of_type("Microsoft.Resources/deployments"))
    assert not azure.azure.operations.in_flight


def test_a_deployment_that_is_ended_by_hand_ends_so(azure: Client) -> None:
    azure.deploy(template(network("v")))
    azure.advance(2)
    operation = next(each for each in azure.azure.operations.in_flight if each.target == deployment("d"))
    azure.azure.end_operation(operation, error={"code": "Asked", "message": "By hand."})
    ended = azure.ask("GET", deployment("d"))["properties"]
    azure.advance(600)

    assert (ended["provisioningState"], ended["error"]) == ("Failed", {"code": "Asked", "message": "By hand."})
    assert azure.ask("GET", deployment("d"))["properties"] == ended


def test_a_fault_of_the_deployment_itself_fails_it_when_its_resources_are_made(azure: Client) -> None:
    azure.azure.faults.add(Fault(kind="*deployments/create", name="d", code="Denied", message="Policy."))
    azure.deploy(template(network("v")))

    assert azure.finish()["error"] == {"code": "Denied", "message": "Policy."}
    assert azure.whole("GET", f"{NETWORK}/virtualNetworks/v")[0] == 200


def test_a_body_of_a_deployment_holds_nothing_that_azures_description_does_not_know(azure: Client) -> None:
    path = RECORDINGS.parent / "schemas" / "Microsoft.Resources-2025-04-01.types.json"
    if not path.is_file():
        pytest.skip("the descriptions of Azure's types are not here")
    types = json.loads(path.read_text())
    azure.azure.faults.add(Fault(kind="*virtualNetworks/create", name="bad", code="E", message="m"))
    azure.deploy(machine_template(), name="good", adminPassword=PASSWORD)
    azure.deploy(template(network("bad"), network("after", "bad")), name="bad")
    unknown: set[str] = set()

    def check(value: Json, type_index: int, where: str) -> None:
        kind = types[type_index]
        if kind["$type"] == "ArrayType" and isinstance(value, list):
            for item in value:
                check(item, reference(kind["itemType"]), f"{where}[]")
        if kind["$type"] != "ObjectType" or not isinstance(value, dict) or kind.get("additionalProperties"):
            return
        for name, item in value.items():
            if name in kind["properties"]:
                check(item, reference(kind["properties"][name]["type"]), f"{where}.{name}")
            else:
                unknown.add(f"{where}.{name}")

    def reference(link: Json) -> int:
        return int(link["$ref"].removeprefix("#/"))

    root = next(index for index, kind in enumerate(types) if kind.get("name") == "Microsoft.Resources/deployments")
    check({"surprise": 1}, root, "probe")
    assert unknown == {"probe.surprise"}
    unknown.clear()
    for name in ("good", "bad"):
        azure.finish(name)
        check(azure.ask("GET", deployment(name)), root, "")

    assert unknown == set()


def key_paths(document: Json, prefix: str = "") -> set[str]:
    """The paths of all members of a document; the items of an array count as one."""
    if isinstance(document, dict):
        paths = {f"{prefix}.{name}" for name in document}
        return paths.union(*(key_paths(item, f"{prefix}.{name}") for name, item in document.items()))
    if isinstance(document, list):
        return set().union(*(key_paths(item, f"{prefix}[]") for item in document))
    return set()


def recorded(name: str) -> list[Json]:
    path = RECORDINGS / name
    if not path.is_file():
        pytest.skip("the recordings of real Azure are not here")
    return list(json.loads(path.read_text())["Entries"])


def recorded_body(entries: list[Json], method: str, ending: str, state: str | None = None) -> Json:
    for entry in entries:
        path = entry["RequestUri"].partition("?")[0]
        body = json.loads(entry["ResponseBody"]) if entry["ResponseBody"] else None
        found = body is not None and (state is None or body.get("properties", {}).get("provisioningState") == state)
        if entry["RequestMethod"] == method and path.endswith(ending) and found:
            return body
    raise AssertionError(ending)


def test_the_bodies_of_a_deployment_have_every_member_that_azure_recorded(azure: Client) -> None:
    entries = recorded("ResourceManager.Deployment__CanCreateVirtualNetwork.json")
    document = recorded_body(entries, "POST", "deployments/deployment1/exportTemplate")["template"]
    links = {".properties.templateLink", ".properties.parametersLink"}

    def comparable(body: Json) -> set[str]:
        # The recorded deployment was sent as links, which an emulator without network access does not follow.
        return {path for path in key_paths(body) if not path.startswith(tuple(links))}

    accepted = azure.deploy(document, name="deployment1")
    azure.finish("deployment1")
    finished = azure.ask("GET", deployment("deployment1"))
    real = recorded_body(entries, "PUT", "deployments/deployment1", "Accepted")

    assert comparable(accepted) >= comparable(real)
    assert comparable(finished) >= comparable(recorded_body(entries, "GET", "deployments/deployment1", "Succeeded"))
    for member in ("parameters", "providers"):
        assert accepted["properties"][member] == real["properties"][member]
    ours, theirs = accepted["properties"]["dependencies"], real["properties"]["dependencies"]
    assert [(entry["resourceName"], [on["resourceName"] for on in entry["dependsOn"]]) for entry in ours] == [
        (entry["resourceName"], [on["resourceName"] for on in entry["dependsOn"]]) for entry in theirs
    ]


def test_the_operations_of_a_deployment_have_every_member_that_azure_recorded(azure: Client) -> None:
    entries = recorded("ResourceManager.Deployment__CanCreateVirtualNetwork.json")
    document = recorded_body(entries, "POST", "deployments/deployment1/exportTemplate")["template"]
    azure.deploy(document, name="deployment1")
    azure.finish("deployment1")

    ours = azure.ask("GET", f"{GROUP}/deployments/deployment1/operations")
    real = recorded_body(entries, "GET", "deployments/deployment1/operations")

    assert key_paths(ours) >= key_paths(real)
    created = [each["properties"] for each in real["value"] if each["properties"]["provisioningOperation"] == "Create"]
    made = [each["properties"] for each in ours["value"] if each["properties"]["provisioningOperation"] == "Create"]
    assert [each["targetResource"]["resourceName"] for each in made] == [
        each["targetResource"]["resourceName"] for each in created
    ]
    assert {each["statusCode"] for each in made} == {"OK"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["deploy", "cancel", "delete", "restart", "look", "fail"]) | st.floats(0.1, 40), max_size=14
    ),
    st.integers(0, 3),
)
def test_whatever_happens_a_deployment_that_has_ended_stays_as_it_ended(steps: list[str | float], edges: int) -> None:
    client = Client()
    names = ["a", "b", "c"]
    document = template(*[network(name, *names[:index][:edges]) for index, name in enumerate(names)])
    ended: dict[str, str] = {}
    for step in steps:
        if isinstance(step, float):
            client.advance(step)
        elif step == "deploy" and client.whole("PUT", deployment("d"), request(document))[0] in (200, 201):
            ended.clear()
        elif step == "cancel":
            assert client.whole("POST", f"{deployment('d')}/cancel")[0] in (204, 404, 409)
        elif step == "delete" and client.whole("DELETE", deployment("d"))[0] == 202:
            ended.clear()
            client.advance(20)
        elif step == "restart":
            client.restart()
        elif step == "fail":
            client.azure.faults.add(Fault(kind="*virtualNetworks/*", name="b", code="E", message="m"))
        status, body, _ = client.whole("GET", deployment("d"))
        assert status in (200, 404), body
        if status == 200 and body["properties"]["provisioningState"] in TERMINAL:
            fingerprint = json.dumps(body, sort_keys=True)
            assert ended.setdefault("d", fingerprint) == fingerprint
    client.advance(3600)
    status, body, _ = client.whole("GET", deployment("d"))
    assert status == 404 or body["properties"]["provisioningState"] in TERMINAL
    assert not client.azure.operations.in_flight
