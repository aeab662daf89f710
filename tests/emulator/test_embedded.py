"""An Azure in the test's own process, through the real, unmodified azure-mgmt SDKs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.transport import HttpRequest as OlderRequest
from azure.core.polling import LROPoller
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.aio import ComputeManagementClient as AsyncComputeManagementClient
from azure.mgmt.compute.models import VirtualMachine
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.aio import NetworkManagementClient as AsyncNetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient as AsyncResourceManagementClient

from azjobs import emulator as emulator_package
from azjobs.emulator import CLIENT_ID, CLIENT_SECRET, TENANT_ID, ControlError, Emulator, EmulatorTimeError

VNET: Any = {
    "location": "eastus",
    "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
    },
}
CREATE = "Microsoft.Compute/virtualMachines/create"


@pytest.fixture
def azure() -> Iterator[Emulator]:
    with Emulator(seed=1, patience=10) as emulator:
        yield emulator


def interface_body(subnet: str | None) -> Any:
    configuration = {"name": "c", "properties": {"subnet": {"id": subnet}}}
    return {"location": "eastus", "properties": {"ipConfigurations": [configuration]}}


def machine_body(interface: str | None) -> Any:
    image = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
    return {
        "location": "eastus",
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_DS1_v2"},
            "storageProfile": {"imageReference": image, "osDisk": {"createOption": "FromImage"}},
            "osProfile": {
                "computerName": "vm",
                "adminUsername": "azureuser",
                "adminPassword": "Str0ng-enough-Passw0rd",
            },
            "networkProfile": {"networkInterfaces": [{"id": interface}]},
        },
    }


def make_interface(azure: Emulator, group: str = "g") -> str:
    """A group, a network and an interface; the interface's id."""
    azure.client(ResourceManagementClient).resource_groups.create_or_update(group, {"location": "eastus"})
    network = azure.client(NetworkManagementClient)
    vnet = network.virtual_networks.begin_create_or_update(group, "v", VNET).result()
    assert vnet.subnets is not None
    body = interface_body(vnet.subnets[0].id)
    return str(network.network_interfaces.begin_create_or_update(group, "n", body).result().id)


def begin_machine(azure: Emulator, **options: Any) -> LROPoller[VirtualMachine]:
    body = machine_body(make_interface(azure))
    return azure.client(ComputeManagementClient).virtual_machines.begin_create_or_update("g", "vm", body, **options)


def state_of(azure: Emulator) -> str:
    machine: VirtualMachine = azure.client(ComputeManagementClient).virtual_machines.get("g", "vm")
    return str(machine.provisioning_state)


def test_an_operation_runs_with_azures_own_retry_after_and_without_waiting(azure: Emulator) -> None:
    answers: list[Any] = []
    began = azure.now
    machine = begin_machine(azure, raw_response_hook=answers.append).result()
    first = answers[0].http_response
    assert (first.status_code, first.headers["Retry-After"]) == (201, "10")
    assert "Azure-AsyncOperation" in first.headers
    assert "Retry-After-Ms" not in first.headers
    assert machine.provisioning_state == "Succeeded"
    assert timedelta(seconds=60) < azure.now - began < timedelta(minutes=10)


def test_asyncio_clients_work_and_wait_side_by_side(azure: Emulator) -> None:
    interfaces = [make_interface(azure, f"g{number}") for number in range(10)]
    began = azure.now

    async def create(compute: AsyncComputeManagementClient, number: int) -> VirtualMachine:
        body = machine_body(interfaces[number])
        return await (await compute.virtual_machines.begin_create_or_update(f"g{number}", "vm", body)).result()

    async def all_at_once() -> list[VirtualMachine]:
        async with azure.client(AsyncComputeManagementClient) as compute:
            return await asyncio.gather(*(create(compute, number) for number in range(10)))

    machines = asyncio.run(all_at_once())
    assert [machine.provisioning_state for machine in machines] == ["Succeeded"] * 10
    # Ten that waited one after another would have taken more than a quarter of an hour.
    assert azure.now - began < timedelta(minutes=5)


