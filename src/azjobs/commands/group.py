"""Resource groups: `new_resource_group`, `get_resource_group`, `remove_resource_group`."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

from azjobs.commands.performing import acting, perform
from azjobs.commands.rules import names
from azjobs.errors import InvalidArgument, RequestRefused
from azjobs.jobs.table import Column, render, render_html, terminal_width

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.jobs.job import Job
    from azjobs.operations.arm import Arm
    from azjobs.operations.plan import Finished, FirstRequest

API_VERSION = "2025-04-01"
DEFAULT_LOCATION = "eastus"

_COLUMNS = (
    Column("ResourceGroupName", shrink=1),
    Column("Location"),
    Column("ProvisioningState"),
    Column("Tags", shrink=2),
)
_WILDCARDS = frozenset("*?[")


@dataclass(frozen=True, kw_only=True)
class ResourceGroup:
    """A resource group, printed as `Get-AzResourceGroup` prints it.

    Attributes:
        name: its name.
        location: the region that keeps its data.
        provisioning_state: `Succeeded`, or `Deleting` while it is being removed.
        tags: its tags.
        id: its resource id.
        managed_by: the id of the resource that manages it, if one does.
    """

    name: str
    location: str
    provisioning_state: str
    id: str
    tags: Mapping[str, str] = field(default_factory=dict)
    managed_by: str | None = None

    @classmethod
    def from_arm(cls, body: Mapping[str, Any], extras: Mapping[str, Any] | None = None) -> ResourceGroup:
        """Return the group that a body of Azure Resource Manager describes."""
        return cls(
            name=body["name"],
            location=body["location"],
            provisioning_state=(body.get("properties") or {}).get("provisioningState") or "",
            id=body["id"],
            tags=dict(body.get("tags") or {}),
            managed_by=body.get("managedBy"),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the group as Azure Resource Manager writes it."""
        body = {
            "id": self.id,
            "name": self.name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": self.location,
            "tags": dict(self.tags),
            "properties": {"provisioningState": self.provisioning_state},
        }
        return body if self.managed_by is None else {**body, "managedBy": self.managed_by}

    def __repr__(self) -> str:
        lines = {
            "ResourceGroupName": self.name,
            "Location": self.location,
            "ProvisioningState": self.provisioning_state,
            "Tags": _tags(self.tags),
            "ResourceId": self.id,
        }
        return "\n".join(f"{key:<17} : {value}".rstrip() for key, value in lines.items())

    def __str__(self) -> str:
        return repr(self)


class ResourceGroupList(Sequence[ResourceGroup]):
    """Resource groups, printed as a table."""

    def __init__(self, groups: Iterable[ResourceGroup] = ()) -> None:
        self._groups = tuple(groups)

    @overload
    def __getitem__(self, index: int) -> ResourceGroup: ...
    @overload
    def __getitem__(self, index: slice) -> ResourceGroupList: ...
    def __getitem__(self, index: int | slice) -> ResourceGroup | ResourceGroupList:
        return ResourceGroupList(self._groups[index]) if isinstance(index, slice) else self._groups[index]

    def __len__(self) -> int:
        return len(self._groups)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, (str, bytes)):
            return NotImplemented
        return list(self._groups) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(group.id for group in self._groups))

    def __repr__(self) -> str:
        return self.render(terminal_width())

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        return render_html(_COLUMNS, self._rows())

    def render(self, width: int | None = None) -> str:
        """Return the table as text; `width` is what a line may have, None cuts nothing."""
        return render(_COLUMNS, self._rows(), width) if self._groups else "No resource groups."

    def _rows(self) -> list[list[str]]:
        return [[group.name, group.location, group.provisioning_state, _tags(group.tags)] for group in self._groups]


@overload
def new_resource_group(
    name: str,
    location: str = DEFAULT_LOCATION,
    *,
    tags: Mapping[str, str] | None = None,
    context: Context | None = None,
    as_job: Literal[False] = False,
) -> ResourceGroup: ...
@overload
def new_resource_group(
    name: str,
    location: str = DEFAULT_LOCATION,
    *,
    tags: Mapping[str, str] | None = None,
    context: Context | None = None,
    as_job: Literal[True],
) -> Job[ResourceGroup]: ...
@overload
def new_resource_group(
    name: str,
    location: str = DEFAULT_LOCATION,
    *,
    tags: Mapping[str, str] | None = None,
    context: Context | None = None,
    as_job: bool,
) -> ResourceGroup | Job[ResourceGroup]: ...
def new_resource_group(
    name: str,
    location: str = DEFAULT_LOCATION,
    *,
    tags: Mapping[str, str] | None = None,
    context: Context | None = None,
    as_job: bool = False,
) -> ResourceGroup | Job[ResourceGroup]:
    """Make a resource group (PowerShell: `New-AzResourceGroup`).

    One of that name in that region is returned unchanged, with a warning, or gets the tags that are given.

    Args:
        name: its name, 1 to 90 characters.
        location: the region that keeps its data; `eastus` by default.
        tags: its tags; they take the place of those of a group that is there.
        context: as whom; the current context by default.
        as_job: return a job at once instead of waiting.

    Raises:
        InvalidArgument: an argument breaks a rule of Azure's; nothing was sent.
        JobFailed: Azure refused.
        NotLoggedIn: nobody is logged in.

    Example:
        >>> new_resource_group("MyVm", "westeurope").location  # doctest: +SKIP
        'westeurope'
    """
    from azjobs.operations.plan import Finished, FirstRequest, OperationPlan

    region = names.normal_location(location)
    names.check_resource_group(name)
    checked = None if tags is None else names.check_tags(tags)
    who, subscription = acting(context)

    async def prepare(arm: Arm) -> FirstRequest | Finished:
        path = _path(subscription, name)
        existing = await arm.get(path, api_version=API_VERSION, missing_ok=True)
        if existing is not None and (body := _unchanged(existing, region, checked)) is not None:
            return Finished(
                body=body, warnings=(f"The resource group '{body['name']}' exists already and is returned unchanged.",)
            )
        wanted: dict[str, Any] = {"location": region, **({} if checked is None else {"tags": checked})}
        return FirstRequest(method="PUT", path=path, api_version=API_VERSION, body=wanted)

    plan: OperationPlan[ResourceGroup] = OperationPlan(
        command="new_resource_group",
        resource=name,
        context=who,
        prepare=prepare,
        result_type="azjobs.commands.group:ResourceGroup",
    )
    return perform(plan, as_job=as_job)


