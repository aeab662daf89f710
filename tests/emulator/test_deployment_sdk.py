from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azjobs.emulator import RunningEmulator

Json = Any
PASSWORD = "Str0ng-enough-Passw0rd"
SCHEMA = "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#"


class Session:
    """Unmodified SDK clients of a running emulator, and a resource group of their own."""

    def __init__(self, emulator: RunningEmulator) -> None:
        self.emulator = emulator
        self.credential = ClientSecretCredential(
            emulator.tenant_id,
            emulator.client_id,
            emulator.client_secret,
            authority=emulator.endpoint,
            disable_instance_discovery=True,
            connection_verify=str(emulator.ca_file),
        )
        options: dict[str, Any] = {
            "base_url": emulator.endpoint,
            "credential_scopes": [f"{emulator.endpoint}/.default"],
            "connection_verify": str(emulator.ca_file),
        }
        self.resources = ResourceManagementClient(self.credential, emulator.subscription_id, **options)
        self.client: Any = DeploymentsMgmtClient(self.credential, emulator.subscription_id, **options)
        self.compute = ComputeManagementClient(self.credential, emulator.subscription_id, **options)
        self.group = f"group-{uuid.uuid4().hex[:10]}"
        self.resources.resource_groups.create_or_update(self.group, {"location": "eastus"})

    def deploy(self, name: str, template: Json, **values: Json) -> Any:
        """Start a deployment through the SDK and give its poller."""
        parameters = {parameter: {"value": value} for parameter, value in values.items()}
        body: Any = {"properties": {"mode": "Incremental", "template": template, "parameters": parameters}}
        return self.client.deployments.begin_create_or_update(self.group, name, body)

    def fail_next(self, kind: str, name: str, code: str, message: str) -> None:
        """Let the next operation of a kind on a name fail."""
        body = json.dumps({"kind": kind, "name": name, "code": code, "message": message}).encode()
        request = Request(
            f"{self.emulator.endpoint}/_emulator/faults",
            data=body,
            method="POST",
            headers={"Content-Type": "application/json"},
        )
        context = ssl.create_default_context(cafile=str(self.emulator.ca_file))
        with urlopen(request, context=context) as answer:
            assert answer.status == 201

    def close(self) -> None:
        """Remove the group and close the clients."""
        self.resources.resource_groups.begin_delete(self.group)
        for client in (self.resources, self.client, self.compute, self.credential):
            client.close()


@pytest.fixture
def session(emulator: RunningEmulator) -> Iterator[Session]:
    session = Session(emulator)
    yield session
    session.close()


def in_group(session: Session, type_and_name: str) -> str:
    return f"/subscriptions/{session.emulator.subscription_id}/resourceGroups/{session.group}/providers/{type_and_name}"


def machine_template(session: Session, name: str = "vm1") -> Json:
    """The template that ``az vm create`` sends for a Linux machine with a password."""
    network = in_group(session, "Microsoft.Network")
    common = {"location": "eastus", "tags": {}}
    rule = {
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "destinationPortRange": "22",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        "access": "Allow",
        "priority": 1000,
        "direction": "Inbound",
    }
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {"adminPassword": {"type": "securestring", "metadata": {"description": "Secure adminPassword"}}},
        "variables": {},
        "resources": [
            {
                "name": f"{name}VNET",
                "type": "Microsoft.Network/virtualNetworks",
                "apiVersion": "2015-06-15",
                "dependsOn": [],
                "properties": {
                    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                    "subnets": [{"name": f"{name}Subnet", "properties": {"addressPrefix": "10.0.0.0/24"}}],
                },
                **common,
            },
            {
                "type": "Microsoft.Network/networkSecurityGroups",
                "name": f"{name}NSG",
                "apiVersion": "2015-06-15",
                "dependsOn": [],
                "properties": {"securityRules": [{"name": "default-allow-ssh", "properties": rule}]},
                **common,
            },
            {
                "apiVersion": "2022-01-01",
                "type": "Microsoft.Network/publicIPAddresses",
                "name": f"{name}PublicIP",
                "dependsOn": [],
                "properties": {"publicIPAllocationMethod": "Static"},
                "sku": {"name": "Standard"},
                **common,
            },
            {
                "apiVersion": "2015-06-15",
                "type": "Microsoft.Network/networkInterfaces",
                "name": f"{name}VMNic",
                "dependsOn": [
                    f"Microsoft.Network/virtualNetworks/{name}VNET",
                    f"Microsoft.Network/networkSecurityGroups/{name}NSG",
                    f"Microsoft.Network/publicIpAddresses/{name}PublicIP",
                ],
                "properties": {
                    "ipConfigurations": [
                        {
                            "name": f"ipconfig{name}",
                            "properties": {
                                "privateIPAllocationMethod": "Dynamic",
                                "subnet": {"id": f"{network}/virtualNetworks/{name}VNET/subnets/{name}Subnet"},
                                "publicIPAddress": {"id": f"{network}/publicIPAddresses/{name}PublicIP"},
                            },
                        }
                    ],
                    "networkSecurityGroup": {"id": f"{network}/networkSecurityGroups/{name}NSG"},
                },
                **common,
            },
            {
                "apiVersion": "2024-11-01",
                "type": "Microsoft.Compute/virtualMachines",
                "name": name,
                "dependsOn": [f"Microsoft.Network/networkInterfaces/{name}VMNic"],
                "properties": {
                    "hardwareProfile": {"vmSize": "Standard_D2s_v3"},
                    "networkProfile": {"networkInterfaces": [{"id": f"{network}/networkInterfaces/{name}VMNic"}]},
                    "storageProfile": {
                        "osDisk": {
                            "createOption": "fromImage",
                            "name": None,
                            "caching": "ReadWrite",
                            "managedDisk": {"storageAccountType": None},
                        },
                        "imageReference": {
                            "publisher": "Canonical",
                            "offer": "ubuntu-24_04-lts",
                            "sku": "server",
                            "version": "latest",
                        },
                    },
                    "osProfile": {
                        "computerName": name,
                        "adminUsername": "azureuser",
                        "adminPassword": "[parameters('adminPassword')]",
                    },
                },
                **common,
            },
        ],
        "outputs": {
            "VM": {
                "type": "object",
                "value": f"[reference(resourceId('Microsoft.Compute/virtualMachines', '{name}'), '2024-11-01')]",
            }
        },
    }