def test_a_whole_life_through_the_asyncio_clients(azure: Emulator) -> None:
    async def scenario() -> None:
        async with (
            azure.client(AsyncResourceManagementClient) as resources,
            azure.client(AsyncNetworkManagementClient) as network,
            azure.client(AsyncComputeManagementClient) as compute,
        ):
            await resources.resource_groups.create_or_update("g", {"location": "eastus"})
            vnet = await (await network.virtual_networks.begin_create_or_update("g", "v", VNET)).result()
            assert vnet.subnets is not None
            body = interface_body(vnet.subnets[0].id)
            nic = await (await network.network_interfaces.begin_create_or_update("g", "n", body)).result()
            machines = compute.virtual_machines
            await (await machines.begin_create_or_update("g", "vm", machine_body(nic.id))).result()
            await (await machines.begin_deallocate("g", "vm")).result()
            assert [machine.name async for machine in machines.list("g")] == ["vm"]
            await (await machines.begin_delete("g", "vm")).result()
            with pytest.raises(ResourceNotFoundError):
                await machines.get("g", "vm")
            await (await resources.resource_groups.begin_delete("g")).result()
            assert not await resources.resource_groups.check_existence("g")

    asyncio.run(scenario())


def test_what_is_under_way_can_be_looked_at_while_time_is_held(azure: Emulator) -> None:
    interface = make_interface(azure)
    machines = azure.client(ComputeManagementClient).virtual_machines
    with azure.hold():
        creation = machines.begin_create_or_update("g", "vm", machine_body(interface))
        assert state_of(azure) == "Creating"
        azure.advance(10)
        assert state_of(azure) == "Creating"
        azure.advance(600)
        assert state_of(azure) == "Succeeded"
        assert azure.is_held
    assert not azure.is_held
    assert creation.result().name == "vm"


def test_time_that_runs_again_brings_a_held_operation_to_its_end(azure: Emulator) -> None:
    interface = make_interface(azure)
    machines = azure.client(ComputeManagementClient).virtual_machines
    with azure.hold():
        creation = machines.begin_create_or_update("g", "vm", machine_body(interface))
        assert not creation.done()
    assert creation.result().provisioning_state == "Succeeded"


def test_settling_ends_all_that_is_under_way(azure: Emulator) -> None:
    interface = make_interface(azure)
    machines = azure.client(ComputeManagementClient).virtual_machines
    machines.begin_create_or_update("g", "vm", machine_body(interface), polling=False)
    assert [operation.kind for operation in azure.operations()] == [CREATE]
    azure.settle()
    assert (azure.operations(), state_of(azure)) == ([], "Succeeded")


def test_the_next_operation_of_a_kind_can_be_made_to_fail(azure: Emulator) -> None:
    azure.fail_next(CREATE, name="vm", code="AllocationFailed", message="No room.")
    with pytest.raises(HttpResponseError, match=r"No room\.") as refused:
        begin_machine(azure).result()
    assert refused.value.error is not None
    assert refused.value.error.code == "AllocationFailed"
    assert state_of(azure) == "Failed"
    machines = azure.client(ComputeManagementClient).virtual_machines
    machines.begin_delete("g", "vm").result()
    assert begin_machine(azure).result().provisioning_state == "Succeeded"


def test_operations_are_ended_by_hand(azure: Emulator) -> None:
    interface = make_interface(azure)
    machines = azure.client(ComputeManagementClient).virtual_machines
    with azure.hold():
        machines.begin_create_or_update("g", "vm", machine_body(interface), polling=False)
        (operation,) = azure.operations()
        assert (operation.name, operation.kind, operation.status) == ("vm", CREATE, "InProgress")
        assert operation.started == azure.now
        assert operation.due is not None
        operation.finish()
        assert (azure.operations(), state_of(azure)) == ([], "Succeeded")
        restart = machines.begin_restart("g", "vm")
        (operation,) = azure.operations()
        operation.fail("InternalExecutionError", "It broke.")
    with pytest.raises(HttpResponseError, match="It broke"):
        restart.result()


