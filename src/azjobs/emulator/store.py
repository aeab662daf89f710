"""What exists: resources by their case-folded id, and who refers to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from azjobs.emulator.paths import ResourcePath, ancestors, looks_like_resource_id, parse
from azjobs.emulator.request import JSON


@dataclass(kw_only=True, slots=True)
class Resource:
    """One resource.

    Args:
        id: The resource id, with its casing kept.
        type: The full type, in its canonical casing.
        document: The body as the client may see it, without what `types` compute for each answer (back-references,
            power state). Never holds a secret.
        created: Emulator time of creation, seconds since 1970.
        changed: Emulator time of the last write.
        operation: The id of the operation in flight that holds the resource, or None.
        attributes: What Azure knows but does not show in the body. JSON.
    """

    id: str
    type: str
    document: JSON
    created: float
    changed: float
    operation: str | None = None
    attributes: JSON = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The id in lower case."""
        return self.id.lower()

    @property
    def path(self) -> ResourcePath:
        """The id, parsed."""
        return parse(self.id)

    @property
    def name(self) -> str:
        """The last part of the name."""
        return self.id.rpartition("/")[2]

    @property
    def location(self) -> str:
        """The region; "global" when the resource has none."""
        return str(self.document.get("location") or "global")

    @property
    def properties(self) -> JSON:
        """The `properties` of the document; made when absent."""
        properties: JSON = self.document.setdefault("properties", {})
        return properties

    @property
    def state(self) -> str:
        """The provisioning state; ARM takes an absent one as Succeeded."""
        return str((self.document.get("properties") or {}).get("provisioningState", "Succeeded"))

    @state.setter
    def state(self, state: str) -> None:
        self.properties["provisioningState"] = state

    def to_json(self) -> JSON:
        """The resource for the state file."""
        return {
            "id": self.id,
            "type": self.type,
            "document": self.document,
            "created": self.created,
            "changed": self.changed,
            "operation": self.operation,
            "attributes": self.attributes,
        }


class Store:
    """Resources by id, by type, by group, and the references among them."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}
        self._by_type: dict[str, dict[str, Resource]] = {}
        self._by_group: dict[str, dict[str, Resource]] = {}
        self._by_parent: dict[str, dict[str, Resource]] = {}
        self._targets: dict[str, set[str]] = {}
        self._referrers: dict[str, dict[str, None]] = {}
        self.changes = 0

    def __len__(self) -> int:
        return len(self._resources)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def get(self, resource_id: str) -> Resource | None:
        """The resource with that id, in any casing."""
        return self._resources.get(resource_id.lower())

    def put(self, resource: Resource) -> Resource:
        """Add a resource, or note that its document or id changed."""
        key = resource.key
        self._resources[key] = resource
        self._by_type.setdefault(resource.type.lower(), {})[key] = resource
        group = _group_key(key)
        if group is not None:
            self._by_group.setdefault(group, {})[key] = resource
        for parent in _parents(key):
            self._by_parent.setdefault(parent, {})[key] = resource
        self._index_references(resource)
        self.changes += 1
        return resource

    def touch(self) -> None:
        """Note a change that no `put` tells of."""
        self.changes += 1

    def remove(self, resource: Resource) -> None:
        """Forget a resource."""
        key = resource.key
        self._resources.pop(key, None)
        self._by_type.get(resource.type.lower(), {}).pop(key, None)
        group = _group_key(key)
        if group is not None:
            self._by_group.get(group, {}).pop(key, None)
        for parent in _parents(key):
            self._by_parent.get(parent, {}).pop(key, None)
        self._by_parent.pop(key, None)
        self._forget_references(key)
        self.changes += 1

    def of_type(self, resource_type: str, scope: str = "") -> list[Resource]:
        """Resources of one type.

        Args:
            resource_type: The full type, in any casing.
            scope: The id of a subscription, a group or a parent in which they lie; empty for everywhere.
        """
        found = self._by_type.get(resource_type.lower(), {})
        if not scope:
            return list(found.values())
        prefix = scope.lower() + "/"
        return [resource for key, resource in found.items() if key.startswith(prefix)]

    def in_group(self, group_id: str) -> list[Resource]:
        """Everything in a resource group, in the order of creation; not the group itself."""
        return list(self._by_group.get(group_id.lower(), {}).values())

    def children(self, resource: Resource) -> list[Resource]:
        """The resources whose ids start with this one's: children, and extensions such as locks. Of a group, all."""
        key = resource.key
        pool = self._by_group if "/providers/" not in key else self._by_parent
        return list(pool.get(key, {}).values())

    def referrers(self, resource_id: str) -> list[Resource]:
        """Resources whose documents name this id or a child of it; never the resource itself or its children."""
        key = resource_id.lower()
        found = (self._resources[source] for source in self._referrers.get(key, ()))
        return [other for other in found if other.key != key and not other.key.startswith(key + "/")]

    def _index_references(self, resource: Resource) -> None:
        key = resource.key
        self._forget_references(key)
        targets = {
            target
            for reference in _references(resource.document)
            for target in ancestors(reference)
            if target != key and not target.startswith(key + "/")
        }
        if targets:
            self._targets[key] = targets
            for target in targets:
                self._referrers.setdefault(target, {})[key] = None

    def _forget_references(self, key: str) -> None:
        for target in self._targets.pop(key, ()):
            sources = self._referrers[target]
            sources.pop(key, None)
            if not sources:
                del self._referrers[target]


def _group_key(key: str) -> str | None:
    segments = key.split("/", 5)
    if len(segments) < 6 or segments[3] != "resourcegroups":
        return None
    return "/".join(segments[:5])


def _parents(key: str) -> list[str]:
    """The keys of the resources that a resource is a child of, or extends."""
    found = ancestors(key)[:-1]
    scope = key.rpartition("/providers/")[0]
    if "/providers/" in scope:
        found += ancestors(scope)
    return found


def _references(document: Any) -> Iterator[str]:
    """The resource ids in a document."""
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        elif looks_like_resource_id(value):
            yield value
