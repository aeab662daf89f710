"""Two JSON bodies compared: key paths, types of values, and the values that come from a closed list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.translation import paired

ENUMS = frozenset(
    {
        "provisioningstate", "status", "state", "level", "type", "displaystatus", "access", "direction", "protocol",
        "ipversion", "publicipaddressversion", "privateipaddressversion", "publicipallocationmethod",
        "privateipallocationmethod", "createoption", "ostype", "caching", "storageaccounttype", "deleteoption",
        "provisioningoperation", "mode", "evictionpolicy", "priority", "hypervgeneration", "patchmode",
    }
)  # fmt: skip
"""Properties whose values come from a closed list, in lower case; the schemas name more."""

EnumTest = Callable[[str], bool]


@dataclass(kw_only=True)
class BodyDifference:
    """What two bodies of the same thing have in common and what not.

    Args:
        present: How many key paths of the recorded body ours has.
        missing: The key paths that ours lacks.
        surplus: The key paths that ours has and the recorded body has not.
        total: How many key paths ours has.
        values: How many values were compared.
        wrong: The values that differ in type, or that come from a closed list and differ.
    """

    present: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    surplus: Counter[str] = field(default_factory=Counter)
    total: int = 0
    values: int = 0
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, other: BodyDifference) -> None:
        """Count another body in."""
        self.present += other.present
        self.missing.update(other.missing)
        self.surplus.update(other.surplus)
        self.total += other.total
        self.values += other.values
        self.wrong.update(other.wrong)


def compare(recorded: Any, ours: Any, is_enum: EnumTest | None = None) -> BodyDifference:
    """Compare two bodies of the same thing.

    Args:
        recorded: What Azure answered.
        ours: What the emulator answered.
        is_enum: Whether the values at a key path come from a closed list; by the property's name when not given.
    """
    theirs, mine = set(key_paths(recorded)), set(key_paths(ours))
    difference = BodyDifference(
        present=len(theirs & mine),
        missing=Counter(theirs - mine),
        surplus=Counter(mine - theirs),
        total=len(mine),
    )
    for path, one, other in _values(recorded, ours, ""):
        difference.values += 1
        if _kind(one) != _kind(other):
            difference.wrong[f"{path}: {_kind(one)} is {_kind(other)}"] += 1
        elif isinstance(one, str) and one != other and (is_enum or by_name)(path):
            difference.wrong[f"{path}: {one} is {other}"] += 1
    return difference


def by_name(path: str) -> bool:
    """Whether the values at a key path come from a closed list, as far as its name tells."""
    return path.rpartition(".")[2].removesuffix("[]").lower() in ENUMS


def key_paths(document: Any, prefix: str = "") -> Iterator[str]:
    """The paths of all keys in a document; the items of an array share one path.

    Example:
        >>> sorted(key_paths({"a": [{"b": 1}]}))
        ['a', 'a[].b']
    """
    if isinstance(document, dict):
        for name, value in document.items():
            path = f"{prefix}.{name}" if prefix else name
            yield path
            yield from key_paths(value, path)
    elif isinstance(document, list):
        for item in document:
            yield from key_paths(item, f"{prefix}[]")


def _values(recorded: Any, ours: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """The leaves that both documents have."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for name, value in recorded.items():
            if name in ours:
                yield from _values(value, ours[name], f"{path}.{name}" if path else name)
    elif isinstance(recorded, list) and isinstance(ours, list):
        for one, other in paired(recorded, ours):
            yield from _values(one, other, f"{path}[]")
    elif recorded is not None and ours is not None:
        yield path, recorded, ours


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
    return "null"
