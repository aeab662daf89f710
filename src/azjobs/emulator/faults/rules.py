"""A rule of the fault plan: when it fires, how often, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from azjobs.emulator.faults.effects import Effect


class Phase(Enum):
    """Which request of an operation it is."""

    REQUEST = "request"
    """One that reads or changes a resource, or starts an operation."""
    POLL = "poll"
    """One at the Azure-AsyncOperation URL."""
    RESULT = "result"
    """One at the Location URL."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasion:
    """What a rule is held against: a request, or the start of an operation.

    Args:
        method: The method; of an operation the one that starts its like.
        kind: Type and verb: create, update, patch, delete, read, list or the name of an action. Polls have the kind
            of their operation.
        name: The name of the resource that it is about.
        id: The id of that resource.
        phase: Which request it is.
        operation: The id of the operation that is polled, or empty.
    """

    method: str
    kind: str
    name: str
    id: str
    phase: Phase = Phase.REQUEST
    operation: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """What a rule is about. What is None is not looked at; globs are in any casing.

    Args:
        method: The method.
        kind: A glob over type and verb, e.g. `Microsoft.Compute/virtualMachines/create`.
        name: A glob over the name of the resource.
        id: A glob over the id of the resource, e.g. `*/resourceGroups/test-*`.
        phase: Which request of an operation.
        nth: From which match on it fires, 1 for the first.
        probability: How likely it is that it fires when it could, 0 to 1.
    """

    method: str | None = None
    kind: str | None = None
    name: str | None = None
    id: str | None = None
    phase: Phase | None = None
    nth: int = 1
    probability: float = 1.0

    def fits(self, occasion: Occasion) -> bool:
        """Whether an occasion is one that the rule is about, whatever `nth` and `probability` say.

        Example:
            >>> Match(kind="Microsoft.Compute/*/create").fits(
            ...     Occasion(method="PUT", kind="Microsoft.Compute/disks/create", name="d", id="/subscriptions/s")
            ... )
            True
        """
        return (
            (self.method is None or self.method == occasion.method)
            and (self.phase is None or self.phase is occasion.phase)
            and _fits(self.kind, occasion.kind)
            and _fits(self.name, occasion.name)
            and _fits(self.id, occasion.id)
        )


def _fits(glob: str | None, value: str) -> bool:
    return glob is None or fnmatchcase(value.lower(), glob.lower())


@dataclass(kw_only=True, slots=True)
class Rule:
    """A match and an effect, and how far it has been used up.

    Args:
        effect: What it does.
        match: What it is about.
        times: How often it fires; None for ever.
        source: How it was declared, as JSON.
        id: Its name for the control endpoint.
        seen: How many occasions have matched.
        fired: How often it has fired.
    """

    effect: Effect
    match: Match
    times: int | None = 1
    source: dict[str, object] | None = None
    id: str = ""
    seen: int = 0
    fired: int = 0

    @property
    def is_spent(self) -> bool:
        """Whether it will never fire again."""
        return self.times is not None and self.fired >= self.times