def test_an_operation_held_by_hand_lets_time_pass_by(azure: Emulator) -> None:
    interface = make_interface(azure)
    machines = azure.client(ComputeManagementClient).virtual_machines
    with azure.hold():
        creation = machines.begin_create_or_update("g", "vm", machine_body(interface))
        (operation,) = azure.operations()
        operation.hold()
        azure.advance(100_000)
        assert state_of(azure) == "Creating"
        assert azure.operations()[0].due is None
        operation.finish()
    assert creation.result().provisioning_state == "Succeeded"


def test_waiting_while_time_is_held_ends_with_an_error_and_not_never() -> None:
    with Emulator(patience=0.05) as azure:
        interface = make_interface(azure)
        machines = azure.client(ComputeManagementClient).virtual_machines
        azure.hold()
        creation = machines.begin_create_or_update("g", "vm", machine_body(interface))
        with pytest.raises(EmulatorTimeError, match="Time has been held"):
            creation.result()


def test_waiting_for_an_operation_held_by_hand_ends_with_an_error_and_not_never() -> None:
    with Emulator(patience=0.05) as azure:
        interface = make_interface(azure)
        machines = azure.client(ComputeManagementClient).virtual_machines
        with azure.hold():
            creation = machines.begin_create_or_update("g", "vm", machine_body(interface))
            azure.operations()[0].hold()
        with pytest.raises(EmulatorTimeError, match="finish or fail the held operation"):
            creation.result()


def test_a_held_operation_goes_on_when_it_is_released(azure: Emulator) -> None:
    interface = make_interface(azure)
    machines = azure.client(ComputeManagementClient).virtual_machines
    with azure.hold():
        creation = machines.begin_create_or_update("g", "vm", machine_body(interface))
        (operation,) = azure.operations()
        operation.hold()
        azure.advance(100_000)
        operation.release()
        assert state_of(azure) == "Creating"
        with pytest.raises(ControlError, match="The operation is not held"):
            operation.release()
    assert creation.result().provisioning_state == "Succeeded"


def test_a_client_retries_what_a_fault_made_fail(azure: Emulator) -> None:
    groups = azure.client(ResourceManagementClient).resource_groups
    began = azure.now
    busy = {"match": {"method": "PUT"}, "effect": {"type": "throttle", "retryAfter": 17}, "times": 1}
    lost = {"match": {"method": "PUT"}, "effect": {"type": "reset"}, "times": 1}
    rules = [azure.add_fault(busy), azure.add_fault(lost)]
    groups.create_or_update("g", {"location": "eastus"})
    assert [fired["rule"] for fired in azure.fired_faults()] == rules
    assert azure.now - began >= timedelta(seconds=17)
    azure.add_fault({**busy, "times": 100})
    azure.clear_faults()
    rule = azure.add_fault({**busy, "times": 100})
    azure.remove_fault(rule)
    assert groups.check_existence("g")
    with pytest.raises(ControlError, match="There is no rule"):
        azure.remove_fault(rule)


STALL = {"match": {"method": "GET"}, "effect": {"type": "stall"}, "times": 1}


def test_a_client_whose_request_stalls_gives_up_after_its_read_timeout(azure: Emulator) -> None:
    azure.add_fault(STALL)
    groups = azure.client(ResourceManagementClient, retry_total=0).resource_groups
    began = azure.now
    with pytest.raises(ServiceResponseTimeoutError, match="No answer came within 300 s"):
        groups.get("g")
    assert azure.now - began == timedelta(seconds=300)


def test_a_request_that_stalls_is_answered_when_it_is_released(azure: Emulator) -> None:
    azure.client(ResourceManagementClient).resource_groups.create_or_update("g", {"location": "eastus"})
    azure.add_fault(STALL)

    async def scenario() -> str:
        async with azure.client(AsyncResourceManagementClient) as resources:
            asking = asyncio.ensure_future(resources.resource_groups.get("g"))
            await asyncio.sleep(0)
            assert azure.release_stalled() == 1
            return str((await asking).name)

    with azure.hold():
        assert asyncio.run(scenario()) == "g"

    azure.add_fault(STALL)
    groups = azure.client(ResourceManagementClient).resource_groups
    with azure.hold(), ThreadPoolExecutor(1) as pool:
        asking = pool.submit(groups.get, "g")
        while not asking.done() and not azure.release_stalled():
            pass
        assert asking.result().name == "g"


