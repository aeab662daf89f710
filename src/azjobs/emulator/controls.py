"""What a test may ask of an emulator besides Azure's own API, typed: the same for one in this process and for a server.

Everything goes through the control endpoints (`control.answer`), so both give the same answers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from azjobs.emulator import wellknown
from azjobs.emulator.request import JSON

_DEFAULT_CODE = "EmulatedFailure"
_DEFAULT_MESSAGE = "The operation was made to fail."


class ControlError(Exception):
    """The emulator refused a control. The message says why.

    Args:
        code: The error's code.
        message: The error's message.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class EmulatedOperation:
    """A long-running operation, as it was when it was looked at.

    Args:
        id: What stands in its poll URL.
        kind: Type and verb, e.g. `Microsoft.Compute/virtualMachines/create`.
        target: The id of the resource that it works on.
        status: InProgress, or another word of Azure's.
        started: Emulator time of its start.
        due: Emulator time at which it will end; None while it is held, or when its parts decide.
        polls: How often a client has asked for it.
    """

    id: str
    kind: str
    target: str
    status: str
    started: datetime
    due: datetime | None
    polls: int
    _controls: Controls = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name of the resource that it works on."""
        return self.target.rpartition("/")[2]

    def finish(self) -> None:
        """Let it succeed now."""
        self._do("finish")

    def fail(self, code: str = _DEFAULT_CODE, message: str = _DEFAULT_MESSAGE) -> None:
        """Let it fail now.

        Args:
            code: Azure's code of the error, e.g. `AllocationFailed`.
            message: Its message.
        """
        self._do("fail", {"code": code, "message": message})

    def hold(self) -> None:
        """Keep it from ending by itself: time passes it by until it is finished, failed or released by hand.

        Raises:
            ControlError: It has ended, or is a deployment's: its parts can be held.
        """
        self._do("hold")

    def release(self) -> None:
        """Let it go on, with the time that it had left when it was held.

        Raises:
            ControlError: It is not held.
        """
        self._do("release")

    def _do(self, action: str, body: JSON | None = None) -> None:
        self._controls.control("POST", f"operations/{self.id}/{action}", body)


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestCount:
    """How often a request was made.

    Args:
        method: The HTTP method.
        path: The path, without its query.
        count: How often.
    """

    method: str
    path: str
    count: int


class Controls(ABC):
    """Faults, operations by hand, counts of requests, time: of any emulator that one can reach."""

    tenant_id = wellknown.TENANT_ID
    """The emulator's only tenant."""
    subscription_id = wellknown.SUBSCRIPTION_ID
    """The first of its two subscriptions."""
    second_subscription_id = wellknown.SECOND_SUBSCRIPTION_ID
    """The other one."""

    @abstractmethod
    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> JSON:
        """Ask a control endpoint.

        Args:
            method: GET, POST or DELETE.
            path: What follows `/_emulator/`.
            body: JSON to send.

        Returns:
            The JSON that came back.

        Raises:
            ControlError: It was refused.
        """

    @property
    def now(self) -> datetime:
        """The emulator's time."""
        return _moment(self.control("GET", "status")["time"])

    def advance(self, seconds: float) -> None:
        """Skip forward, and let happen what was due until then.

        Args:
            seconds: Emulator time; not negative.
        """
        self.control("POST", "advance", {"seconds": seconds})

    def reset(self) -> None:
        """Forget every resource, operation and fault."""
        self.control("POST", "reset")

    def fail_next(
        self,
        kind: str,
        *,
        name: str = "*",
        code: str = _DEFAULT_CODE,
        message: str = _DEFAULT_MESSAGE,
        times: int = 1,
    ) -> None:
        """Make the next operations of a kind fail: each is accepted, runs as long as it would, and ends with the error.

        Args:
            kind: A glob over type and verb, e.g. `Microsoft.Compute/virtualMachines/create`. In any casing.
            name: A glob over the resource's name.
            code: Azure's code of the error, e.g. `AllocationFailed`.
            message: Its message.
            times: How many operations fail.
        """
        self.add_fault({"kind": kind, "name": name, "code": code, "message": message, "times": times})

    def add_fault(self, rule: Mapping[str, Any]) -> str:
        """Add a rule to the fault plan; the first that matches fires.

        Args:
            rule: What it is about, what it does and how often, as `POST /_emulator/faults` takes it: `match`, `effect`
                and `times`.

        Returns:
            The rule's id.

        Raises:
            ControlError: The rule is wrong; the message says where.

        Example:
            >>> from azjobs.emulator import Emulator
            >>> azure = Emulator()
            >>> azure.add_fault({"match": {"method": "GET"}, "effect": {"type": "http", "status": 503}, "times": 2})
            '1'
        """
        return str(self.control("POST", "faults", rule)["rules"][0]["id"])

    def remove_fault(self, rule_id: str) -> None:
        """Take a rule away.

        Raises:
            ControlError: There is none of that id.
        """
        self.control("DELETE", f"faults/{rule_id}")

    def clear_faults(self) -> None:
        """Take every rule away."""
        self.control("DELETE", "faults")

    def release_stalled(self) -> int:
        """Let every request go on that a fault holds back.

        Returns:
            How many there were.
        """
        return int(self.control("POST", "faults/release")["released"])

    def fired_faults(self) -> list[JSON]:
        """What the rules did, in order: `time`, `rule`, `effect`, `method`, `kind`, `id` and `phase` of each time."""
        return list(self.control("GET", "faults")["log"])

    def operations(self) -> list[EmulatedOperation]:
        """The long-running operations that have not ended, the oldest first."""
        return [
            EmulatedOperation(
                id=row["id"],
                kind=row["kind"],
                target=row["target"],
                status=row["status"],
                started=_moment(row["started"]),
                due=None if row["due"] is None else _moment(row["due"]),
                polls=row["polls"],
                _controls=self,
            )
            for row in self.control("GET", "operations")["value"]
        ]

    def requests(self) -> list[RequestCount]:
        """How often each request was made, the most frequent first; controls do not count."""
        return [RequestCount(**row) for row in self.control("GET", "requests")["requests"]]


def _moment(text: str) -> datetime:
    # Azure writes seven digits of a second, Python reads six.
    return datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)


def checked(status: int, document: Any) -> JSON:
    """The JSON of a control's answer.

    Raises:
        ControlError: The status is an error's.
    """
    answer: JSON = document if isinstance(document, dict) else {}
    if status < 400:
        return answer
    error = answer.get("error") or {}
    raise ControlError(str(error.get("code", status)), str(error.get("message", f"The emulator answered {status}.")))