def test_the_sdk_deploys_a_virtual_machine_and_sees_each_of_its_operations(session: Session) -> None:
    done = session.deploy("vm_deploy", machine_template(session), adminPassword=PASSWORD).result()
    operations = list(session.client.deployment_operations.list(session.group, "vm_deploy"))
    vm = session.compute.virtual_machines.get(session.group, "vm1")

    assert done.properties.provisioning_state == "Succeeded"
    assert done.properties.parameters == {"adminPassword": {"type": "SecureString"}}
    assert done.properties.outputs["VM"]["value"]["provisioningState"] == "Succeeded"
    assert vm.provisioning_state == "Succeeded"
    targets = {
        operation.properties.target_resource.resource_name: operation.properties.provisioning_state
        for operation in operations
        if operation.properties.target_resource
    }
    assert targets == dict.fromkeys(["vm1VNET", "vm1NSG", "vm1PublicIP", "vm1VMNic", "vm1"], "Succeeded")
    first = session.client.deployment_operations.get(session.group, "vm_deploy", operations[0].operation_id)
    assert first.id == operations[0].id


def test_the_sdk_raises_the_error_of_the_resource_that_failed(session: Session) -> None:
    template = machine_template(session, "unlucky")
    session.fail_next(
        "Microsoft.Compute/virtualMachines/create", "unlucky", "AllocationFailed", "Allocation failed. Try later."
    )

    with pytest.raises(HttpResponseError) as caught:
        session.deploy("failing", template, adminPassword=PASSWORD).result()

    assert caught.value.error is not None
    assert caught.value.error.code == "DeploymentFailed"
    assert [detail.code for detail in caught.value.error.details] == ["AllocationFailed"]
    failed = session.client.deployments.get(session.group, "failing").properties
    assert failed.provisioning_state == "Failed"
    assert failed.error.details[0].message == "Allocation failed. Try later."
    states = [
        operation.properties.status_message.error.code
        for operation in session.client.deployment_operations.list(session.group, "failing")
        if operation.properties.status_message
    ]
    assert states == ["AllocationFailed"]


def test_the_sdk_cancels_a_deployment(session: Session) -> None:
    poller = session.deploy("cancelled", machine_template(session), adminPassword=PASSWORD)
    session.client.deployments.cancel(session.group, "cancelled")

    with pytest.raises(HttpResponseError):
        poller.result()
    assert session.client.deployments.get(session.group, "cancelled").properties.provisioning_state == "Canceled"
    with pytest.raises(HttpResponseError) as caught:
        session.client.deployments.cancel(session.group, "cancelled")
    assert caught.value.error is not None
    assert caught.value.error.code == "DeploymentCannotBeCancelled"


def test_the_sdk_refuses_a_wrong_template_with_azures_words(session: Session) -> None:
    template = machine_template(session)

    with pytest.raises(HttpResponseError) as caught:
        session.deploy("wrong", template)

    assert caught.value.error is not None
    assert caught.value.error.code == "InvalidTemplate"
    assert "The value for the template parameter 'adminPassword' at line '1' and column '" in caught.value.message
    assert not session.client.deployments.check_existence(session.group, "wrong")


def test_the_sdk_validates_lists_exports_hashes_and_deletes(session: Session) -> None:
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": []}
    body: Any = {"properties": {"mode": "Incremental", "template": template}}
    validated = session.client.deployments.begin_validate(session.group, "empty", body).result()
    done = session.deploy("empty", template).result()
    deployments = session.client.deployments

    assert validated.error is None
    assert deployments.check_existence(session.group, "empty")
    assert [each.name for each in deployments.list_by_resource_group(session.group)] == ["empty"]
    assert deployments.export_template(session.group, "empty").template == template
    assert deployments.calculate_template_hash(template).template_hash == done.properties.template_hash
    deployments.begin_delete(session.group, "empty").result()
    with pytest.raises(ResourceNotFoundError):
        deployments.get(session.group, "empty")
