"""begin_* methods of real SDK clients as jobs, on the emulator."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from azure.core import PipelineClient
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.aio import ComputeManagementClient as AsyncComputeManagementClient
from azure.mgmt.compute.models import VirtualMachine
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.deployments.models import DeploymentExtended
from azure.mgmt.resource.resources import ResourceManagementClient
from tests.operations.emulation import (
    PASSWORD,
    compute,
    deployment,
    network_interface,
    network_resource,
    new_group,
    virtual_machine,
    virtual_network,
)

from azjobs.accounts.context import Context
from azjobs.errors import InvalidArgument, JobUnwatched, OperationFailed
from azjobs.jobs import engine as engines
from azjobs.jobs.engine import engine
from azjobs.jobs.states import JobState
from azjobs.jobs.verbs import receive_job, stop_job, wait_job
from azjobs.operations.sdk import client
from azjobs.operations.submit import fetch, submit

pytestmark = pytest.mark.usefixtures("emulated")


def test_a_virtual_machine_made_as_a_job_is_the_sdks_own_model_and_its_password_is_nowhere() -> None:
    group = new_group()
    body = virtual_machine(network_interface(group))
    job = submit(compute().virtual_machines.begin_create_or_update, group, "MyVm", body)  # type: ignore[call-overload]
    made = job.result(timeout=40)
    assert type(made) is VirtualMachine
    assert (made.name, made.provisioning_state) == ("MyVm", "Succeeded")
    assert type(receive_job(job)) is VirtualMachine
    assert job.name == "Long Running Operation for 'begin_create_or_update' on resource 'MyVm'"
    assert (job.type_name, job.location, job.command) == ("AzureLongRunningJob", "localhost", "begin_create_or_update")
    stored = [file for file in engine().home.iterdir() if file.name.startswith("journal")]
    assert stored
    for file in stored:
        assert PASSWORD.encode() not in file.read_bytes()


def test_an_action_without_a_result_gives_none() -> None:
    group = new_group()
    body = virtual_machine(network_interface(group))
    compute().virtual_machines.begin_create_or_update(group, "MyVm", body).result()  # type: ignore[call-overload]
    job = submit(compute().virtual_machines.begin_deallocate, group, "MyVm")
    assert receive_job(wait_job(job, timeout=40)) is None
    assert job.state is JobState.COMPLETED


def test_a_failure_carries_azures_error_code() -> None:
    job = submit(compute().virtual_machines.begin_start, new_group(), "NoSuchVm")
    with pytest.raises(OperationFailed) as caught:
        job.result(timeout=20)
    assert caught.value.error_code == "ResourceNotFound"
    assert job.state is JobState.FAILED


def test_deleting_a_group_is_named_after_the_group() -> None:
    group = new_group()
    job = submit(client(ResourceManagementClient).resource_groups.begin_delete, group)
    assert job.name.endswith(f"on resource '{group}'")
    assert job.result(timeout=40) is None


def own_client(context: Context, kind: Any) -> Any:
    environment = context.environment
    assert environment.ca_file is not None
    from azjobs.emulator import wellknown

    credential = ClientSecretCredential(
        context.tenant,
        wellknown.CLIENT_ID,
        wellknown.CLIENT_SECRET,
        authority=environment.authority,
        disable_instance_discovery=True,
        connection_verify=environment.ca_file,
    )
    return kind(
        credential,
        context.subscription,
        base_url=environment.resource_manager,
        credential_scopes=environment.scopes,
        connection_verify=environment.ca_file,
    )


def test_a_callers_own_client_is_polled_with_its_own_credential(emulated: Context) -> None:
    group = new_group()
    network = own_client(emulated, NetworkManagementClient)
    job = submit(network.virtual_networks.begin_create_or_update, group, "net", virtual_network())
    assert job.result(timeout=40).name == "net"
    azure = job.row.detail["azure"]
    assert azure["subscription"] == emulated.subscription
    assert "account" not in azure
    network.close()


def test_a_job_of_a_callers_own_client_is_taken_up_by_whoever_is_logged_in(emulated: Context) -> None:
    group = new_group()
    body = virtual_machine(network_interface(group))
    own = own_client(emulated, ComputeManagementClient)
    job = submit(own.virtual_machines.begin_create_or_update, group, "MyVm", body)
    assert engine().wait([job.id], until=lambda row: row.state is not JobState.NOT_STARTED, timeout=20)
    engines.close()
    own.close()
    assert job.result(timeout=40).name == "MyVm"


def test_a_job_goes_on_in_the_next_process(emulated: Context) -> None:
    group = new_group()
    body = virtual_machine(network_interface(group))
    job = submit(compute().virtual_machines.begin_create_or_update, group, "MyVm", body)  # type: ignore[call-overload]
    engines.close()
    assert type(job.result(timeout=40)) is VirtualMachine


def test_without_a_login_a_job_says_whom_to_log_in_as_and_goes_on(emulated: Context, azjobs_home: Path) -> None:
    from tests.operations.conftest import forget_process

    group = new_group()
    body = virtual_machine(network_interface(group))
    job = submit(compute().virtual_machines.begin_create_or_update, group, "MyVm", body)  # type: ignore[call-overload]
    engines.close()
    accounts = azjobs_home / "accounts"
    accounts.rename(azjobs_home / "away")
    forget_process()
    with pytest.raises(JobUnwatched, match=f"Log in as {emulated.account}"):
        wait_job(job, timeout=20)
    assert job.state is JobState.RUNNING
    assert job.status_message.startswith(f"Log in as {emulated.account}")
    assert emulated.tenant in job.status_message
    (azjobs_home / "away").rename(accounts)
    assert job.result(timeout=40).name == "MyVm"


def deployments() -> DeploymentsMgmtClient:
    return client(DeploymentsMgmtClient)


def test_a_deployment_made_as_a_job_is_the_sdks_own_model() -> None:
    group = new_group()
    body = deployment([network_resource("a"), network_resource("b")])
    job = submit(deployments().deployments.begin_create_or_update, group, "d", body)  # type: ignore[call-overload]
    assert type(job.result(timeout=40)) is DeploymentExtended


def test_a_cancelled_deployment_is_stopped_when_azure_says_so() -> None:
    group = new_group()
    machine = {
        "type": "Microsoft.Compute/virtualMachines",
        "apiVersion": "2024-07-01",
        "name": "MyVm",
        **virtual_machine(network_interface(group)),
    }
    job = submit(deployments().deployments.begin_create_or_update, group, "d", deployment([machine]))  # type: ignore[call-overload]
    assert engine().wait([job.id], until=lambda row: row.state is JobState.RUNNING, timeout=20)
    stop_job(job, cancel=True)
    assert job.state is JobState.STOPPED
    assert deployments().deployments.get(group, "d").properties.provisioning_state == "Canceled"  # type: ignore[union-attr]


def test_a_failed_deployment_tells_which_resource_failed_and_why() -> None:
    group = new_group()
    broken = {
        "type": "Microsoft.Network/networkInterfaces",
        "apiVersion": "2023-09-01",
        "name": "nic",
        "location": "eastus",
        "properties": {
            "ipConfigurations": [
                {
                    "name": "c",
                    "properties": {
                        "subnet": {
                            "id": f"[resourceId('{group}', 'Microsoft.Network/virtualNetworks/subnets', 'no', 'no')]"
                        }
                    },
                }
            ]
        },
    }
    job = submit(deployments().deployments.begin_create_or_update, group, "d", deployment([broken]))  # type: ignore[call-overload]
    with pytest.raises(OperationFailed) as caught:
        job.result(timeout=40)
    assert caught.value.error_code in {"DeploymentFailed", "InvalidTemplateDeployment"}
    assert caught.value.reason is not None
    assert caught.value.reason.details


def test_lists_and_resources_are_fetched_without_a_job(emulated: Context) -> None:
    group = new_group()
    path = f"/subscriptions/{emulated.subscription}/resourcegroups"
    found = fetch(emulated, lambda arm: arm.list(path, api_version="2021-04-01"))
    assert group in [one["name"] for one in found]
    assert fetch(emulated, lambda arm: arm.get(f"{path}/nope", api_version="2021-04-01", missing_ok=True)) is None
    assert engine().journal.all() == []


def test_a_plain_function_becomes_a_thread_job() -> None:
    job = submit(json.loads, "[1, 2]")
    assert job.result(timeout=10) == [1, 2]
    assert (job.type_name, job.command) == ("ThreadJob", "loads")


def test_what_a_job_cannot_do_is_refused_before_there_is_one(emulated: Context) -> None:
    machines = compute().virtual_machines
    network: Any = client(NetworkManagementClient)
    plain: Any = PipelineClient("https://vault.example", policies=[])

    class Secrets:
        _client = plain
        _config = None

        def begin_delete_secret(self, name: str) -> None: ...

    asynchronous = AsyncComputeManagementClient(object(), "s")  # type: ignore[arg-type]
    refused: list[tuple[str, Any, tuple[Any, ...], dict[str, Any]]] = [
        ("cls=", machines.begin_start, ("g", "v"), {"cls": lambda *found: found}),
        ("polling=", machines.begin_start, ("g", "v"), {"polling": False}),
        ("answers at once", machines.get, ("g", "v"), {}),
        ("asyncio client", asynchronous.virtual_machines.begin_start, ("g", "v"), {}),
        ("not a method of an Azure Resource Manager client", Secrets().begin_delete_secret, ("s",), {}),
        ("in pages", network.begin_put_bastion_shareable_link, ("g", "b", {}), {}),
        ("apart", machines, (), {}),
    ]
    for text, method, args, kwargs in refused:
        with pytest.raises(InvalidArgument, match=text):
            submit(method, *args, **kwargs)
    with pytest.raises(InvalidArgument, match=r"without `\.aio`"):
        client(AsyncComputeManagementClient)
    with pytest.raises(TypeError, match="begin_start"):
        submit(machines.begin_start, "g")  # type: ignore[call-overload]
    assert engine().journal.all() == []


def test_a_stream_as_a_body_is_sent_once() -> None:
    group = new_group()
    body = io.BytesIO(json.dumps(virtual_network()).encode())
    job = submit(client(NetworkManagementClient).virtual_networks.begin_create_or_update, group, "net", body)
    assert job.result(timeout=40).name == "net"
