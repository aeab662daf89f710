"""What a VM hangs on: what its creation made, what remains when it is removed, and how that is removed too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from azjobs.commands.operating import operate
from azjobs.commands.virtual_machine import resources
from azjobs.commands.virtual_machine.creation import DEPLOYMENT_PREFIX
from azjobs.commands.virtual_machine.resources import kind_of, name_of, properties, same
from azjobs.commands.virtual_machine.surroundings import public_address_ids
from azjobs.errors import RequestRefused

if TYPE_CHECKING:
    from azjobs.operations.arm import Arm

DEPENDENTS = "dependents"
"""Under this name the job of a removal remembers the ids of what goes with the VM."""

_SUBNETS = f"{resources.VIRTUAL_NETWORKS}/subnets"
_NOUNS = {
    resources.DISK: "disk",
    resources.PUBLIC_IP_ADDRESSES: "public IP address",
    resources.NETWORK_INTERFACES: "network interface",
    resources.NETWORK_SECURITY_GROUPS: "network security group",
    resources.VIRTUAL_NETWORKS: "virtual network",
    _SUBNETS: "subnet",
}
# What uses another goes first; what stands in one row goes together.
_ORDER = (
    (resources.NETWORK_INTERFACES, resources.DISK),
    (resources.PUBLIC_IP_ADDRESSES, resources.NETWORK_SECURITY_GROUPS, _SUBNETS),
    (resources.VIRTUAL_NETWORKS,),
)
_BILLED = (resources.DISK, resources.PUBLIC_IP_ADDRESSES)
# Azure says "in use" in many ways; each means that something else still needs it.
_STILL_NEEDED = frozenset({400, 409, 412})
# These pass by themselves; Azure reserves the interface of a VM that could not be made for 180 seconds.
_PASSING = frozenset({"AnotherOperationInProgress", "NicReservedForAnotherVm", "RetryableError"})
_PAUSES = (1, 5, 15, 30, 60, 90)


async def made_with(arm: Arm, subscription: str, group: str, name: str) -> list[str] | None:
    """Return the ids of what the creation of a VM made beside it, as its deployments tell.

    A VM may have several: the second `new_vm` after a failure finds what the first one made. None when no deployment of
    ours made it.
    """
    id_ = resources.resource_path(subscription, group, resources.VIRTUAL_MACHINES, name)
    made: dict[str, str] = {}
    known = False
    for deployment in await _deployments(arm, subscription, group):
        touched = _declared_by(deployment)
        if any(same(one, id_) for one in touched):
            known = True
            made.update((one.casefold(), one) for one in touched if _kind(one) in _NOUNS)
    return list(made.values()) if known else None


async def _deployments(arm: Arm, subscription: str, group: str) -> list[dict[str, Any]]:
    path = f"{resources.group_path(subscription, group)}/providers/{resources.DEPLOYMENTS}"
    try:
        listed = await arm.list(path, api_version=resources.RESOURCES)
    except RequestRefused as error:
        if error.status != 404:
            raise
        return []
    return [deployment for deployment in listed if str(deployment.get("name", "")).startswith(DEPLOYMENT_PREFIX)]


def _declared_by(deployment: Mapping[str, Any]) -> list[str]:
    """Return the ids of what a deployment declared, whether it succeeded (outputResources) or not (dependencies)."""
    told = properties(deployment)
    found = [resource.get("id") for resource in told.get("outputResources") or []]
    for dependency in told.get("dependencies") or []:
        found.append(dependency.get("id"))
        found.extend(one.get("id") for one in dependency.get("dependsOn") or [])
    unique = {str(id_).casefold(): str(id_) for id_ in found if id_}
    return list(unique.values())


async def hanging_on(arm: Arm, virtual_machine: Mapping[str, Any]) -> list[str]:
    """Return the ids of a VM's disks, network interfaces and their public IP addresses that stay when it is removed."""
    profile = properties(virtual_machine).get("networkProfile") or {}
    storage = properties(virtual_machine).get("storageProfile") or {}
    going = {
        _id_of(part)
        for part in [
            storage.get("osDisk") or {},
            *(storage.get("dataDisks") or []),
            *(profile.get("networkInterfaces") or []),
        ]
        if (part.get("deleteOption") or (part.get("properties") or {}).get("deleteOption")) == "Delete"
    }
    staying = [id_ for id_ in resources.disk_ids(virtual_machine) if id_.casefold() not in going]
    interfaces = resources.interface_ids(virtual_machine)
    bodies = await asyncio.gather(*(arm.get(id_, api_version=resources.NETWORK, missing_ok=True) for id_ in interfaces))
    for id_, body in zip(interfaces, bodies, strict=True):
        if id_.casefold() not in going:
            staying.append(id_)
        staying.extend(public_address_ids(body))
    return staying


async def loose_disks(arm: Arm, subscription: str, group: str, name: str) -> list[str]:
    """Return the ids of the group's disks that no VM uses and whose names say that this VM's creation made them."""
    path = f"{resources.group_path(subscription, group)}/providers/{resources.DISK}"
    disks = await arm.list(path, api_version=resources.DISKS)
    prefix = f"{name}_".casefold()
    return [disk["id"] for disk in disks if not disk.get("managedBy") and disk["name"].casefold().startswith(prefix)]


