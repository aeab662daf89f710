"""What Azure allows: the sizes of ARM's buckets, and the compute provider's counters for each group of requests.

ARM's figures are documented. Of compute's, those of PutVM, DeleteVM, UpdateVM, LowCostGet and GetOperation are the
highest remainders in recordings, plus one; HighCostGet is documented; those of disks are less certain.
"""

from __future__ import annotations

from dataclasses import dataclass

from azjobs.emulator.paths import ResourcePath


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """The size of a token bucket.

    Args:
        name: As headers and messages call it.
        capacity: Requests at once.
        rate: Requests that come back in a second.
    """

    name: str
    capacity: int
    rate: float

    @property
    def window(self) -> float:
        """Seconds in which an empty bucket is full again."""
        return self.capacity / self.rate


GLOBAL_FACTOR = 15
"""A subscription's bucket for all principals together holds so many times one principal's."""
_READS = Limit(name="reads", capacity=250, rate=25)
_WRITES = Limit(name="writes", capacity=200, rate=10)
_DELETES = Limit(name="deletes", capacity=200, rate=10)
_BY_METHOD = {"GET": _READS, "HEAD": _READS, "DELETE": _DELETES}


def arm_limit(method: str) -> Limit:
    """The limit that a method counts against."""
    return _BY_METHOD.get(method, _WRITES)


def global_limit(method: str) -> Limit:
    """The limit of a whole subscription that a method counts against."""
    limit = arm_limit(method)
    return Limit(name=limit.name, capacity=limit.capacity * GLOBAL_FACTOR, rate=limit.rate * GLOBAL_FACTOR)


def _counters(group: str, three_minutes: int, thirty_minutes: int) -> tuple[Limit, Limit]:
    return (
        Limit(name=f"{group}3Min", capacity=three_minutes, rate=three_minutes / 180),
        Limit(name=f"{group}30Min", capacity=thirty_minutes, rate=thirty_minutes / 1800),
    )


COMPUTE = {
    "PutVM": _counters("PutVM", 240, 1200),
    "DeleteVM": _counters("DeleteVM", 240, 1200),
    "UpdateVM": _counters("UpdateVM", 240, 1200),
    "LowCostGet": _counters("LowCostGet", 4000, 32_000),
    "HighCostGet": _counters("HighCostGet", 160, 800),
    "GetOperation": _counters("GetOperation", 15_000, 30_000),
    "CreateUpdateDisks": _counters("CreateUpdateDisks", 1000, 8000),
    "DeleteDisks": _counters("DeleteDisks", 3000, 16_000),
}
"""Both counters of each group of requests to Microsoft.Compute."""

_MACHINE = "microsoft.compute/virtualmachines"
_MACHINE_WRITES = {"PUT": "PutVM", "PATCH": "PutVM", "DELETE": "DeleteVM"}
_DISK_WRITES = {"PUT": "CreateUpdateDisks", "PATCH": "CreateUpdateDisks", "DELETE": "DeleteDisks"}


def compute_group(method: str, path: ResourcePath) -> str | None:
    """The group of a request to Microsoft.Compute; None for requests that no counter is known of.

    Example:
        >>> from azjobs.emulator.paths import parse
        >>> compute_group("GET", parse("/subscriptions/s/providers/Microsoft.Compute/virtualMachines"))
        'HighCostGet'
    """
    key = path.type_key
    if not key.startswith("microsoft.compute/"):
        return None
    if method in ("GET", "HEAD"):
        if key.endswith("operations") and key.startswith("microsoft.compute/locations/"):
            return "GetOperation"
        if path.is_collection and path.tail.lower() != "instanceview":
            return "HighCostGet"
        return "LowCostGet"
    if key == _MACHINE:
        return _MACHINE_WRITES.get(method)
    if key == f"{_MACHINE}/extensions":
        return "UpdateVM"
    if method == "POST" and key.startswith(f"{_MACHINE}/"):
        return "DeleteVM" if key.endswith("/deallocate") else "UpdateVM"
    if key == "microsoft.compute/disks":
        return _DISK_WRITES.get(method)
    return None
