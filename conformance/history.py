"""What must have existed before a recording began, since the recorded Azure answered as if it did."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.core import Azure
from azjobs.emulator.paths import InvalidPath, parse
from azjobs.emulator.store import Resource
from conformance import subjects
from conformance.recordings import Exchange, Recording
from conformance.translation import Translation

_LOCATION = "eastus"
_API_VERSION = "2020-06-01"
_MACHINE = "Microsoft.Compute/virtualMachines"
_LEAST: dict[str, dict[str, Any]] = {
    "microsoft.compute/disks": {"properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 128}},
    "microsoft.network/virtualnetworks": {"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/8"]}}},
    "microsoft.network/publicipaddresses": {"properties": {"publicIPAllocationMethod": "Dynamic"}},
    "microsoft.network/networksecuritygroups": {"properties": {"securityRules": []}},
}
"""What is assumed of a resource that the recording names and never shows, by its type in lower case."""
_MADE_BY_REQUEST = ("microsoft.resources/deployments",)
"""Types that are the trace of a request: nothing of them can be assumed."""


class History:
    """What is assumed of the time before the recording.

    Something is assumed only when Azure's answer shows that it was there, and no earlier exchange of the recording
    made it or spoke of it: what the recording itself made, the emulator must have made too.

    Args:
        azure: The emulated Azure, to put it into.
        recording: What was recorded.
        translation: The words of the recording in the emulator's.
        exists: Whether the emulator answers a read of a resource.
    """

    def __init__(
        self, azure: Azure, recording: Recording, translation: Translation, exists: Callable[[str], bool]
    ) -> None:
        self._azure = azure
        self._exists = exists
        self._recording = recording
        self._translation = translation
        self._spoken = ""
        self._walked: set[str] = set()
        self.assumed: list[str] = []

    def note(self, position: int, exchange: Exchange) -> None:
        """Remember what an exchange spoke of."""
        if exchange.status < 400:
            self._spoken += "\n".join((unquote(urlsplit(exchange.url).path), exchange.body, "")).lower()

    def assume(self, position: int, exchange: Exchange) -> None:
        """Put in place what this exchange shows to have existed."""
        if exchange.status == 404:
            return
        path = unquote(urlsplit(exchange.url).path)
        self._assume_group(path, exchange)
        if exchange.status >= 400:
            return
        for resource_id in _references(exchange):
            self._assume_group(resource_id, exchange)
            self._assume_resource(resource_id, None)
        if exchange.method in ("GET", "HEAD", "PATCH", "POST") or (
            exchange.method == "DELETE" and exchange.status != 204
        ):
            self._assume_resource(path, exchange)
        elif exchange.method == "PUT":
            self._assume_parents(path)

    def _assume_group(self, path: str, exchange: Exchange) -> None:
        found = re.match(r"(/+subscriptions/+[^/]+)/+resourcegroups/+([^/]+)", path, re.IGNORECASE)
        if found is None:
            return
        is_group = path.strip("/").count("/") == 3
        if is_group and (exchange.status >= 400 or (exchange.method == "PUT" and exchange.status == 201)):
            return
        group_id = self._translation.text(f"{found.group(1)}/resourceGroups/{found.group(2)}")
        if self._azure.store.get(group_id) is not None or self._has_made(group_id):
            return
        self._put(group_id, {"location": self._location(found.group(2))})

    def _has_made(self, group_id: str) -> bool:
        return f"resourcegroupmade:{group_id.lower()}" in self._spoken

    def _location(self, group: str) -> str:
        """The region in which a group's resources lie."""
        for exchange in self._recording.exchanges:
            if subjects.group_of(exchange.path) == group.lower() and isinstance(exchange.document, dict):
                location = exchange.document.get("location")
                if isinstance(location, str) and location and location != "global":
                    return location
        return _LOCATION

    def _assume_parents(self, path: str) -> None:
        try:
            parsed = parse(path)
        except InvalidPath:
            return
        if not parsed.rooted and len(parsed.types) > 1:
            self._assume_resource(parsed.parent.id, None)

    def _assume_resource(self, path: str, exchange: Exchange | None) -> None:
        try:
            parsed = parse(self._translation.text(path))
        except InvalidPath:
            return
        if parsed.is_collection:
            parsed = parsed.parent
            exchange = None
        if (
            parsed.rooted
            or not parsed.types
            or parsed.type_key.startswith(_MADE_BY_REQUEST)
            or "/providers/" not in parsed.id
            or "/locations" in parsed.type_key
        ):
            return
        if len(parsed.types) > 1:
            self._assume_resource(parsed.parent.id, None)
        if self._exists(parsed.id) or self._is_spoken_of(parsed.name):
            return
        document = exchange.document if exchange is not None and exchange.method == "GET" else None
        known = document or self._later(parsed.id)
        self._insert(parsed.id, known or copy.deepcopy(_LEAST.get(parsed.type.lower(), {})))

    def _is_spoken_of(self, name: str) -> bool:
        return re.search(rf"(?<![\w.-]){re.escape(name.lower())}(?![\w.-])", self._spoken) is not None

    def _later(self, resource_id: str) -> dict[str, Any] | None:
        """The body with which a later read shows the resource."""
        key = resource_id.lower()
        for exchange in self._recording.exchanges:
            path = self._translation.text(unquote(urlsplit(exchange.url).path)).lower()
            if path == key and exchange.status < 300 and isinstance(exchange.document, dict):
                return exchange.document
        return None

    def _put(self, resource_id: str, body: dict[str, Any]) -> bool:
        """Ask the provider to make it, and let it be done."""
        outcome = self._azure.put_resource(resource_id, body, _API_VERSION)
        if outcome.error is not None:
            return False
        if outcome.operation is not None:
            self._azure.end_operation(outcome.operation)
        self.assumed.append(resource_id)
        return True

    def _insert(self, resource_id: str, document: dict[str, Any]) -> None:
        """Put a resource in; as it is when its provider refuses it, since it may be older than the rules."""
        parsed = parse(resource_id)
        document = json.loads(self._translation.text(json.dumps(document)))
        document = {"location": self._location(parsed.group or ""), **document}
        self._assume_what_it_names(resource_id, document)
        if document.get("properties") and self._put(resource_id, document):
            return
        types = self._azure.types.canonical_types(parsed.type)
        document |= {"id": resource_id, "name": parsed.name, "type": types}
        document.setdefault("properties", {}).setdefault("provisioningState", "Succeeded")
        now = self._azure.now
        if len(parsed.types) > 1 and self._insert_child(parsed.parent.id, parsed.types[-1], document):
            return
        known = {"vmId": document["properties"].get("vmId", ""), "timeCreated": offset_timestamp(now)}
        attributes = {**known, "power": "running"} if types == _MACHINE else {}
        self._azure.store.put(
            Resource(id=resource_id, type=types, document=document, created=now, changed=now, attributes=attributes)
        )
        self.assumed.append(resource_id)

    def _assume_what_it_names(self, resource_id: str, document: dict[str, Any]) -> None:
        """Put in place what something that existed refers to; a circle of references is walked once."""
        if resource_id.lower() in self._walked:
            return
        self._walked.add(resource_id.lower())
        for match in _ID.finditer(json.dumps(document)):
            if not match.group(0).lower().startswith(resource_id.lower()):
                self._assume_resource(match.group(0), None)

    def _insert_child(self, parent_id: str, kind: str, document: dict[str, Any]) -> bool:
        """Put a child into its parent's body, where children of that type live."""
        parent = self._azure.store.get(parent_id)
        if parent is None or kind.lower() not in {name.lower() for name in _LIVE_IN_PARENT}:
            return False
        name = next(name for name in _LIVE_IN_PARENT if name.lower() == kind.lower())
        parent.properties.setdefault(name, []).append(document)
        self._azure.store.put(parent)
        return True


_LIVE_IN_PARENT = ("subnets", "virtualNetworkPeerings", "securityRules")
_ID = re.compile(
    r"/subscriptions/[^/\"\s]+/resourceGroups/[^/\"\s]+/providers/[\w.]+(?:/[^/\"\s\\]+/[^/\"\s\\]+)+", re.IGNORECASE
)


def _references(exchange: Exchange) -> list[str]:
    """The ids of other resources in the body of an accepted write."""
    if exchange.method not in ("PUT", "PATCH", "POST"):
        return []
    own = unquote(urlsplit(exchange.url).path).lower()
    found = dict.fromkeys(match.group(0) for match in _ID.finditer(exchange.request_body))
    return [resource_id for resource_id in found if not resource_id.lower().startswith(own)]
