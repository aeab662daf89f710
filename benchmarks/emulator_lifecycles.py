"""How long 100 whole lives of a virtual machine take, in virtual time, through the unmodified Azure SDK.

One life: group, virtual network, public IP address, network security group, network interface and machine created,
the machine deallocated, started and deleted, the group deleted. Every wait is as long as Azure's Retry-After says, in
the emulator's time. Prints figures; `--profile` also where the time goes.

    python benchmarks/emulator_lifecycles.py [--lives 100] [--aio] [--profile]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import sys
import time
from dataclasses import dataclass
from typing import Any

from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.aio import ComputeManagementClient as AsyncComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.aio import NetworkManagementClient as AsyncNetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient as AsyncResourceManagementClient

from azjobs.emulator import Emulator

LOCATION = "eastus"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a run took: real and emulator seconds, processor seconds, and requests."""

    lives: int
    wall: float
    processor: float
    emulated: float
    requests: int

    def __str__(self) -> str:
        return (
            f"{self.lives} lives: {self.wall:.2f} s ({self.processor:.2f} s of processor), "
            f"{self.emulated / 3600:.2f} hours of emulator time, {self.requests} requests, "
            f"{self.requests / self.wall:,.0f} requests/s"
        )


def network_body() -> Any:
    """A virtual network with one subnet."""
    subnets = [{"name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    return {"location": LOCATION, "properties": {"addressSpace": space, "subnets": subnets}}


def address_body() -> Any:
    """A static public IP address."""
    return {
        "location": LOCATION,
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }


def guard_body() -> Any:
    """A network security group with one rule."""
    rule = {
        "name": "ssh",
        "properties": {
            "priority": 1000,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourceAddressPrefix": "10.0.0.0/8",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "22",
        },
    }
    return {"location": LOCATION, "properties": {"securityRules": [rule]}}


def interface_body(subnet: Any, address: Any, guard: Any) -> Any:
    """A network interface in a subnet, with an address and a security group."""
    configuration = {"subnet": {"id": subnet}, "publicIPAddress": {"id": address}}
    return {
        "location": LOCATION,
        "properties": {
            "ipConfigurations": [{"name": "primary", "properties": configuration}],
            "networkSecurityGroup": {"id": guard},
        },
    }


def machine_body(interface: Any) -> Any:
    """A Linux machine with one interface."""
    image = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
    return {
        "location": LOCATION,
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


def live(
    resources: ResourceManagementClient, network: NetworkManagementClient, compute: ComputeManagementClient, group: str
) -> None:
    """Take one machine through its life, one operation after another."""
    resources.resource_groups.create_or_update(group, {"location": LOCATION})
    vnet = network.virtual_networks.begin_create_or_update(group, "vnet", network_body()).result()
    address = network.public_ip_addresses.begin_create_or_update(group, "pip", address_body()).result()
    guard = network.network_security_groups.begin_create_or_update(group, "nsg", guard_body()).result()
    assert vnet.subnets is not None
    body = interface_body(vnet.subnets[0].id, address.id, guard.id)
    interface = network.network_interfaces.begin_create_or_update(group, "nic", body).result()
    machines = compute.virtual_machines
    machine = machines.begin_create_or_update(group, "vm", machine_body(interface.id)).result()
    assert machine.provisioning_state == "Succeeded"
    machines.begin_deallocate(group, "vm").result()
    machines.begin_start(group, "vm").result()
    machines.begin_delete(group, "vm").result()
    resources.resource_groups.begin_delete(group).result()


async def live_async(
    resources: AsyncResourceManagementClient,
    network: AsyncNetworkManagementClient,
    compute: AsyncComputeManagementClient,
    group: str,
) -> None:
    """Take one machine through its life, as a task among others."""
    await resources.resource_groups.create_or_update(group, {"location": LOCATION})
    vnet = await (await network.virtual_networks.begin_create_or_update(group, "vnet", network_body())).result()
    address = await (await network.public_ip_addresses.begin_create_or_update(group, "pip", address_body())).result()
    guard = await (await network.network_security_groups.begin_create_or_update(group, "nsg", guard_body())).result()
    assert vnet.subnets is not None
    body = interface_body(vnet.subnets[0].id, address.id, guard.id)
    interface = await (await network.network_interfaces.begin_create_or_update(group, "nic", body)).result()
    machines = compute.virtual_machines
    machine = await (await machines.begin_create_or_update(group, "vm", machine_body(interface.id))).result()
    assert machine.provisioning_state == "Succeeded"
    await (await machines.begin_deallocate(group, "vm")).result()
    await (await machines.begin_start(group, "vm")).result()
    await (await machines.begin_delete(group, "vm")).result()
    await (await resources.resource_groups.begin_delete(group)).result()


def one_after_another(azure: Emulator, lives: int) -> None:
    """Run the lives in one thread."""
    resources = azure.client(ResourceManagementClient)
    network, compute = azure.client(NetworkManagementClient), azure.client(ComputeManagementClient)
    for number in range(lives):
        live(resources, network, compute, f"g{number}")


def side_by_side(azure: Emulator, lives: int) -> None:
    """Run the lives as tasks of asyncio."""

    async def all_of_them() -> None:
        resources = azure.client(AsyncResourceManagementClient)
        network, compute = azure.client(AsyncNetworkManagementClient), azure.client(AsyncComputeManagementClient)
        await asyncio.gather(*(live_async(resources, network, compute, f"g{number}") for number in range(lives)))

    asyncio.run(all_of_them())


def measure(lives: int, *, aio: bool = False) -> Figures:
    """Run so many lives, one after another or, with asyncio, side by side."""
    with Emulator(seed=1) as azure:
        began, wall, processor = azure.now, time.perf_counter(), time.process_time()
        (side_by_side if aio else one_after_another)(azure, lives)
        return Figures(
            lives=lives,
            wall=time.perf_counter() - wall,
            processor=time.process_time() - processor,
            emulated=(azure.now - began).total_seconds(),
            requests=sum(row.count for row in azure.requests()),
        )


def main() -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lives", type=int, default=100, help="how many machines (100)")
    parser.add_argument("--aio", action="store_true", help="side by side, with the asyncio clients")
    parser.add_argument("--profile", action="store_true", help="also print where the time goes")
    options = parser.parse_args()
    measure(1, aio=options.aio)  # loads the packages
    if options.profile:
        profile = cProfile.Profile()
        profile.runcall(one_after_another, Emulator(seed=1), options.lives)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    print(measure(options.lives, aio=options.aio))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
