"""An emulator over HTTPS that belongs to a `with` block, and what it shares with the one in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.identity import EnvironmentCredential
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient as AsyncResourceManagementClient

from azjobs.emulator import ControlError, Emulator, EmulatorError, EmulatorServer, start, status, stop

VNET: Any = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with EmulatorServer(speed=1000) as azure:
        yield azure


@pytest.fixture
def fresh(server: EmulatorServer) -> EmulatorServer:
    """The server with nothing in it."""
    server.reset()
    return server


def test_clients_of_both_kinds_are_made_for_it(fresh: EmulatorServer) -> None:
    resources = fresh.client(ResourceManagementClient)
    resources.resource_groups.create_or_update("g", {"location": "eastus"})
    vnet = fresh.client(NetworkManagementClient).virtual_networks.begin_create_or_update("g", "v", VNET).result()
    assert vnet.provisioning_state == "Succeeded"

    async def names() -> list[str | None]:
        async with fresh.client(AsyncResourceManagementClient) as client:
            return [group.name async for group in client.resource_groups.list()]

    assert asyncio.run(names()) == ["g"]


def test_its_environment_signs_azure_identity_in(fresh: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in fresh.environment.items():
        monkeypatch.setenv(name, value)
    with EnvironmentCredential(disable_instance_discovery=True) as credential:
        resources = fresh.client(ResourceManagementClient, credential=credential)
        assert list(resources.resource_groups.list()) == []


def test_it_has_the_same_controls(fresh: EmulatorServer) -> None:
    before = fresh.now
    fresh.advance(3600)
    assert (fresh.now - before).total_seconds() >= 3600
    fresh.client(ResourceManagementClient).resource_groups.create_or_update("g", {"location": "eastus"})
    assert [request.method for request in fresh.requests()] == ["PUT"]
    fresh.fail_next("Microsoft.Network/virtualNetworks/create", code="InternalServerError", message="Not today.")
    networks = fresh.client(NetworkManagementClient).virtual_networks
    with pytest.raises(HttpResponseError, match="Not today"):
        networks.begin_create_or_update("g", "v", VNET).result()
    assert fresh.operations() == []
    with pytest.raises(ControlError, match="not negative"):
        fresh.advance(-1)


def answers(azure: Emulator | EmulatorServer) -> list[tuple[int, str]]:
    """Status and error code of one scenario's requests."""
    root = f"/subscriptions/{azure.subscription_id}/resourceGroups/g"
    network = f"{root}/providers/Microsoft.Network/virtualNetworks/v"
    requests: list[tuple[str, str, Any]] = [
        ("GET", root, None),
        ("PUT", root, {"location": "eastus"}),
        ("PUT", root, {"location": "westus"}),
        ("PUT", root, b"{not json"),
        ("PUT", root, b"{}" + b" " * 5_000_000),
        ("PUT", network, VNET),
        ("PUT", network, {"location": "mars"}),
        ("GET", f"{network}/subnets/none", None),
        ("DELETE", f"{root}/providers/Microsoft.Network/virtualNetworks/none", None),
        ("PATCH", "/nowhere", {}),
    ]
    client = azure.client(ResourceManagementClient)
    found: list[tuple[int, str]] = []
    for method, path, body in requests:
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        request = HttpRequest(method, f"{path}?api-version=2024-05-01", **content)
        response = client.send_request(request)
        code = response.json()["error"]["code"] if response.status_code >= 400 else ""
        found.append((response.status_code, code))
    return found


def test_it_answers_as_the_one_in_this_process_does(fresh: EmulatorServer) -> None:
    with Emulator() as azure:
        assert answers(azure) == answers(fresh)


def test_it_ends_with_its_block_and_leaves_nothing() -> None:
    with EmulatorServer() as azure:
        home = azure.running.home
        assert status(home) is not None
    assert not home.exists()
    azure.close()


def test_one_that_ran_before_is_used_and_left_running(tmp_path: Path) -> None:
    running = start(tmp_path, speed=50)
    try:
        with EmulatorServer(tmp_path) as azure:
            assert (azure.endpoint, azure.running.pid) == (running.endpoint, running.pid)
        assert status(tmp_path) is not None
    finally:
        stop(tmp_path)


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="speed must be a number above 0"):
        EmulatorServer(speed=0)
    with pytest.raises(EmulatorError, match="port must be between 1 and 65535"):
        EmulatorServer(tmp_path, port=70_000)
