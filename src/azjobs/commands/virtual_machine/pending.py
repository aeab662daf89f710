"""VMs that jobs are making and that Azure does not show yet: their jobs answer for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azjobs.commands.virtual_machine import resources
from azjobs.commands.virtual_machine.specification import DEFAULT_LOCATION, Specification

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.jobs.rows import JobRow

COMMAND = "new_vm"
_KEY = "virtual_machine"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """A VM that a job makes.

    Attributes:
        job_id: the job.
        body: the VM as Azure would show it, as far as the job knows: its state is Creating.
    """

    job_id: int
    body: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The VM's resource id."""
        return str(self.body["id"])


def describe(subscription: str, specification: Specification) -> dict[str, Any]:
    """Return what the job of a new VM remembers of it: its body as far as it is known, without anything secret."""
    group, parts = specification.resource_group, specification.parts
    interface = resources.resource_path(subscription, group, resources.NETWORK_INTERFACES, parts.network_interface)
    system = {"osType": specification.system} if specification.system is not None else {}
    body = {
        "id": resources.resource_path(subscription, group, resources.VIRTUAL_MACHINES, specification.name),
        "name": specification.name,
        "type": resources.VIRTUAL_MACHINES,
        "location": specification.location or DEFAULT_LOCATION,
        "properties": {
            "hardwareProfile": {"vmSize": specification.size},
            "storageProfile": {"osDisk": {"createOption": "FromImage", **system}},
            "networkProfile": {"networkInterfaces": [{"id": interface}]},
            "provisioningState": "Creating",
        },
    }
    if specification.zone is not None:
        body["zones"] = [specification.zone]
    if specification.tags:
        body["tags"] = dict(specification.tags)
    return {_KEY: body}


def pending(context: Context) -> list[Pending]:
    """Return the VMs that unfinished jobs make in the context's subscription, oldest job first.

    A job whose process died before it sent anything makes none.
    """
    from azjobs.jobs.engine import engine

    current = engine()
    unfinished = current.journal.unfinished()
    dead = {row.id for row in current.orphans(row for row in unfinished if "intent" not in row.detail)}
    return [found for row in unfinished if row.id not in dead and (found := pending_of(row, context)) is not None]


def pending_of(row: JobRow, context: Context) -> Pending | None:
    """Return the VM that a job makes in the context's subscription, or None when it makes none."""
    if row.kind != "operation" or row.command != COMMAND or row.state.finished:
        return None
    detail = row.detail
    azure = detail.get("azure") or {}
    body = (detail.get("plan") or {}).get(_KEY)
    if body is None or not resources.same(azure.get("host", ""), context.environment.resource_manager):
        return None
    if not resources.same(azure.get("subscription") or "", context.subscription or ""):
        return None
    return Pending(job_id=row.id, body=body)
