"""The keyword arguments of `new_vm`, as a type: its overloads, `describe_new_vm` and the command line share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.accounts.credential import Credential


class NewVirtualMachineOptions(TypedDict, total=False):
    """What `new_vm` can be told beside the name; see there."""

    resource_group_name: str | None
    location: str | None
    size: str | None
    image: str | None
    credential: Credential | None
    admin_username: str | None
    ssh_key: str | Path | bool | None
    open_ports: Iterable[int | str] | None
    allow_from: str | Iterable[str] | None
    domain_name_label: str | None
    virtual_network_name: str | None
    subnet_name: str | None
    public_ip_address_name: str | None
    security_group_name: str | None
    address_prefix: str | None
    subnet_address_prefix: str | None
    tags: Mapping[str, str] | None
    zone: str | int | None
    public_ip: bool
    context: Context | None
