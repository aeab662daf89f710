"""How two bodies of one resource differ, in the form of a what-if: a list of property changes.

Source: ``WhatIfPropertyChange`` of Microsoft.Resources/deployments; its paths are relative to the element around them.
"""

from __future__ import annotations

from typing import Any

from azjobs.emulator.paths import looks_like_resource_id
from azjobs.emulator.request import JSON

_ABSENT = object()


def differences(before: Any, after: Any, path: str = "") -> list[JSON]:
    """The changes that lead from one value to another. Objects are followed into, arrays have children.

    Args:
        before: What is there.
        after: What will be there.
        path: Where both stand; empty for a whole resource.

    Example:
        >>> differences({"tags": {"a": "1"}}, {"tags": {"a": "2"}})
        [{'path': 'tags.a', 'propertyChangeType': 'Modify', 'before': '1', 'after': '2'}]
    """
    if is_same(before, after):
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        return [change for name in _names(before, after) for change in _member(name, before, after, path)]
    if isinstance(before, list) and isinstance(after, list):
        children = _items(before, after)
        return [{"path": path, "propertyChangeType": "Array", "children": children}] if children else []
    return [{"path": path, "propertyChangeType": "Modify", "before": before, "after": after}]


def is_same(before: Any, after: Any) -> bool:
    """Whether two values mean the same to ARM: ids in any casing, absent members as null or empty objects."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(
            is_same(_get(before, name), _get(after, name))
            or (_is_nothing(_get(before, name)) and _is_nothing(_get(after, name)))
            for name in _names(before, after)
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(is_same, before, after))
    if looks_like_resource_id(before) and looks_like_resource_id(after):
        return str(before).lower() == str(after).lower()
    return type(before) is type(after) and bool(before == after)


def _is_nothing(value: Any) -> bool:
    return value is _ABSENT or value is None or value == {}


def _get(value: JSON, name: str) -> Any:
    return value.get(name, _ABSENT)


def _names(before: JSON, after: JSON) -> list[str]:
    return [*before, *(name for name in after if name not in before)]


def _member(name: str, before: JSON, after: JSON, path: str) -> list[JSON]:
    place = f"{path}.{name}" if path else name
    old, new = _get(before, name), _get(after, name)
    if _is_nothing(old) and _is_nothing(new):
        return []
    # A whole object that comes or goes is told by its members: `tags.owner`, not `tags`.
    if old is _ABSENT and isinstance(new, dict) and new:
        return [change for key in new for change in _member(key, {}, new, place)]
    if new is _ABSENT and isinstance(old, dict) and old:
        return [change for key in old for change in _member(key, old, {}, place)]
    if old is _ABSENT:
        return [{"path": place, "propertyChangeType": "Create", "after": new}]
    if new is _ABSENT:
        return [{"path": place, "propertyChangeType": "Delete", "before": old}]
    return differences(old, new, place)


def _items(before: list[Any], after: list[Any]) -> list[JSON]:
    """The changes of an array: items are paired by name, or by value, and else by their place."""
    pairs, gone, new = _pairs(before, after)
    changes: list[JSON] = [
        {"path": str(index), "propertyChangeType": "Delete", "before": before[index]} for index in gone
    ]
    for old_index, new_index in pairs:
        inner = differences(before[old_index], after[new_index])
        if inner and isinstance(before[old_index], dict) and isinstance(after[new_index], dict):
            changes.append({"path": str(new_index), "propertyChangeType": "Modify", "children": inner})
        elif inner:
            changes.append({**inner[0], "path": str(new_index)})
    changes += [{"path": str(index), "propertyChangeType": "Create", "after": after[index]} for index in new]
    return changes


def _pairs(before: list[Any], after: list[Any]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    pairs: list[tuple[int, int]] = []
    left = list(range(len(after)))
    gone: list[int] = []
    named = all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in (*before, *after))
    plain = not any(isinstance(item, (dict, list)) for item in (*before, *after))
    for index, item in enumerate(before):
        if named:
            match = next((other for other in left if after[other]["name"].lower() == item["name"].lower()), None)
        elif plain:
            match = next((other for other in left if is_same(item, after[other])), None)
        else:
            match = left[0] if left else None
        if match is None:
            gone.append(index)
        else:
            left.remove(match)
            pairs.append((index, match))
    return pairs, gone, left
