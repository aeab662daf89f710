"""What Azure adds to the bodies of resources: defaults, and ids that it makes up. Data, read by the handlers of types.

A path leads from a body to a property: `properties.routes[].properties.hasBgpOverride`. `[]` stands for each item of an
array; what is missing on the way is made, but for a step that ends in `?`: without it, there is nothing to add.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure


class Made(Enum):
    """A value that is made once for a resource, and kept."""

    GUID = "guid"
    CREATED = "created"
    NAME = "name"
    TENANT = "tenant"


Default = tuple[str, Any]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The body of one type.

    Args:
        type: The full type, in Azure's casing.
        defaults: Paths, and the value of each when the request has none.
        fixed: Paths, and the value of each whatever the request has.
        location: Whether a resource of this type has a region of its own.
    """

    type: str
    defaults: tuple[Default, ...] = ()
    fixed: tuple[Default, ...] = ()
    location: bool = True


def fill(azure: Azure, resource: Resource, document: JSON, shape: Shape) -> None:
    """Give a body what its shape says.

    Args:
        azure: The emulated Azure.
        resource: The resource that the body is of; remembers what is made up.
        document: The body; changed in place.
        shape: The shape of its type.
    """
    for path, value in shape.defaults:
        for holder, name in _places(document, path):
            if holder.get(name) is None:
                holder[name] = _value(azure, resource, path, value)
    for path, value in shape.fixed:
        for holder, name in _places(document, path):
            holder[name] = _value(azure, resource, path, value)


def _value(azure: Azure, resource: Resource, path: str, value: Any) -> Any:
    if not isinstance(value, Made):
        return copy.deepcopy(value)
    made: JSON = resource.attributes.setdefault("made", {})
    if path not in made:
        made[path] = _make(azure, resource, value)
    return made[path]


def _make(azure: Azure, resource: Resource, value: Made) -> str:
    match value:
        case Made.GUID:
            return azure.new_id()
        case Made.CREATED:
            return offset_timestamp(resource.created)
        case Made.NAME:
            return f"{resource.path.subscription}-{resource.name}".upper()
        case Made.TENANT:
            from azjobs.emulator.wellknown import TENANT_ID

            return TENANT_ID


def _places(document: JSON, path: str) -> Iterator[tuple[JSON, str]]:
    """The objects that hold the property at a path, and its name."""
    *steps, last = path.split(".")
    holders: Iterable[Any] = [document]
    for step in steps:
        holders = list(_next(holders, step))
    for holder in holders:
        if isinstance(holder, dict):
            yield holder, last


def _next(holders: Iterable[Any], step: str) -> Iterator[Any]:
    optional, name = step.endswith("?"), step.rstrip("?")
    is_array = name.endswith("[]")
    name = name.removesuffix("[]")
    for holder in holders:
        if not isinstance(holder, dict):
            continue
        found = holder.get(name)
        if is_array:
            yield from found if isinstance(found, list) else ()
        elif isinstance(found, dict):
            yield found
        elif found is None and not optional:
            holder[name] = {}
            yield holder[name]


def sub_resources(document: JSON) -> Iterator[tuple[str, JSON, JSON]]:
    """The sub-resources in a body of Microsoft.Network, with the property that they stand in and what holds them.

    Whatever stands in an array and has a name and properties of its own is one: it gets an id and an etag.
    """
    pending = [document]
    while pending:
        holder = pending.pop()
        properties = holder.get("properties")
        for name, items in (properties if isinstance(properties, dict) else {}).items():
            if not isinstance(items, list):
                continue
            for item in items:
                if isinstance(item, dict) and isinstance(item.get("name"), str) and _has_properties(item):
                    yield name, item, holder
                    pending.append(item)


_BARE = frozenset({"name", "id", "etag", "type", "zones"})


def _has_properties(item: JSON) -> bool:
    return isinstance(item.get("properties"), dict) or item.keys() <= _BARE
