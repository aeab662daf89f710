"""The fault plan: rules in order, the first that matches fires, and a log of what fired."""

from __future__ import annotations

import copy
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from azjobs.emulator.clock import timestamp
from azjobs.emulator.faults.effects import (
    CancelOperation,
    CoreQuota,
    Effect,
    FailOperation,
    HoldOperation,
    NoCapacity,
    RegionDown,
    SlowOperation,
    StaleRead,
    name_of,
)
from azjobs.emulator.faults.rules import Match, Occasion, Rule
from azjobs.emulator.operations import Operation
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource

_LOGGED = 1000
_SHORTEST_SECONDS = 0.001
_MOST_MEMORIES = 10_000
_METHODS = {"create": "PUT", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}
_ALLOCATING = ("microsoft.compute/virtualmachines/create", "microsoft.compute/virtualmachines/start")


@dataclass(kw_only=True, slots=True)
class Fault:
    """The short form of a rule: the next operations of a kind, on a name, fail with an error.

    Args:
        kind: A glob over the operation's kind, e.g. `Microsoft.Compute/virtualMachines/create`. In any casing.
        name: A glob over the name of the operation's target. In any casing.
        code: The error's code.
        message: The error's message.
        times: How many operations it makes fail.
    """

    kind: str
    name: str
    code: str
    message: str
    times: int = 1

    def rule(self) -> Rule:
        """The rule that it stands for."""
        return Rule(
            match=Match(kind=self.kind, name=self.name),
            effect=FailOperation(code=self.code, message=self.message),
            times=self.times,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """A resource as it was before its last write.

    Args:
        shown: The body that a GET answered; None when there was no such resource.
        document: Its document in the store; None likewise.
        attributes: Its attributes in the store.
    """

    shown: JSON | None
    document: JSON | None
    attributes: JSON


class Faults:
    """The declared rules, in order.

    Args:
        seed: Makes the chances of rules with a probability reproducible.

    Example:
        >>> faults = Faults()
        >>> rule = faults.add(Fault(kind="*/create", name="doomed", code="AllocationFailed", message="No room."))
        >>> rule.id
        '1'
    """

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[Rule] = []
        self.log: deque[JSON] = deque(maxlen=_LOGGED)
        self.stalled: dict[str, Occasion] = {}
        """The requests that are being held, by ticket."""
        self.expired: set[str] = set()
        """The operations whose polls answer 404, by id in lower case."""
        self._memories: dict[str, Memory] = {}
        self._random = random.Random(seed)
        self._number = 0

    def __bool__(self) -> bool:
        """Whether anything in here can matter to a request."""
        return bool(self.rules or self.expired)

    # Rules

    def add(self, rule: Rule | Fault) -> Rule:
        """Declare a rule, after those that are there.

        Returns:
            The rule, with its id.
        """
        added = rule.rule() if isinstance(rule, Fault) else rule
        self._number += 1
        added.id = str(self._number)
        self.rules.append(added)
        return added

    def seed(self, seed: int) -> None:
        """Begin the chances anew."""
        self._random = random.Random(seed)

    def remove(self, rule_id: str) -> bool:
        """Take a rule away; False when there is none of that id."""
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if rule.id != rule_id]
        return len(self.rules) < before

    def clear(self) -> None:
        """Take every rule away, release what stalls, and let expired operations be asked for again."""
        self.rules.clear()
        self.expired.clear()
        self._memories.clear()
        self.stalled.clear()

    def release(self) -> int:
        """Let every request go on that stalls.

        Returns:
            How many there were.
        """
        count = len(self.stalled)
        self.stalled.clear()
        return count

    def fire(
        self, kinds: tuple[type, ...], occasion: Occasion, now: float, can: Callable[[Effect], bool] | None = None
    ) -> Rule | None:
        """The first rule that fires, counted and logged.

        Args:
            kinds: The effects that can act here.
            occasion: What happens.
            now: Emulator time.
            can: Whether an effect has something to act on; rules that have not do not count the occasion.
        """
        for rule in self.rules:
            if rule.is_spent or not isinstance(rule.effect, kinds) or not rule.match.fits(occasion):
                continue
            if can is not None and not can(rule.effect):
                continue
            rule.seen += 1
            if rule.seen < rule.match.nth:
                continue
            if rule.match.probability < 1.0 and self._random.random() >= rule.match.probability:
                continue
            rule.fired += 1
            self._note(rule, occasion, now)
            return rule
        return None

    def _note(self, rule: Rule, occasion: Occasion, now: float) -> None:
        self.log.append(
            {
                "time": timestamp(now),
                "rule": rule.id,
                "effect": name_of(rule.effect),
                "method": occasion.method,
                "kind": occasion.kind,
                "id": occasion.id,
                "phase": occasion.phase.value,
            }
        )

    def of(self, kind: type) -> Iterator[Rule]:
        """The rules with a kind of effect that may still fire."""
        return (rule for rule in self.rules if isinstance(rule.effect, kind) and not rule.is_spent)

    # Operations

    def begin(self, operation: Operation, resource: Resource, now: float, *, open_ended: bool) -> None:
        """Let the rules decide how an operation that starts will end.

        Args:
            operation: The operation; its end, its fault and its details may change.
            resource: The resource that it holds.
            now: Emulator time.
            open_ended: Whether somebody else ends it: then only how it ends can be changed.
        """
        if not self.rules:
            return
        occasion = Occasion(
            method=_METHODS.get(operation.verb, "POST"),
            kind=operation.kind,
            name=operation.target.rpartition("/")[2],
            id=operation.target,
        )
        kinds: tuple[type, ...] = (FailOperation,)
        if not open_ended:
            kinds = (FailOperation, CancelOperation, HoldOperation, SlowOperation, NoCapacity)
        rule = self.fire(kinds, occasion, now, lambda effect: _has_object(effect, operation, resource))
        if rule is not None:
            self._apply(rule.effect, operation, now)

    def _apply(self, effect: Effect, operation: Operation, now: float) -> None:
        match effect:
            case FailOperation():
                operation.fault = {"code": effect.code, "message": effect.message}
                _shift(operation, now, effect.at)
                memory = self.memory(operation.target) if effect.rolled_back else None
                if memory is not None:
                    operation.details["before"] = {"document": memory.document, "attributes": memory.attributes}
            case CancelOperation():
                operation.fault = {"code": "OperationCanceled", "message": "The operation was canceled."}
                operation.details["end_status"] = "Canceled"
                _shift(operation, now, effect.at)
            case HoldOperation():
                operation.details["left"] = (operation.due or now) - now
                operation.due = None
            case SlowOperation():
                _shift(operation, now, effect.factor)
            case NoCapacity():
                operation.fault = _no_room(effect)

    # Conditions

    def region_is_down(self, occasion: Occasion, location: str, now: float) -> bool:
        """Whether a rule takes the region away from a request."""
        return self.fire((RegionDown,), occasion, now, lambda effect: _is_in(effect, location)) is not None

    def core_limit(self, family: str, location: str) -> int | None:
        """The lowered quota of a family in a region; None when no rule lowers it."""
        for rule in self.of(CoreQuota):
            effect = rule.effect
            if isinstance(effect, CoreQuota) and _covers(effect, family, location):
                return effect.cores
        return None

    def note_quota(self, occasion: Occasion, family: str, location: str, now: float) -> bool:
        """Count a request that exceeds the quota; False when the rule lets it pass all the same."""
        return self.fire((CoreQuota,), occasion, now, lambda effect: _covers(effect, family, location)) is not None

    # Memories

    @property
    def remembers(self) -> bool:
        """Whether a rule needs to know how resources were before they were written."""
        return any(
            isinstance(rule.effect, StaleRead) or (isinstance(rule.effect, FailOperation) and rule.effect.rolled_back)
            for rule in self.rules
            if not rule.is_spent
        )

    def remember(self, resource_id: str, shown: JSON | None, resource: Resource | None) -> None:
        """Note how a resource is, before it is written."""
        if len(self._memories) >= _MOST_MEMORIES:
            self._memories.pop(next(iter(self._memories)))
        self._memories[resource_id.lower()] = Memory(
            shown=shown,
            document=None if resource is None else copy.deepcopy(resource.document),
            attributes={} if resource is None else copy.deepcopy(resource.attributes),
        )

    def memory(self, resource_id: str) -> Memory | None:
        """How a resource was before its last write; None when nobody looked."""
        return self._memories.get(resource_id.lower())


