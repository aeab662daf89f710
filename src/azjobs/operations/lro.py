"""ARM's long-running operations as a pure state machine: fed answers, it says what to ask next and when.

The rules are ARM's (resource-provider contract, "asynchronous operations") as azure-core 1.41 and azure-mgmt-core 1.6
read them, with two differences: the first answer's Retry-After counts, and an error that answers a look at the
operation resource is a failure of the look, never of the operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urljoin

from azjobs.operations.answers import Answer, arm_error, member, provisioning_state
from azjobs.operations.delays import poll_delay

FINAL_LOOKS = 10  # a final GET that keeps answering 202 is taken as it is after so many
SUCCEEDED = "succeeded"
FAILED = frozenset({"failed", "canceled", "cancelled"})
_LATER = frozenset({403, 408, 425, 429})


class Via(StrEnum):
    """What is looked at to learn how an operation stands."""

    AZURE_ASYNC_OPERATION = "azure-async-operation"
    LOCATION = "location"
    BODY = "body"
    STATUS_CODE = "status-code"
    # When the operation can no longer be found: the resource it made, or the absence of the one it deleted.
    RESOURCE = "resource"
    ABSENCE = "absence"


class Why(StrEnum):
    """Why a look told nothing about the operation."""

    LATER = "later"  # throttled, a server's error, forbidden for now: look again
    UNAUTHORIZED = "unauthorized"  # the token must be renewed
    GONE = "gone"  # what was looked at is not there
    GARBLED = "garbled"  # the answer cannot be read
    STILL_THERE = "still-there"  # the resource that was to be deleted stands, and nothing is deleting it
    REFUSED = "refused"  # the operation succeeded, but its result is not shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Ask `url` (GET) after `delay` seconds; `final` when it is for the result."""

    url: str
    delay: float
    final: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Succeeded:
    """The operation succeeded; `body` is what ARM's rules give as its result."""

    body: Any
    answer: Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """The operation ended otherwise: `status` is Failed or Canceled, `error` is ARM's error object, if any."""

    status: str
    error: Mapping[str, Any] | None
    answer: Answer

    @property
    def canceled(self) -> bool:
        """Whether Azure says that somebody cancelled it."""
        return self.status.lower().startswith("cancel")


@dataclass(frozen=True, kw_only=True, slots=True)
class LookFailed:
    """The look told nothing; the operation stands as it did."""

    why: Why
    answer: Answer
    error: Mapping[str, Any] | None = None


