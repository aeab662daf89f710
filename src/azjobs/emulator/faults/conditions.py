"""What a rule refuses before a handler sees the request, whoever makes it: a client or a deployment."""

from __future__ import annotations

from azjobs.emulator.call import Call
from azjobs.emulator.errors import ArmError
from azjobs.emulator.faults.effects import CoreQuota, RegionDown
from azjobs.emulator.faults.occasions import occasion_of
from azjobs.emulator.faults.plan import Faults
from azjobs.emulator.locations import normalize
from azjobs.emulator.request import JSON
from azjobs.emulator.sizes import DEFAULT_SIZE, SIZES

_MACHINE = "Microsoft.Compute/virtualMachines"
_WRITES = frozenset({"PUT", "PATCH", "POST", "DELETE"})


def look(call: Call) -> None:
    """Look at a request before it is handled: refuse it when a rule says so, and remember what it is about to change.

    Raises:
        ArmError: A region is down, or the quota of cores would be exceeded.
    """
    faults = call.azure.faults
    if not faults.rules:
        return
    if any(True for _ in faults.of(RegionDown)):
        _check_region(faults, call)
    if any(True for _ in faults.of(CoreQuota)) and call.path.type == _MACHINE and call.request.method in _WRITES:
        _check_quota(faults, call)
    if call.request.method in _WRITES and faults.remembers:
        owner = call.path.parent if call.path.is_collection else call.path
        faults.remember(owner.id, call.azure.get_resource(owner.id), call.store.get(owner.id))


def _check_region(faults: Faults, call: Call) -> None:
    location = _location(call)
    if location is None:
        return
    occasion = occasion_of(call.azure, call.request)
    if occasion is not None and faults.region_is_down(occasion, location, call.now):
        raise ArmError(
            503,
            "ServiceUnavailable",
            f"The service is temporarily unavailable in location '{location}'. Please try again later.",
            gateway=True,
        )


def _location(call: Call) -> str | None:
    """The region that a request is about."""
    path = call.path
    if path.types[0].lower() == "locations" and path.names:
        return normalize(path.names[0])
    resource = call.store.get(path.parent.id if path.is_collection else path.id)
    if resource is not None:
        return resource.location
    given = _body(call).get("location")
    return normalize(given) if isinstance(given, str) else None


def _body(call: Call) -> JSON:
    return call.body if call.request.body else {}


def _check_quota(faults: Faults, call: Call) -> None:
    existing = call.store.get(call.path.id)
    location = _location(call)
    properties = _body(call).get("properties")
    profile = properties.get("hardwareProfile") if isinstance(properties, dict) else None
    named = profile.get("vmSize") if isinstance(profile, dict) else None
    if call.path.is_collection or call.request.method == "DELETE" or location is None or (existing and named is None):
        return
    size = SIZES.get(str(named or DEFAULT_SIZE).lower())
    limit = faults.core_limit(size.family, location) if size is not None else None
    if size is None or limit is None:
        return
    used = own = 0
    for machine in call.store.of_type(_MACHINE, f"/subscriptions/{call.path.subscription}"):
        other = SIZES.get(str((machine.properties.get("hardwareProfile") or {}).get("vmSize", "")).lower())
        if machine.location == location and other is not None and other.family == size.family:
            used += other.cores
            own = other.cores if machine is existing else own
    required = size.cores - own
    if required <= 0 or used + required <= limit:
        return
    occasion = occasion_of(call.azure, call.request)
    if occasion is None or not faults.note_quota(occasion, size.family, location, call.now):
        return
    raise ArmError(
        409,
        "OperationNotAllowed",
        f"Operation could not be completed as it results in exceeding approved {size.family} Cores quota. Additional "
        f"details - Deployment Model: Resource Manager, Location: {location}, Current Limit: {limit}, Current Usage: "
        f"{used}, Additional Required: {required}, (Minimum) New Limit Required: {used + required}. Submit a request "
        "for Quota increase at https://aka.ms/ProdportalCRP/#blade/Microsoft_Azure_Capacity/UsageAndQuota.ReactView "
        "by specifying parameters listed in the 'Details' section for deployment to succeed. Please read more about "
        "quota limits at https://docs.microsoft.com/en-us/azure/azure-supportability/per-vm-quota-requests",
    )
