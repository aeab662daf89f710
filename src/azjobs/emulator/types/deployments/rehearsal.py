"""What a resource would look like after a deployment: found by doing it, on a copy of the emulated Azure."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from azjobs.emulator.clock import VirtualClock
from azjobs.emulator.documents import merge
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_READ_ONLY = frozenset(
    {
        "defaultsecurityrules",
        "disksizebytes",
        "diskstate",
        "etag",
        "hostedworkloads",
        "instanceview",
        "internaldomainnamesuffix",
        "ipconfiguration",
        "macaddress",
        "managedby",
        "provisioningstate",
        "resourceguid",
        "systemdata",
        "timecreated",
        "uniqueid",
        "virtualmachine",
        "vmid",
    }
)
"""Properties that a provider gives and nobody sets, in lower case: a what-if does not show them."""
_BACK_REFERENCES = {
    "microsoft.network/networksecuritygroups": frozenset({"networkinterfaces", "subnets"}),
    "microsoft.network/virtualnetworks/subnets": frozenset({"ipconfigurations", "privateendpoints"}),
    "subnets": frozenset({"ipconfigurations", "privateendpoints"}),
}
"""Lists of who uses something, in the properties of a type or of the items of an array."""
_WITHOUT_PROPERTIES = "microsoft.resources/resourcegroups"


class Rehearsal:
    """A copy of an emulated Azure in which a deployment's writes are tried. Nothing of it is kept.

    Args:
        azure: The emulated Azure; it stays as it is.
    """

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._copy: Azure | None = None

    def after(self, resource_id: str, body: JSON, api_version: str) -> JSON | None:
        """The resource as it is after a PUT of the body.

        Args:
            resource_id: A resource that exists.
            body: What the template sends.
            api_version: Of the PUT.

        Returns:
            The resource; None when the provider refuses the PUT, as it does where the body holds what is known only
            while the deployment runs.
        """
        azure = self._stage()
        outcome = azure.put_resource(resource_id, body, api_version)
        if outcome.error is not None:
            return None
        if outcome.operation is not None:
            azure.end_operation(outcome.operation)
        return azure.get_resource(resource_id)

    def _stage(self) -> Azure:
        if self._copy is None:
            self._copy = type(self._azure)(VirtualClock(self._azure.now), seed=1)
            for resource in self._azure.store:
                # Without its operation: what goes on elsewhere is not this deployment's.
                document = {**copy.deepcopy(resource.to_json()), "operation": None}
                self._copy.store.put(Resource(**document))
        return self._copy


def overlaid(before: JSON, wanted: JSON) -> JSON:
    """What is there with the members of a template's body put over it; tags are replaced as a whole."""
    merged = merge(before, {name: value for name, value in wanted.items() if value is not None})
    if "tags" in before and not wanted.get("tags"):
        merged.pop("tags")
    elif isinstance(wanted.get("tags"), dict):
        merged["tags"] = wanted["tags"]
    return merged


def settable(document: JSON, resource_type: str) -> JSON:
    """A resource without what only its provider can set: what a what-if shows of it.

    Args:
        document: The resource as a GET answers it.
        resource_type: Its full type, which names its back references.
    """
    key = resource_type.lower()
    members = {name: value for name, value in document.items() if name.lower() not in _READ_ONLY}
    if key == _WITHOUT_PROPERTIES:
        members.pop("properties", None)
    nothing: frozenset[str] = frozenset()
    return {
        name: _settable(value, _BACK_REFERENCES.get(key, nothing) if name == "properties" else nothing, "")
        for name, value in members.items()
    }


def _settable(value: Any, hidden: frozenset[str], collection: str) -> Any:
    """A part of a document without the read-only properties, those in `hidden`, and those of a collection's items."""
    if isinstance(value, list):
        return [_settable(item, frozenset(), collection) for item in value]
    if not isinstance(value, dict):
        return value
    # A child in its parent's body is told by its name; its id and type only repeat where it stands.
    dropped = {"id", "type"} if "name" in value and "properties" in value else set()
    return {
        name: _settable(
            item,
            _BACK_REFERENCES.get(collection, frozenset()) if name == "properties" else frozenset(),
            name.lower() if isinstance(item, list) else "",
        )
        for name, item in value.items()
        if name.lower() not in _READ_ONLY and name.lower() not in hidden and name.lower() not in dropped
    }
