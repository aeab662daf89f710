"""A running emulator for the tests of this folder, and clients of the real Azure SDK for it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azjobs.emulator import RunningEmulator, start, stop, tokens, wellknown
from azjobs.emulator.clock import VirtualClock
from azjobs.emulator.core import Azure
from azjobs.emulator.request import Request, Response

SPEED = 3000.0
PASSWORD = "Str0ng-enough-Passw0rd"


class Arm:
    """A client of an emulated Azure in this process, whose time stands until it is advanced."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = VirtualClock()
        self.azure = Azure(self.clock, seed=seed)
        self.token = tokens.issue("https://management.azure.com/", "https://sts.example/", time.time())
        self.subscription = f"/subscriptions/{wellknown.SUBSCRIPTION_ID}"
        self.group = f"{self.subscription}/resourceGroups/g"
        self.network = f"{self.group}/providers/Microsoft.Network"
        self.compute = f"{self.group}/providers/Microsoft.Compute"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """Send one request. A path that has no api-version gets one."""
        target = path if "api-version=" in path else f"{path}{'&' if '?' in path else '?'}api-version=2024-07-01"
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        fields = {"Authorization": f"Bearer {self.token}", "Host": "management.azure.com"}
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.azure.handle(Request.from_target(method, target, fields, content))

    def get(self, path: str) -> Any:
        """GET what must exist."""
        response = self.ask("GET", path)
        assert response.status == 200, response.body
        return response.json()

    def settle(self) -> None:
        """Let every operation in flight come to its end."""
        while (due := self.azure.operations.next_due) is not None:
            self.clock.advance(max(0.0, due - self.clock.now()))
            self.azure.settle()

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must be taken, and let it come to its end.

        Returns:
            The resource at the path, or None when there is none any more.
        """
        response = self.ask(method, path, body)
        assert response.status < 300, response.body
        self.settle()
        shown = self.ask("GET", path)
        return shown.json() if shown.status == 200 else None

    def error(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        """Send a request that must be refused: status, code and message of the error."""
        response = self.ask(method, path, body, **headers)
        assert response.status >= 400, response.body
        error = response.json()["error"]
        return response.status, error["code"], error["message"]

    def make_group(self, name: str = "g", location: str = "eastus") -> Any:
        return self.do("PUT", f"{self.subscription}/resourceGroups/{name}", {"location": location})

    def make_network(self, name: str = "v", location: str = "eastus") -> Any:
        body = {
            "location": location,
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            },
        }
        return self.do("PUT", f"{self.network}/virtualNetworks/{name}", body)

    def make_interface(self, name: str = "n", address: str | None = None, subnet: str = "v/subnets/s") -> Any:
        configuration: dict[str, Any] = {"subnet": {"id": f"{self.network}/virtualNetworks/{subnet}"}}
        if address:
            configuration["publicIPAddress"] = {"id": f"{self.network}/publicIPAddresses/{address}"}
        body = {"location": "eastus", "properties": {"ipConfigurations": [{"name": "c", "properties": configuration}]}}
        return self.do("PUT", f"{self.network}/networkInterfaces/{name}", body)

    def make_address(self, name: str = "p", label: str | None = None, sku: str = "Standard") -> Any:
        settings = {"dnsSettings": {"domainNameLabel": label}} if label else {}
        body = {"location": "eastus", "sku": {"name": sku}, "properties": settings}
        return self.do("PUT", f"{self.network}/publicIPAddresses/{name}", body)

    def machine_body(self, interface: str = "n", **changes: Any) -> dict[str, Any]:
        """The body of a virtual machine; changes replace members of its `properties`."""
        properties = {
            "hardwareProfile": {"vmSize": "Standard_DS1_v2"},
            "storageProfile": {
                "imageReference": {
                    "publisher": "MicrosoftWindowsServer",
                    "offer": "WindowsServer",
                    "sku": "2016-Datacenter",
                    "version": "latest",
                },
                "osDisk": {"createOption": "FromImage"},
            },
            "osProfile": {"adminUsername": "azureuser", "adminPassword": PASSWORD},
            "networkProfile": {"networkInterfaces": [{"id": f"{self.network}/networkInterfaces/{interface}"}]},
            **changes,
        }
        return {"location": "eastus", "properties": properties}

    def make_machine(self, name: str = "vm", interface: str = "n", **changes: Any) -> Any:
        """A machine with its group, network and interface, which are made when they are absent."""
        if self.ask("GET", self.group).status == 404:
            self.make_group()
        if self.ask("GET", f"{self.network}/virtualNetworks/v").status == 404:
            self.make_network()
        if self.ask("GET", f"{self.network}/networkInterfaces/{interface}").status == 404:
            self.make_interface(interface)
        body = self.machine_body(interface, **changes)
        return self.do("PUT", f"{self.compute}/virtualMachines/{name}", body)


@pytest.fixture
def arm() -> Arm:
    """An emulated Azure in this process, with nothing in it."""
    return Arm()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator in a process of its own, one for each test worker."""
    home: Path = tmp_path_factory.mktemp("emulator")
    yield start(home, speed=SPEED, state_file=home / "state.json")
    stop(home)


@pytest.fixture(scope="session")
def credential(emulator: RunningEmulator) -> Iterator[ClientSecretCredential]:
    with ClientSecretCredential(
        emulator.tenant_id,
        emulator.client_id,
        emulator.client_secret,
        authority=emulator.endpoint,
        disable_instance_discovery=True,
        connection_verify=str(emulator.ca_file),
    ) as signed_in:
        yield signed_in


@pytest.fixture(scope="session")
def resources(emulator: RunningEmulator, credential: ClientSecretCredential) -> Iterator[ResourceManagementClient]:
    with ResourceManagementClient(
        credential,
        emulator.subscription_id,
        base_url=emulator.endpoint,
        credential_scopes=[f"{emulator.endpoint}/.default"],
        connection_verify=str(emulator.ca_file),
    ) as client:
        yield client


@pytest.fixture(scope="session")
def network(emulator: RunningEmulator, credential: ClientSecretCredential) -> Iterator[NetworkManagementClient]:
    with NetworkManagementClient(
        credential,
        emulator.subscription_id,
        base_url=emulator.endpoint,
        credential_scopes=[f"{emulator.endpoint}/.default"],
        connection_verify=str(emulator.ca_file),
    ) as client:
        yield client


@pytest.fixture(scope="session")
def compute(emulator: RunningEmulator, credential: ClientSecretCredential) -> Iterator[ComputeManagementClient]:
    with ComputeManagementClient(
        credential,
        emulator.subscription_id,
        base_url=emulator.endpoint,
        credential_scopes=[f"{emulator.endpoint}/.default"],
        connection_verify=str(emulator.ca_file),
    ) as client:
        yield client