def _id_of(part: Mapping[str, Any]) -> str:
    return str(part.get("id") or (part.get("managedDisk") or {}).get("id") or "").casefold()


def remaining(ids: Iterable[str]) -> str:
    """Return the sentences that say what remains of a removed VM, and what of it is billed; empty when nothing does.

    Example:
        >>> remaining(["/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/publicIPAddresses/MyVm"])
        "The public IP address 'MyVm' remains and is billed."
    """
    listed = list(ids)
    billed = [id_ for id_ in listed if _kind(id_) in _BILLED]
    free = [id_ for id_ in listed if _kind(id_) not in _BILLED]
    sentences = []
    if billed:
        sentences.append(f"{_name_all(billed)} {'remains and is' if len(billed) == 1 else 'remain and are'} billed.")
    if free:
        sentences.append(f"{_name_all(free)} {'remains' if len(free) == 1 else 'remain'}, at no cost.")
    return " ".join(sentences)


async def remove_dependents(arm: Arm, detail: Mapping[str, Any]) -> None:
    """Remove what the creation of a VM made, once the VM is gone: all of it that nothing else uses by then.

    It may run again after a crash: what is gone already is passed over. What is still used stays; a warning says so.

    Args:
        arm: as whom; its warnings become those of the job.
        detail: what the job remembers: the ids under `dependents`.
    """
    ids = [str(id_) for id_ in detail.get(DEPENDENTS) or []]
    kept: list[str] = []
    for kinds in _ORDER:
        row = [id_ for id_ in ids if _kind(id_) in kinds]
        kept += [why for why in await asyncio.gather(*(_remove(arm, id_, ids) for id_ in row)) if why]
    for why in kept:
        arm.warn(why)


async def _remove(arm: Arm, id_: str, ids: Sequence[str]) -> str | None:
    """Remove one thing; return why it stays, if it does."""
    api_version = resources.DISKS if _kind(id_) == resources.DISK else resources.NETWORK
    noun = f"The {_NOUNS[_kind(id_)]} '{name_of(id_)}'"
    body = await arm.get(id_, api_version=api_version, missing_ok=True)
    if body is None:
        return None
    if (user := used_by(_kind(id_), body, ids)) is not None:
        return f"{noun} stays: {user}."
    for pause in (*_PAUSES, None):
        try:
            await operate(arm, "DELETE", id_, api_version=api_version, missing_ok=True)
        except RequestRefused as error:
            if error.error_code in _PASSING and pause is not None:
                await asyncio.sleep(pause)
                continue
            # A failed operation is told in an answer of status 200.
            if error.status not in {*_STILL_NEEDED, 200}:
                raise
            return f"{noun} stays, because Azure refuses to remove it: {error.message}"
        break
    return None


def used_by(kind: str, body: Mapping[str, Any], ids: Sequence[str]) -> str | None:
    """Return what else uses a resource, in words; None when only what goes too does.

    Args:
        kind: the resource's type.
        body: the resource, as Azure shows it now.
        ids: what goes.
    """
    told = properties(body)
    going = {id_.casefold() for id_ in ids}
    users: list[str] = []
    if kind == resources.NETWORK_INTERFACES:
        users = _ids([told.get("virtualMachine")])
    elif kind == resources.DISK:
        users = _ids([{"id": body.get("managedBy")}])
    elif kind == resources.PUBLIC_IP_ADDRESSES:
        users = _ids([told.get("ipConfiguration"), told.get("natGateway")])
    elif kind == resources.NETWORK_SECURITY_GROUPS:
        users = _ids([*(told.get("networkInterfaces") or []), *(told.get("subnets") or [])])
    elif kind == _SUBNETS:
        users = _ids(told.get("ipConfigurations") or [])
    elif kind == resources.VIRTUAL_NETWORKS:
        subnets = told.get("subnets") or []
        if len(subnets) > 1:
            return f"it has {len(subnets)} subnets, more than its creation made"
        users = _ids([*(one for subnet in subnets for one in properties(subnet).get("ipConfigurations") or [])])
        users += _ids(told.get("virtualNetworkPeerings") or [])
    # An IP configuration belongs to the network interface that its id begins with.
    others = [user for user in users if not any(f"{user.casefold()}/".startswith(f"{one}/") for one in going)]
    return f"'{_owner_name(others[0])}' uses it" if others else None


def _ids(parts: Iterable[Mapping[str, Any] | None]) -> list[str]:
    return [str(part["id"]) for part in parts if part and part.get("id")]


def _owner_name(id_: str) -> str:
    """Return the name of the resource at the top of an id: the interface of an IP configuration."""
    _, _, provider = id_.rpartition("/providers/")
    segments = provider.split("/")
    return segments[2] if len(segments) > 2 else name_of(id_)


def _kind(id_: str) -> str:
    """Return the type of a resource in the letter case of `_NOUNS`."""
    kind = kind_of(id_)
    return next((known for known in _NOUNS if same(known, kind)), kind)


def _name_all(ids: Sequence[str]) -> str:
    named = [f"the {_NOUNS.get(_kind(id_), 'resource')} '{name_of(id_)}'" for id_ in ids]
    text = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return text[:1].upper() + text[1:]