Event = Look | Succeeded | Ended | LookFailed


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """Where a long-running operation stands. Its JSON form holds the poll URLs verbatim, and no body.

    Attributes:
        method: the method of the first request.
        url: the URL of the first request.
        via: what is looked at.
        poll_url: where the next look goes.
        location: the first answer's Location, where the final GET of a POST goes.
        final_state_via: the service's own word on the final GET.
        status: the last status word, as Azure wrote it.
        final: whether only the final GET is missing; its URL is `poll_url` then.
        final_looks: how many final GETs answered 202.
    """

    method: str
    url: str
    via: Via
    poll_url: str
    location: str | None = None
    final_state_via: str | None = None
    status: str = "InProgress"
    final: bool = False
    final_looks: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the operation as JSON-able data, without what has its default."""
        data: dict[str, Any] = {"method": self.method, "url": self.url, "via": str(self.via), "poll_url": self.poll_url}
        for name, default in (
            ("location", None),
            ("final_state_via", None),
            ("status", "InProgress"),
            ("final", False),
            ("final_looks", 0),
        ):
            if (value := getattr(self, name)) != default:
                data[name] = value
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Operation:
        """Return the operation that `to_json` wrote."""
        return cls(**{**data, "via": Via(data["via"])})

    def look_now(self) -> Look:
        """Return the look that is due, without a delay: for an adopter."""
        return Look(url=self.poll_url, delay=0.0, final=self.final)

    def feed(self, answer: Answer) -> tuple[Operation, Event]:
        """Return where the operation stands after the answer to its last look, and what follows."""
        if answer.status == 401:
            return self, LookFailed(why=Why.UNAUTHORIZED, answer=answer, error=arm_error(answer.body))
        if self.final:
            return self._final(answer)
        match self.via:
            case Via.LOCATION:
                return self._location(answer)
            case Via.AZURE_ASYNC_OPERATION:
                return self._monitor(answer)
            case Via.ABSENCE:
                return self._absence(answer)
            case _:
                return self._resource(answer)

    def _monitor(self, answer: Answer) -> tuple[Operation, Event]:
        if not answer.ok:
            return self, _failed_look(answer)
        status = member(answer.body, "status")
        if not isinstance(status, str) or not status:
            return self, LookFailed(why=Why.GARBLED, answer=answer)
        return self._judged(status, answer)

    def _location(self, answer: Answer) -> tuple[Operation, Event]:
        if answer.ok:
            moved = self
            if (location := answer.header("location")) is not None:
                moved = replace(self, poll_url=urljoin(self.poll_url, location))
            if answer.status == 202:
                return moved._running(answer, self.status)
            return replace(moved, status="Succeeded"), Succeeded(body=answer.body, answer=answer)
        error = arm_error(answer.body)
        if answer.status == 403 and error is not None and member(error, "code") != "AuthorizationFailed":
            # A policy's refusal is the operation's own end; a missing role is a matter of the look.
            return self._ended("Failed", answer)
        if answer.status == 404 or answer.status in _LATER or not 400 <= answer.status < 500:
            return self, _failed_look(answer)
        return self._ended("Failed", answer)

    def _resource(self, answer: Answer) -> tuple[Operation, Event]:
        if not answer.ok:
            return self, _failed_look(answer)
        if answer.garbled or (answer.empty and self.via is Via.BODY):
            return self, LookFailed(why=Why.GARBLED, answer=answer)
        return self._judged(provisioning_state(answer.body) or "Succeeded", answer)

    def _absence(self, answer: Answer) -> tuple[Operation, Event]:
        if answer.status in {404, 410} or answer.status == 204:
            return replace(self, status="Succeeded"), Succeeded(body=None, answer=answer)
        if not answer.ok:
            return self, _failed_look(answer)
        state = provisioning_state(answer.body)
        if state is None or _ended(state):
            return self, LookFailed(why=Why.STILL_THERE, answer=answer)
        return self._running(answer, state)

    def _final(self, answer: Answer) -> tuple[Operation, Event]:
        if answer.ok:
            if answer.status == 202 and self.final_looks < FINAL_LOOKS:
                again = replace(self, final_looks=self.final_looks + 1)
                return again, Look(url=again.poll_url, delay=poll_delay(answer.headers), final=True)
            if answer.garbled:
                return self, LookFailed(why=Why.GARBLED, answer=answer)
            return self, Succeeded(body=answer.body, answer=answer)
        if answer.status == 404 or answer.status in _LATER or not 400 <= answer.status < 500:
            return self, _failed_look(answer)
        return self, LookFailed(why=Why.REFUSED, answer=answer, error=arm_error(answer.body))

    def _judged(self, status: str, answer: Answer) -> tuple[Operation, Event]:
        word = status.lower()
        if word in FAILED:
            return self._ended(status, answer)
        if word != SUCCEEDED:
            return self._running(answer, status)
        done = replace(self, status=status)
        final = done._final_url(answer)
        if final is None:
            return done, Succeeded(body=answer.body, answer=answer)
        return replace(done, final=True, poll_url=final), Look(url=final, delay=0.0, final=True)

    def _final_url(self, answer: Answer) -> str | None:
        if self.via is not Via.AZURE_ASYNC_OPERATION:
            return None
        if self.final_state_via == Via.LOCATION and self.location:
            return self.location
        if self.final_state_via == Via.AZURE_ASYNC_OPERATION and self.method == "POST":
            return None
        resource = member(answer.body, "resourceLocation")
        if isinstance(resource, str) and resource:
            return urljoin(self.poll_url, resource)
        if self.method in {"PUT", "PATCH"}:
            return self.url
        return self.location if self.method == "POST" else None

    def _running(self, answer: Answer, status: str) -> tuple[Operation, Event]:
        return replace(self, status=status), Look(url=self.poll_url, delay=poll_delay(answer.headers))

    def _ended(self, status: str, answer: Answer) -> tuple[Operation, Event]:
        return replace(self, status=status), Ended(status=status, error=arm_error(answer.body), answer=answer)


def begin(method: str, url: str, answer: Answer, *, final_state_via: str | None = None) -> tuple[Operation, Event]:
    """Return the operation that the first answer tells of, and what follows.

    Args:
        method: the method of the first request.
        url: its URL, whole.
        answer: its answer, of status 2xx (an error is a refusal and begins nothing).
        final_state_via: `azure-async-operation` or `location`, where the service's description says so.

    Raises:
        ValueError: the answer is not one of success.
    """
    if not answer.ok:
        raise ValueError(f"An answer {answer.status} begins no operation.")
    method = method.upper()
    location = answer.header("location")
    location = urljoin(url, location) if location else None
    monitor = answer.header("azure-asyncoperation")
    start = Operation(
        method=method,
        url=url,
        via=Via.BODY,
        poll_url=url,
        location=location,
        final_state_via=final_state_via.lower() if final_state_via else None,
    )
    if monitor:
        return _begin_monitor(replace(start, via=Via.AZURE_ASYNC_OPERATION, poll_url=urljoin(url, monitor)), answer)
    if location:
        operation = replace(start, via=Via.LOCATION, poll_url=location)
        return operation, Look(url=location, delay=poll_delay(answer.headers))
    if method in {"PUT", "PATCH"}:
        return _begin_body(start, answer)
    done = replace(start, via=Via.STATUS_CODE, status="Succeeded")
    return done, Succeeded(body=answer.body, answer=answer)


def lost(operation: Operation, *, look_url: str | None = None) -> Operation | None:
    """Return how to learn the outcome of an operation that Azure no longer knows, or None when it cannot be learnt.

    Args:
        operation: the operation whose own URL answers 404.
        look_url: the resource whose state answers, when it is not the URL of the first request.
    """
    if operation.method == "DELETE":
        return replace(operation, via=Via.ABSENCE, poll_url=operation.url, final=False)
    if operation.method in {"PUT", "PATCH"}:
        return replace(operation, via=Via.RESOURCE, poll_url=look_url or operation.url, final=False)
    return None


def unanswered(method: str, url: str) -> Operation | None:
    """Return how to learn the outcome of a request whose answer was lost, or None when it cannot be learnt (POST)."""
    method = method.upper()
    return lost(Operation(method=method, url=url, via=Via.BODY, poll_url=url))


def _begin_monitor(operation: Operation, answer: Answer) -> tuple[Operation, Event]:
    status = member(answer.body, "status")
    if isinstance(status, str) and _ended(status):
        return operation._judged(status, answer)
    delay = poll_delay(answer.headers)
    state = provisioning_state(answer.body)
    if state is not None and state.lower() == SUCCEEDED and _says_no_delay(answer):
        delay = 0.0  # a network interface is made at once and still names an operation
    return operation, Look(url=operation.poll_url, delay=delay)


def _begin_body(operation: Operation, answer: Answer) -> tuple[Operation, Event]:
    state = provisioning_state(answer.body)
    if answer.status == 202:
        # Azure has only taken the request: whatever the body shows is how the resource stood before.
        state = "InProgress"
    elif answer.status == 204:
        state = "Succeeded"
    elif state is None:
        state = "InProgress" if answer.status == 201 else "Succeeded"
    return operation._judged(state, answer)


def _says_no_delay(answer: Answer) -> bool:
    return answer.header("retry-after") is None


def _failed_look(answer: Answer) -> LookFailed:
    error = arm_error(answer.body)
    if answer.status in _LATER or answer.status >= 500:
        return LookFailed(why=Why.LATER, answer=answer, error=error)
    if 400 <= answer.status < 500:
        return LookFailed(why=Why.GONE, answer=answer, error=error)
    return LookFailed(why=Why.GARBLED, answer=answer, error=error)


def _ended(status: str) -> bool:
    return status.lower() in FAILED or status.lower() == SUCCEEDED