@overload
def get_resource_group(
    name: None = None, *, like: str | None = None, context: Context | None = None
) -> ResourceGroupList: ...
@overload
def get_resource_group(name: str, *, like: None = None, context: Context | None = None) -> ResourceGroup: ...
def get_resource_group(
    name: str | None = None, *, like: str | None = None, context: Context | None = None
) -> ResourceGroup | ResourceGroupList:
    """Return resource groups (PowerShell: `Get-AzResourceGroup`).

    Args:
        name: one group; None gives all of the subscription.
        like: only the groups whose names match this pattern with `*` and `?`. A pattern as `name` does the same.
        context: as whom; the current context by default.

    Returns:
        One group for a name, else a sequence that prints as a table.

    Raises:
        RequestRefused: there is no such group, or Azure refused.
        NotLoggedIn: nobody is logged in.

    Example:
        >>> get_resource_group("MyVm").location  # doctest: +SKIP
        'eastus'
    """
    from azjobs.operations import submit

    who, subscription = acting(context)
    if name is not None and not _WILDCARDS.intersection(name):
        if like is not None:
            raise InvalidArgument("Both name and like were given; give one of them.")
        path = _path(subscription, names.check_resource_group(name))
        body = submit.fetch(who, lambda arm: arm.get(path, api_version=API_VERSION, missing_ok=True))
        if body is None:
            raise RequestRefused(
                f"There is no resource group '{name}' in the subscription {subscription}; get_resource_group() "
                "lists those that "
                "there are.",
                status=404,
                error_code="ResourceGroupNotFound",
            )
        return ResourceGroup.from_arm(body)
    pattern = like if name is None else name
    every = f"/subscriptions/{subscription}/resourcegroups"
    bodies = submit.fetch(who, lambda arm: arm.list(every, api_version=API_VERSION))
    groups = [ResourceGroup.from_arm(body) for body in bodies]
    if pattern is not None:
        groups = [group for group in groups if fnmatch.fnmatchcase(group.name.casefold(), pattern.casefold())]
    return ResourceGroupList(groups)


@overload
def remove_resource_group(
    name: str | ResourceGroup, *, context: Context | None = None, as_job: Literal[False] = False
) -> None: ...
@overload
def remove_resource_group(
    name: str | ResourceGroup, *, context: Context | None = None, as_job: Literal[True]
) -> Job[None]: ...
@overload
def remove_resource_group(
    name: str | ResourceGroup, *, context: Context | None = None, as_job: bool
) -> Job[None] | None: ...
def remove_resource_group(
    name: str | ResourceGroup, *, context: Context | None = None, as_job: bool = False
) -> Job[None] | None:
    """Remove a resource group with everything in it (PowerShell: `Remove-AzResourceGroup`).

    It cannot be undone, and nobody is asked.

    Args:
        name: its name, or the group itself.
        context: as whom; the current context by default.
        as_job: return a job at once instead of waiting.

    Raises:
        JobFailed: there is no such group, or something in it cannot be removed.
        NotLoggedIn: nobody is logged in.

    Example:
        >>> remove_resource_group("MyVm")  # doctest: +SKIP
    """
    from azjobs.operations.plan import FirstRequest, OperationPlan

    group = names.check_resource_group(name.name if isinstance(name, ResourceGroup) else name)
    who, subscription = acting(context)

    async def prepare(arm: Arm) -> FirstRequest:
        return FirstRequest(method="DELETE", path=_path(subscription, group), api_version=API_VERSION)

    plan: OperationPlan[None] = OperationPlan(
        command="remove_resource_group", resource=group, context=who, prepare=prepare
    )
    return perform(plan, as_job=as_job)


def _path(subscription: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourcegroups/{name}"


def _unchanged(existing: dict[str, Any], location: str, tags: Mapping[str, str] | None) -> dict[str, Any] | None:
    """Return the group that is there when nothing about it is to change.

    A PUT without tags would take away those that it has.
    """
    place = names.normal_location(existing["location"])
    if place != location:
        raise InvalidArgument(
            f"The resource group '{existing['name']}' exists already in {place}; give location='{place}' or "
            "another name."
        )
    return existing if tags is None or tags == (existing.get("tags") or {}) else None


def _tags(tags: Mapping[str, str]) -> str:
    return json.dumps(dict(tags), separators=(",", ":"), ensure_ascii=False) if tags else ""
