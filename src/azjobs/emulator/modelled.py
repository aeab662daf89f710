"""What the emulator models, as a table for its guide: made from the handlers and the behaviours themselves.

`python -m azjobs.emulator.modelled docs/emulator.md` writes the table into the guide, between its two marks.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from azjobs.emulator.behaviour import behaviour_of
from azjobs.emulator.types import Registry
from azjobs.emulator.types.polls import Poll
from azjobs.emulator.types.resource import GenericType, ReadOnlyType, ResourceType
from azjobs.emulator.types.shaped_compute import ShapedComputeType
from azjobs.emulator.types.shaped_network import ShapedChild, ShapedNetworkType

BEGIN = "<!-- modelled: begin -->"
END = "<!-- modelled: end -->"
_VERBS = ("create", "update", "patch", "delete")


class Depth(Enum):
    """How far a type is modelled."""

    FULL = "full"
    """Checks, references, states and what Azure computes are modelled."""
    SHAPED = "shaped"
    """Body, defaults and operations are Azure's; the checks are those that all resources have."""
    READ = "read"
    """A list, a catalogue, a report or an action."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelledType:
    """One type that has a handler.

    Args:
        type: The full type.
        depth: How far it is modelled.
        long_running: The writes that are long-running operations.
    """

    type: str
    depth: Depth
    long_running: tuple[str, ...]


def modelled_types() -> list[ModelledType]:
    """Every type that has a handler, in the order of their names; without the poll URLs of operations.

    Example:
        >>> [found.depth.value for found in modelled_types() if found.type == "Microsoft.Compute/virtualMachines"]
        ['full']
    """
    registry = Registry()
    found = [registry.of(name) for name in registry.known_types()]
    return [_described(handler) for handler in found if not isinstance(handler, Poll)]


def table() -> str:
    """The types as a table in Markdown."""
    rows = ["| type | modelled | long-running writes |", "|---|---|---|"]
    rows += [f"| `{row.type}` | {row.depth.value} | {', '.join(row.long_running)} |" for row in modelled_types()]
    return "\n".join(rows)


def update(guide: str) -> str:
    """The guide with the present table.

    Raises:
        ValueError: It has no marks for the table.
    """
    head, begin, rest = guide.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"The guide has no lines '{BEGIN}' and '{END}' for the table.")
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def _described(handler: ResourceType) -> ModelledType:
    depth = _depth(handler)
    verbs = () if depth is Depth.READ else _VERBS
    running = tuple(verb for verb in verbs if behaviour_of(f"{handler.type}/{verb}").is_asynchronous)
    return ModelledType(type=handler.type, depth=depth, long_running=running)


def _depth(handler: ResourceType) -> Depth:
    if isinstance(handler, ReadOnlyType):
        return Depth.READ
    if isinstance(handler, ShapedNetworkType | ShapedComputeType | ShapedChild | GenericType):
        return Depth.SHAPED
    return Depth.FULL


def main(arguments: list[str]) -> int:
    """Write the table into the guide that is named; to standard output when none is.

    Returns:
        The process's exit code.
    """
    if not arguments:
        sys.stdout.write(f"{table()}\n")
        return 0
    guide = Path(arguments[0])
    guide.write_text(update(guide.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