def test_azures_own_limits_are_kept_when_they_are_asked_for() -> None:
    with Emulator(throttle="azure") as azure:
        groups = azure.client(ResourceManagementClient).resource_groups
        began = azure.now
        for _ in range(400):
            groups.check_existence("g")
        # 250 at once, then the client was told to wait, and did.
        assert azure.now > began
    with pytest.raises(ValueError, match="throttles as 'azure' does or not at all"):
        Emulator(throttle="fast")


def test_threads_may_use_it_side_by_side(azure: Emulator) -> None:
    def live(number: int) -> str | None:
        make_interface(azure, f"g{number}")
        network = azure.client(NetworkManagementClient)
        guard: Any = {"location": "eastus"}
        made = network.network_security_groups.begin_create_or_update(f"g{number}", "nsg", guard).result()
        network.network_interfaces.begin_delete(f"g{number}", "n").result()
        return made.id

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(live, range(24)))
    assert len(set(made)) == 24
    groups = azure.client(ResourceManagementClient).resource_groups
    assert sorted(str(group.name) for group in groups.list()) == sorted(f"g{number}" for number in range(24))


def test_a_poller_goes_on_from_its_continuation_token(azure: Emulator) -> None:
    interface = make_interface(azure)
    machines = azure.client(ComputeManagementClient).virtual_machines
    with azure.hold():
        token = machines.begin_create_or_update("g", "vm", machine_body(interface)).continuation_token()
    resumed: LROPoller[VirtualMachine] = machines.begin_create_or_update(
        "g", "vm", machine_body(interface), continuation_token=token
    )
    assert resumed.result().provisioning_state == "Succeeded"


def test_azure_identity_signs_in_without_a_socket(azure: Emulator) -> None:
    credential = ClientSecretCredential(TENANT_ID, CLIENT_ID, CLIENT_SECRET, transport=azure.transport())
    resources = azure.client(ResourceManagementClient, credential=credential)
    assert list(resources.resource_groups.list()) == []
    paths = [request.path for request in azure.requests()]
    assert f"/{TENANT_ID}/oauth2/v2.0/token" in paths


def test_a_client_that_is_made_by_hand_needs_only_the_transport(azure: Emulator) -> None:
    resources = ResourceManagementClient(azure.credential, azure.subscription_id, transport=azure.transport())
    assert resources.resource_groups.create_or_update("g", {"location": "westus"}).location == "westus"


def test_a_client_may_be_for_the_other_subscription(azure: Emulator) -> None:
    other = azure.client(ResourceManagementClient, subscription_id=azure.second_subscription_id)
    other.resource_groups.create_or_update("g", {"location": "eastus"})
    assert list(azure.client(ResourceManagementClient).resource_groups.list()) == []
    assert [group.name for group in other.resource_groups.list()] == ["g"]


def test_raw_requests_of_either_kind_are_answered(azure: Emulator) -> None:
    url = f"{azure.endpoint}/subscriptions/{azure.subscription_id}?api-version=2022-12-01"
    token = {"Authorization": f"Bearer {azure.credential.get_token().token}"}
    with azure.transport() as transport:
        for request in (HttpRequest("GET", url, headers=token), OlderRequest("GET", url, headers=token)):
            response = transport.send(request)
            assert (response.status_code, response.reason, response.url) == (200, "OK", url)
            assert response.content_type == "application/json; charset=utf-8"
            assert response.json()["displayName"] == "Emulator"
            assert b"".join(response.iter_bytes()) == response.read() == response.body()
            response.raise_for_status()
        missing = transport.send(HttpRequest("GET", url))
        with pytest.raises(HttpResponseError, match="AuthenticationFailed"):
            missing.raise_for_status()


