"""Nine unmodified azure-mgmt SDKs, each with one resource's whole life, synchronous and asynchronous, over TLS."""

from __future__ import annotations

import asyncio
import importlib
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.core.polling import LROPoller
from azure.identity import ClientSecretCredential
from azure.identity.aio import ClientSecretCredential as AsyncClientSecretCredential

from azjobs.emulator import RunningEmulator

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

PASSWORD = "Str0ng-enough-Passw0rd"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A resource type of one SDK, and the methods that create, read, list, update and delete it.

    Args:
        package: the SDK's import name; its asynchronous twin is below it, in ``aio``.
        client: the client's class.
        operations: the client's attribute.
        create, read, update, delete: names of methods; those that start an operation begin with ``begin_``.
        lists: the methods that list a resource group and a subscription.
        body: what is created, with its tags.
    """

    package: str
    client: str
    operations: str
    create: str = "begin_create_or_update"
    read: str = "get"
    update: str = "begin_update"
    delete: str = "begin_delete"
    lists: tuple[str, str] = ("list_by_resource_group", "list")
    body: dict[str, Any]


TAGS = {"made": "here"}
SUBJECTS = {
    "compute": Subject(
        package="azure.mgmt.compute",
        client="ComputeManagementClient",
        operations="disks",
        body={"properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}},
    ),
    "network": Subject(
        package="azure.mgmt.network",
        client="NetworkManagementClient",
        operations="virtual_networks",
        update="update_tags",
        lists=("list", "list_all"),
        body={"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}},
    ),
    "storage": Subject(
        package="azure.mgmt.storage",
        client="StorageManagementClient",
        operations="storage_accounts",
        create="begin_create",
        read="get_properties",
        update="update",
        delete="delete",
        body={"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}},
    ),
    "containerservice": Subject(
        package="azure.mgmt.containerservice",
        client="ContainerServiceClient",
        operations="managed_clusters",
        update="begin_update_tags",
        body={
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "dnsPrefix": "c",
                "agentPoolProfiles": [{"name": "pool", "count": 1, "vmSize": "Standard_DS2_v2", "mode": "System"}],
            },
        },
    ),
    "web": Subject(
        package="azure.mgmt.web",
        client="WebSiteManagementClient",
        operations="web_apps",
        update="update",
        delete="delete",
        body={"kind": "app,linux", "properties": {"httpsOnly": True}},
    ),
    "sql": Subject(
        package="azure.mgmt.sql",
        client="SqlManagementClient",
        operations="servers",
        body={"properties": {"administratorLogin": "boss", "administratorLoginPassword": PASSWORD, "version": "12.0"}},
    ),
    "keyvault": Subject(
        package="azure.mgmt.keyvault",
        client="KeyVaultManagementClient",
        operations="vaults",
        update="update",
        delete="delete",
        lists=("list_by_resource_group", "list_by_subscription"),
        body={
            "properties": {
                "tenantId": "00000000-0000-0000-0000-00000000000a",
                "sku": {"family": "A", "name": "standard"},
                "accessPolicies": [],
            }
        },
    ),
    "cosmosdb": Subject(
        package="azure.mgmt.cosmosdb",
        client="CosmosDBManagementClient",
        operations="database_accounts",
        body={
            "kind": "GlobalDocumentDB",
            "properties": {
                "databaseAccountOfferType": "Standard",
                "locations": [{"locationName": "eastus", "failoverPriority": 0}],
            },
        },
    ),
}


def options(emulator: RunningEmulator) -> dict[str, Any]:
    return {"base_url": emulator.endpoint, "credential_scopes": [f"{emulator.endpoint}/.default"]}


def login(emulator: RunningEmulator) -> dict[str, Any]:
    return {"authority": emulator.endpoint, "disable_instance_discovery": True}


@contextmanager
def client_of(emulator: RunningEmulator, credential: ClientSecretCredential, package: str, name: str) -> Iterator[Any]:
    make = getattr(importlib.import_module(package), name)
    with make(
        credential, emulator.subscription_id, connection_verify=str(emulator.ca_file), **options(emulator)
    ) as client:
        yield client


@asynccontextmanager
async def async_client_of(emulator: RunningEmulator, package: str, name: str) -> AsyncIterator[Any]:
    make = getattr(importlib.import_module(f"{package}.aio"), name)
    verify = {"connection_verify": str(emulator.ca_file)}
    async with (
        AsyncClientSecretCredential(
            emulator.tenant_id, emulator.client_id, emulator.client_secret, **login(emulator), **verify
        ) as credential,
        make(credential, emulator.subscription_id, **options(emulator), **verify) as client,
    ):
        yield client


def done(answer: Any) -> Any:
    """What a call gave in the end, when it started an operation."""
    return answer.result() if isinstance(answer, LROPoller) else answer


async def async_done(call: Any) -> Any:
    answer = await call
    return await answer.result() if hasattr(answer, "polling_method") else answer


def unique(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex[:10]}"


def body_of(subject: Subject) -> dict[str, Any]:
    return {"location": "eastus", "tags": dict(TAGS), **subject.body}


@pytest.fixture
def group(emulator: RunningEmulator, credential: ClientSecretCredential) -> Iterator[str]:
    name = unique("matrix-")
    with client_of(emulator, credential, "azure.mgmt.resource.resources", "ResourceManagementClient") as client:
        client.resource_groups.create_or_update(name, {"location": "eastus"})
        yield name
        client.resource_groups.begin_delete(name).result()


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_a_resource_is_created_read_listed_updated_and_deleted(
    emulator: RunningEmulator, credential: ClientSecretCredential, group: str, subject: Subject
) -> None:
    name = unique("r")
    with client_of(emulator, credential, subject.package, subject.client) as client:
        operations = getattr(client, subject.operations)
        read, in_group, in_subscription = (
            getattr(operations, method) for method in (subject.read, subject.lists[0], subject.lists[1])
        )
        made = done(getattr(operations, subject.create)(group, name, body_of(subject)))
        assert (made.name, made.location, made.tags) == (name, "eastus", TAGS)
        assert read(group, name).id == made.id
        assert [found.id for found in in_group(group)] == [made.id]
        assert made.id in [found.id for found in in_subscription()]
        done(getattr(operations, subject.update)(group, name, {"tags": {"changed": "yes"}}))
        changed = read(group, name)
        assert (changed.tags, changed.location) == ({"changed": "yes"}, "eastus")
        done(getattr(operations, subject.delete)(group, name))
        with pytest.raises(ResourceNotFoundError):
            read(group, name)
        assert [found.id for found in in_group(group)] == []


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_a_resource_is_created_read_listed_updated_and_deleted_asynchronously(
    emulator: RunningEmulator, group: str, subject: Subject
) -> None:
    asyncio.run(live_asynchronously(emulator, group, subject))


async def live_asynchronously(emulator: RunningEmulator, group: str, subject: Subject) -> None:
    name = unique("r")
    async with async_client_of(emulator, subject.package, subject.client) as client:
        operations = getattr(client, subject.operations)
        read, in_group, in_subscription = (
            getattr(operations, method) for method in (subject.read, subject.lists[0], subject.lists[1])
        )
        made = await async_done(getattr(operations, subject.create)(group, name, body_of(subject)))
        assert (made.name, made.location, made.tags) == (name, "eastus", TAGS)
        assert (await read(group, name)).id == made.id
        assert [found.id async for found in in_group(group)] == [made.id]
        assert made.id in [found.id async for found in in_subscription()]
        await async_done(getattr(operations, subject.update)(group, name, {"tags": {"changed": "yes"}}))
        changed = await read(group, name)
        assert (changed.tags, changed.location) == ({"changed": "yes"}, "eastus")
        await async_done(getattr(operations, subject.delete)(group, name))
        with pytest.raises(ResourceNotFoundError):
            await read(group, name)
        assert [found.id async for found in in_group(group)] == []


def test_a_group_is_created_read_listed_updated_and_deleted(
    emulator: RunningEmulator, credential: ClientSecretCredential
) -> None:
    name = unique("g")
    with client_of(emulator, credential, "azure.mgmt.resource.resources", "ResourceManagementClient") as client:
        groups = client.resource_groups
        made = groups.create_or_update(name, {"location": "eastus", "tags": TAGS})
        assert (groups.get(name).id, made.tags) == (made.id, TAGS)
        assert made.id in [found.id for found in groups.list()]
        assert groups.update(name, {"tags": {"changed": "yes"}}).tags == {"changed": "yes"}
        groups.begin_delete(name).result()
        with pytest.raises(ResourceNotFoundError):
            groups.get(name)


def test_a_group_is_created_read_listed_updated_and_deleted_asynchronously(emulator: RunningEmulator) -> None:
    asyncio.run(group_lives_asynchronously(emulator))


async def group_lives_asynchronously(emulator: RunningEmulator) -> None:
    name = unique("g")
    async with async_client_of(emulator, "azure.mgmt.resource.resources", "ResourceManagementClient") as client:
        groups = client.resource_groups
        made = await groups.create_or_update(name, {"location": "eastus", "tags": TAGS})
        assert ((await groups.get(name)).id, made.tags) == (made.id, TAGS)
        assert made.id in [found.id async for found in groups.list()]
        assert (await groups.update(name, {"tags": {"changed": "yes"}})).tags == {"changed": "yes"}
        await (await groups.begin_delete(name)).result()
        with pytest.raises(ResourceNotFoundError):
            await groups.get(name)


@pytest.mark.parametrize(
    ("resource_type", "status", "is_shown"),
    [
        ("Microsoft.ContainerService/managedClusters", 201, True),
        ("Microsoft.DocumentDB/databaseAccounts", 200, True),
        ("Microsoft.Sql/servers", 202, False),
    ],
)
def test_a_platform_service_takes_its_time_and_ends(arm: Arm, resource_type: str, status: int, is_shown: bool) -> None:
    arm.make_group()
    path = f"{arm.group}/providers/{resource_type}/r"
    accepted = arm.ask("PUT", path, {"location": "eastus", "properties": {}})
    poll = accepted.headers["Azure-AsyncOperation"].removeprefix("https://management.azure.com")
    running, seen = arm.get(poll), arm.ask("GET", path)
    arm.settle()
    ended, made = arm.get(poll), arm.get(path)
    deleted = arm.ask("DELETE", path)
    arm.settle()

    assert (accepted.status, running["status"], ended["status"]) == (status, "InProgress", "Succeeded")
    assert (seen.json()["properties"]["provisioningState"] if is_shown else seen.status) == (
        "Creating" if is_shown else 404
    )
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert deleted.status == 202
    assert arm.ask("GET", path).status == 404
