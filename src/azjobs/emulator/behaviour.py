"""How each long-running operation of Azure behaves on the wire: one row for each kind of operation.

Mined from recordings of the real Azure (request, response and poll headers, durations). A kind that has no row is
synchronous: 201 or 200 with the state Succeeded for a write, 200 for a delete.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache


class PollUrl(Enum):
    """Where an operation is asked for."""

    COMPUTE = "Microsoft.Compute/locations/operations"
    DISK = "Microsoft.Compute/locations/DiskOperations"
    GALLERY = "Microsoft.Compute/locations/capsOperations"
    NETWORK = "Microsoft.Network/locations/operations"
    FIREWALL_MANAGER = "Microsoft.Network/locations/nfvOperations"
    PRIVATE_DNS = "Microsoft.Network/privateDnsOperationStatuses"
    SOLUTIONS = "Microsoft.Solutions/locations/operationStatuses"
    DEPLOYMENT_SCRIPT = "Microsoft.Resources/locations/deploymentScriptOperationResults"
    STORAGE = "Microsoft.Storage/locations/asyncoperations"
    CONTAINER_SERVICE = "Microsoft.ContainerService/locations/operations"
    COSMOS = "Microsoft.DocumentDB/locations/operationsStatus"
    SQL = "Microsoft.Sql/locations/serverAzureAsyncOperation"
    SUBSCRIPTION = "operationresults"
    DEPLOYMENT = "operationStatuses"
    NONE = ""


class Concurrency(Enum):
    """What a write does while an operation on the same resource is in flight."""

    REFUSE = "refuse"
    """Answer 409 AnotherOperationInProgress."""
    PREEMPT = "preempt"
    """End the older operation, as Canceled with OperationPreempted."""
    ALLOW = "allow"
    """Go on side by side."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One kind of operation on the wire.

    Args:
        status: The first status code: 201 stands for 201 when new and 200 when the resource exists.
        state: The provisioning state while it runs.
        headers: "A" for Azure-AsyncOperation, "L" for Location, "AL" for both, "" for a synchronous operation.
        poll_url: Which form the poll URL has.
        retry_after: Seconds, on the first response; None when Azure sends none.
        first_poll_retry_after: Seconds, on the first poll alone: compute's hint of its own estimate.
        poll_retry_after: Seconds, on every poll that is not terminal.
        final_status: What the Location answers in the end.
        result: Whether the Location answers in the end with the resource's body.
        seconds: How long it takes, the median.
        spread: By what fraction one operation differs from another.
        notification: Whether the first response carries `Azure-AsyncNotification: Enabled`.
        concurrency: What it does while another operation is in flight.
        hidden: Whether the resource does not show before the operation has ended.
        timestamps: Whether the body of a poll has startTime, endTime and name.
    """

    status: int = 201
    state: str = "Succeeded"
    headers: str = ""
    poll_url: PollUrl = PollUrl.NONE
    retry_after: int | None = None
    first_poll_retry_after: int | None = None
    poll_retry_after: int | None = None
    final_status: int = 200
    result: bool = False
    seconds: float = 0.0
    spread: float = 0.1
    notification: bool = False
    concurrency: Concurrency = Concurrency.REFUSE
    hidden: bool = False
    timestamps: bool = False

    @property
    def is_asynchronous(self) -> bool:
        """Whether there is a poll URL."""
        return bool(self.headers)


SYNCHRONOUS = Behaviour()


@lru_cache(maxsize=4096)
def behaviour_of(kind: str) -> Behaviour:
    """The row of a kind of operation.

    Args:
        kind: The full type and the verb (create, update, patch, delete or an action's name), e.g.
            `Microsoft.Compute/virtualMachines/create`. In any casing.

    Example:
        >>> behaviour_of("Microsoft.Compute/virtualMachines/create").state
        'Creating'
    """
    from azjobs.emulator.behaviours import compute, network, others, platforms

    key = kind.lower()
    for table in (compute.TABLE, network.TABLE, others.TABLE, platforms.TABLE):
        if key in table:
            return table[key]
    return network.default(key) or compute.default(key) or SYNCHRONOUS