@pytest.mark.parametrize(
    "content", ['{"location": "eastus"}', b'{"location": "eastus"}', iter([b'{"location":', b' "eastus"}'])]
)
def test_a_body_may_be_text_bytes_or_pieces(azure: Emulator, content: Any) -> None:
    url = f"{azure.endpoint}/subscriptions/{azure.subscription_id}/resourcegroups/g?api-version=2022-09-01"
    headers = {"Authorization": f"Bearer {azure.credential.get_token().token}"}
    request = HttpRequest("PUT", url, headers=headers, content=content)
    assert azure.transport().send(request).status_code == 201


def test_what_is_not_azure_resource_manager_is_refused_by_name(azure: Emulator) -> None:
    request = HttpRequest("GET", "https://account.blob.core.windows.net/container")
    with pytest.raises(ServiceRequestError, match=r"not for account\.blob\.core\.windows\.net"):
        azure.transport().send(request)


def test_only_clients_of_azure_resource_manager_are_made(azure: Emulator) -> None:
    with pytest.raises(TypeError, match="int is not a client of Azure Resource Manager"):
        azure.client(int)


def test_requests_are_counted(azure: Emulator) -> None:
    resources = azure.client(ResourceManagementClient)
    resources.resource_groups.create_or_update("g", {"location": "eastus"})
    for _ in range(3):
        resources.resource_groups.get("g")
    counted = {request.method: request.count for request in azure.requests()}
    assert counted == {"PUT": 1, "GET": 3}


def test_a_reset_forgets_everything(azure: Emulator) -> None:
    resources = azure.client(ResourceManagementClient)
    resources.resource_groups.create_or_update("g", {"location": "eastus"})
    azure.reset()
    assert not resources.resource_groups.check_existence("g")


def test_a_refused_control_says_why(azure: Emulator) -> None:
    with pytest.raises(ControlError, match="'seconds' must be a number of seconds, not negative"):
        azure.advance(-1)


def test_a_closed_emulator_answers_nobody() -> None:
    with Emulator() as azure:
        resources = azure.client(ResourceManagementClient)
    with pytest.raises(EmulatorTimeError, match="The emulator was closed"):
        resources.resource_groups.check_existence("g")


def test_two_emulators_share_nothing() -> None:
    with Emulator() as one, Emulator() as other:
        one.client(ResourceManagementClient).resource_groups.create_or_update("g", {"location": "eastus"})
        assert not other.client(ResourceManagementClient).resource_groups.check_existence("g")


def test_the_same_seed_gives_the_same_ids() -> None:
    def machine_id() -> str:
        with Emulator(seed=7) as azure:
            machine: VirtualMachine = begin_machine(azure, polling=False).result()
            return str(machine.vm_id)

    assert machine_id() == machine_id()


def test_time_begins_when_one_says() -> None:
    noon = datetime(2024, 2, 29, 12, tzinfo=UTC)
    with Emulator(start=noon) as azure:
        machine = begin_machine(azure).result()
        assert machine.time_created is not None
        assert noon < machine.time_created < noon + timedelta(minutes=10)


def test_with_a_speed_time_runs_by_itself() -> None:
    with Emulator(speed=3000) as azure:
        answers: list[Any] = []
        machine = begin_machine(azure, raw_response_hook=answers.append).result()
        assert machine.provisioning_state == "Succeeded"
        assert answers[0].http_response.headers["Retry-After-Ms"] == "4"
        with azure.hold():
            assert azure.now == azure.now


def test_the_package_is_light_until_an_emulator_is_made() -> None:
    code = (
        "import sys; import azjobs.emulator.pytest_plugin; "
        "heavy = {'azure.core', 'aiohttp', 'cryptography', 'azjobs.emulator.core', 'azjobs.emulator.embedded'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_public_name_resolves() -> None:
    assert all(getattr(emulator_package, name) is not None for name in emulator_package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = emulator_package.nothing