def _shift(operation: Operation, now: float, factor: float) -> None:
    """Move the end of an operation; one that takes time never ends within the request that starts it."""
    if operation.due is not None and operation.due > now:
        operation.due = now + max(_SHORTEST_SECONDS, (operation.due - now) * factor)


def _has_object(effect: Effect, operation: Operation, resource: Resource) -> bool:
    """Whether an operation is one that an effect can act on."""
    if not isinstance(effect, NoCapacity):
        return True
    if operation.kind.lower() not in _ALLOCATING:
        return False
    size = str((resource.properties.get("hardwareProfile") or {}).get("vmSize", ""))
    zones = resource.document.get("zones") or []
    return (
        fnmatchcase(size.lower(), effect.size.lower())
        and effect.location in (None, resource.location)
        and (effect.zone is None or effect.zone in zones)
    )


def _no_room(effect: NoCapacity) -> JSON:
    advice = "Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance"
    if effect.zone is not None:
        return {
            "code": "ZonalAllocationFailed",
            "message": "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. "
            + advice,
        }
    return {
        "code": "AllocationFailed",
        "message": "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. "
        + advice,
    }


def _is_in(effect: Effect, location: str) -> bool:
    return isinstance(effect, RegionDown) and effect.location == location


def _covers(effect: Effect, family: str, location: str) -> bool:
    return (
        isinstance(effect, CoreQuota)
        and fnmatchcase(family.lower(), effect.family.lower())
        and effect.location in (None, location)
    )
