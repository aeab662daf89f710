"""Operations in flight and ended, and the agenda of what happens when."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from azjobs.emulator.behaviour import Behaviour, behaviour_of
from azjobs.emulator.request import JSON

IN_PROGRESS = "InProgress"
SUCCEEDED = "Succeeded"
FAILED = "Failed"
CANCELED = "Canceled"
TERMINAL = frozenset({SUCCEEDED, FAILED, CANCELED})


@dataclass(kw_only=True, slots=True)
class Operation:
    """One long-running operation.

    Args:
        id: What stands in its poll URL.
        kind: Type and verb, the key of its row in the behaviour table.
        target: The id of the resource that it works on.
        subscription: The subscription that its poll URL lies in.
        location: The region in its poll URL.
        api_version: The api-version of the request that started it.
        started: Emulator time of the start.
        due: Emulator time of the end; None while it is held, or when somebody else ends it.
        status: InProgress or another running word, or a terminal one, which never changes again.
        ended: Emulator time of the end, once it has ended.
        error: The error, once it has failed: `{"code", "message", …}`.
        fault: The error with which it will fail when it is due.
        polls: How often it was asked for.
        result: What its Location answers in the end, for rows with a result of their own.
        details: What its handler wants to know at the end. JSON.
    """

    id: str
    kind: str
    target: str
    subscription: str
    location: str
    api_version: str
    started: float
    due: float | None
    status: str = IN_PROGRESS
    ended: float | None = None
    error: JSON | None = None
    fault: JSON | None = None
    polls: int = 0
    result: JSON | None = None
    details: JSON = field(default_factory=dict)

    @property
    def behaviour(self) -> Behaviour:
        """Its row in the behaviour table."""
        return behaviour_of(self.kind)

    @property
    def verb(self) -> str:
        """create, update, patch, delete, or an action's name in lower case."""
        return self.kind.rpartition("/")[2].lower()

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self.status in TERMINAL

    def to_json(self) -> JSON:
        """The operation for the state file."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, order=True, slots=True)
class Event:
    """Something that happens at a time: the end of an operation, or a timer.

    Args:
        due: Emulator time.
        sequence: Orders events of the same instant.
        name: "operation", or the name of a timer's handler.
        argument: The operation's id, or what the timer's handler gets.
    """

    due: float
    sequence: int
    name: str
    argument: str


OPERATION_EVENT = "operation"
_KEPT_OPERATIONS = 20_000


class Operations:
    """All operations by id, and the events to come."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}
        self._agenda: list[Event] = []
        self._sequence = 0
        self._running: dict[str, None] = {}
        self.changes = 0

    def __iter__(self) -> Iterator[Operation]:
        return iter(list(self._operations.values()))

    def get(self, operation_id: str) -> Operation | None:
        """The operation with that id, in any casing."""
        return self._operations.get(operation_id.lower())

    @property
    def in_flight(self) -> list[Operation]:
        """Operations that have not ended."""
        return [self._operations[key] for key in self._running]

    def add(self, operation: Operation) -> Operation:
        """Register an operation, and its end when it is due at a known time."""
        key = operation.id.lower()
        self._operations[key] = operation
        if not operation.is_terminal:
            self._running[key] = None
            if operation.due is not None:
                self._push(operation.due, OPERATION_EVENT, operation.id)
        self._forget_oldest()
        self.changes += 1
        return operation

    def end(self, operation: Operation, status: str, when: float, error: JSON | None = None) -> None:
        """Note that an operation has ended. An operation that has ended stays as it ended."""
        if operation.is_terminal:
            return
        operation.status, operation.ended, operation.error = status, when, error
        self._running.pop(operation.id.lower(), None)
        self.changes += 1

    def reschedule(self, operation: Operation, due: float | None) -> None:
        """Move the end of an operation; None holds it until it is moved again."""
        operation.due = due
        if due is not None:
            self._push(due, OPERATION_EVENT, operation.id)
        self.changes += 1

    def schedule(self, due: float, name: str, argument: str) -> None:
        """Set a timer."""
        self._push(due, name, argument)
        self.changes += 1

    def pop_due(self, now: float) -> Event | None:
        """The next event that is due, taken off the agenda; None when there is none up to now."""
        while self._agenda and self._agenda[0].due <= now:
            event = heapq.heappop(self._agenda)
            if self._is_current(event):
                self.changes += 1
                return event
        return None

    @property
    def next_due(self) -> float | None:
        """When the next event is due."""
        while self._agenda and not self._is_current(self._agenda[0]):
            heapq.heappop(self._agenda)
        return self._agenda[0].due if self._agenda else None

    def timers(self) -> list[Event]:
        """The timers that are set, without the ends of operations."""
        return sorted(event for event in self._agenda if event.name != OPERATION_EVENT)

    def _is_current(self, event: Event) -> bool:
        if event.name != OPERATION_EVENT:
            return True
        operation = self._operations.get(event.argument.lower())
        return operation is not None and not operation.is_terminal and operation.due == event.due

    def _push(self, due: float, name: str, argument: str) -> None:
        self._sequence += 1
        heapq.heappush(self._agenda, Event(due, self._sequence, name, argument))

    def _forget_oldest(self) -> None:
        """Ended operations leave, the oldest first, as Azure forgets them too."""
        if len(self._operations) - len(self._running) <= _KEPT_OPERATIONS:
            return
        for key in [key for key, operation in self._operations.items() if operation.is_terminal][:1000]:
            del self._operations[key]


def seconds_of(behaviour: Behaviour, seed: str, median: float | None = None) -> float:
    """How long one operation takes: the row's median, spread by the seed, the same for the same seed.

    Example:
        >>> seconds_of(Behaviour(seconds=100, spread=0.1), "a") == seconds_of(Behaviour(seconds=100, spread=0.1), "a")
        True
    """
    fraction = zlib.crc32(seed.lower().encode("utf-8", "replace")) / 0xFFFFFFFF
    middle = behaviour.seconds if median is None else median
    return middle * (1.0 + behaviour.spread * (2.0 * fraction - 1.0))


def operation_from_json(document: dict[str, Any]) -> Operation:
    """The operation from the state file."""
    return Operation(**document)
