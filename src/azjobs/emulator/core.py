"""The emulated Azure: one synchronous function from a request to a response, and the time that passes between.

Nothing in here does I/O or waits. Operations end lazily: at the head of each request everything that was due until now
happens, in the order in which it was due, each at its own time. So the same requests at the same times give the same
answers, however fast or slow the caller is.

What a resource type adds hangs on three seams, which template deployments use:

* `Azure.put_resource`, `get_resource`, `preflight`: a resource request on behalf of a deployment;
* `Azure.listeners`: called with each operation when it ends (`azure.now` is then the time of its end);
* `Azure.schedule` and `Azure.timers`: to be called at a time. Timers survive a restart, so their argument is a string.
"""

from __future__ import annotations

import copy
import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from azjobs.emulator import control, dispatch, entra, front_door
from azjobs.emulator.behaviour import Concurrency, behaviour_of
from azjobs.emulator.clock import Clock
from azjobs.emulator.errors import ArmError, network_error
from azjobs.emulator.faults import Faults, answers
from azjobs.emulator.operations import (
    CANCELED,
    FAILED,
    OPERATION_EVENT,
    SUCCEEDED,
    Operation,
    Operations,
    seconds_of,
)
from azjobs.emulator.paths import InvalidPath, parse
from azjobs.emulator.request import JSON, Request, Response
from azjobs.emulator.requests_log import RequestsLog
from azjobs.emulator.store import Resource, Store
from azjobs.emulator.throttling import Throttle
from azjobs.emulator.types import Registry

_log = logging.getLogger("azjobs.emulator")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceOutcome:
    """What became of a resource request made on behalf of a deployment.

    Args:
        status: HTTP status code that a client would have seen.
        operation: The long-running operation that it started; None when the work is done (or refused). It may have
            ended already: look at `is_terminal`.
        error: Why it was refused; None when it was not.
        body: The resource as answered; None when there is no body.
    """

    status: int
    operation: Operation | None = None
    error: ArmError | None = None
    body: JSON | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing goes on any more."""
        return self.operation is None or self.operation.is_terminal


def _no_content(uri: str) -> JSON | None:
    return None


class Azure:
    """Everything that the emulator knows, and what it answers.

    Args:
        clock: The emulator's time.
        seed: Makes ids reproducible.
        real_time: Real time, for the lifetimes of tokens.
        throttled: Whether requests are limited as Azure limits them.

    Example:
        >>> from azjobs.emulator.clock import VirtualClock
        >>> Azure(VirtualClock()).handle(Request.from_target("GET", "/metadata/endpoints")).status
        200
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int | None = None,
        real_time: Callable[[], float] = time.time,
        throttled: bool = False,
    ) -> None:
        self.clock = clock
        self.real_time = real_time
        self.types = Registry()
        self.listeners: list[Callable[[Operation], None]] = []
        self.timers: dict[str, Callable[[str], None]] = {}
        self.read_link: Callable[[str], JSON | None] = _no_content
        """Gives the JSON that a deployment's link leads to; None when it leads nowhere. The core itself does no I/O."""
        self._random = random.Random(seed)
        self._time: float | None = None
        self.throttle = Throttle(lambda: self.now) if throttled else None
        self.reset()
        self.types.install(self)

    def reset(self) -> None:
        """Forget every resource, operation and fault."""
        self.store = Store()
        self.operations = Operations()
        self.faults = Faults()
        if self.throttle is not None:
            self.throttle.forget()
        self.requests = RequestsLog()
        self.registrations: dict[str, list[str]] = {}
        self.memory: dict[str, Any] = {}
        """What must never be saved (the secrets of a running deployment), by a key of its owner's choice."""

    @property
    def now(self) -> float:
        """Emulator time, seconds since 1970: of the request, or of the event, that is being handled."""
        return self.clock.now() if self._time is None else self._time

    @property
    def changes(self) -> int:
        """Grows with every change that a saved state would show."""
        return self.store.changes + self.operations.changes

    def new_id(self) -> str:
        """A new GUID."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def pick(self, limit: int) -> int:
        """A random number from 0 up to, not including, the limit."""
        return self._random.randrange(limit)

    # Requests

    def handle(self, request: Request, *, spared: bool = False) -> Response:
        """Answer a request.

        Never raises: what goes wrong is answered as an ARM error.

        Args:
            request: The request.
            spared: Whether the rules for requests are not asked: of a request that stalled and was released.
        """
        self._time = None
        remaining: Mapping[str, str] | None = None
        if self.throttle is not None:
            self.throttle.headers = {}
        try:
            self.settle()
            self._time = self.clock.now()
            if not spared:
                self.requests.note(request)
            response = self._route(request, spared=spared)
        except ArmError as error:
            response = front_door.error_response(error)
        except Exception:
            _log.exception("internal error at %s %s", request.method, request.path)
            response = front_door.error_response(
                ArmError(
                    500, "InternalServerError", "The server encountered an internal error. See the emulator's log."
                )
            )
        if self.throttle is not None:
            remaining = self.throttle.headers
        response = front_door.finish(
            request,
            response,
            request_id=self.new_id(),
            now=self.now,
            speed=self.clock.speed,
            remaining=remaining,
        )
        self._time = None
        return response

    def _route(self, request: Request, *, spared: bool) -> Response:
        answer = control.answer(self, request) or entra.answer(request, self.real_time())
        if answer is not None:
            return answer
        if self.faults and not spared:
            return answers.answer(self, request, lambda ahead: self._admit(request, ahead))
        return self._admit(request, 0.0)

    def _admit(self, request: Request, ahead: float) -> Response:
        principal = front_door.admit(request, self.real_time() + ahead)
        if self.throttle is not None:
            self.throttle.admit(request, principal)
        return dispatch.answer(self, request)

    # Resources, on behalf of a deployment

    def put_resource(self, resource_id: str, body: JSON, api_version: str) -> ResourceOutcome:
        """Create or update a resource as a client's PUT would, at `now`: the same rules, the same operation.

        Args:
            resource_id: The id of the resource, in any casing.
            body: The body of the PUT.
            api_version: The api-version of the PUT.

        Example:
            >>> from azjobs.emulator.clock import VirtualClock
            >>> outcome = Azure(VirtualClock()).put_resource("/subscriptions/none/resourceGroups/g", {}, "2024-11-01")
            >>> outcome.error.code
            'SubscriptionNotFound'
        """
        return self._on_behalf("PUT", resource_id, api_version, body)

    def delete_resource(self, resource_id: str, api_version: str) -> ResourceOutcome:
        """Delete a resource as a client's DELETE would, at `now`."""
        return self._on_behalf("DELETE", resource_id, api_version)

    def _on_behalf(self, method: str, resource_id: str, api_version: str, body: JSON | None = None) -> ResourceOutcome:
        request = Request.from_target(
            method,
            f"{quote(resource_id)}?api-version={quote(api_version)}",
            body=b"" if body is None else json.dumps(body).encode(),
        )
        before = self._latest_operation
        try:
            response = dispatch.answer(self, request, internal=True)
        except ArmError as error:
            return ResourceOutcome(status=error.status, error=error)
        operation = self._latest_operation if self._latest_operation is not before else None
        document = response.json()
        return ResourceOutcome(status=response.status, operation=operation, body=document)

    def get_resource(self, resource_id: str) -> JSON | None:
        """The body that a GET of the resource would answer now; None when there is none. The caller may change it."""
        try:
            path = dispatch.canonical(self, parse(resource_id))
        except InvalidPath:
            return None
        document = self.types.of(path.type).read(self, path)
        return copy.deepcopy(document)

    def preflight(self, resource_id: str, body: JSON, api_version: str) -> ArmError | None:
        """The error with which a provider would refuse a resource before anything is created; None when it would not.

        Checks what can be said of the body alone, as Azure's preflight does; not what it refers to, which may be
        created by the same deployment.
        """
        request = Request.from_target(
            "PUT", f"{quote(resource_id)}?api-version={quote(api_version)}", body=json.dumps(body).encode()
        )
        try:
            dispatch.preflight(self, request)
        except ArmError as error:
            return error
        return None

    def remove(self, resource: Resource) -> None:
        """Take a resource away, with its children and extensions, and end what was going on there."""
        for victim in [*self.store.children(resource), resource]:
            if self.store.get(victim.id) is not victim:
                continue
            self.store.remove(victim)
            self.types.of(victim.type).removed(self, victim)
            self._preempt(victim)

    # Operations

    _latest_operation: Operation | None = None

    def start_operation(
        self,
        kind: str,
        resource: Resource,
        *,
        api_version: str,
        target: str | None = None,
        operation_id: str | None = None,
        seconds: float | None = None,
        open_ended: bool = False,
        holds: bool = True,
        details: JSON | None = None,
    ) -> Operation:
        """Start a long-running operation on a resource that is in the store.

        Args:
            kind: The key of its row in the behaviour table: type and verb.
            resource: The resource that it holds until it ends.
            api_version: For its poll URL.
            target: The id that it is about, when that is not the resource (a subnet, in a virtual network).
            operation_id: Its id, when it is not a GUID.
            seconds: Its duration; from the table when not given.
            open_ended: Whether somebody will end it with `end_operation`, and not time.
            holds: Whether writes of the resource must wait until it has ended.
            details: What its handler wants to know at the end. JSON.

        Returns:
            The operation; ended already when its row says that it takes no time.
        """
        row = behaviour_of(kind)
        target = target or resource.id
        if seconds is None:
            seconds = seconds_of(row, f"{kind} {target}")
        operation = Operation(
            id=operation_id or self.new_id(),
            kind=kind,
            target=target,
            subscription=resource.path.subscription or "",
            location=resource.location,
            api_version=api_version,
            started=self.now,
            due=None if open_ended else self.now + seconds,
            details={"p": self.new_id(), "holder": resource.id, **(details or {})},
        )
        if open_ended:
            operation.details["open_ended"] = True
        self.faults.begin(operation, resource, self.now, open_ended=open_ended)
        if holds:
            resource.operation = operation.id
        self.operations.add(operation)
        self._latest_operation = operation
        if operation.due is not None and operation.due <= self.now:
            self.end_operation(operation, error=operation.fault, status=operation.details.get("end_status"))
        return operation

    def end_operation(self, operation: Operation, *, error: JSON | None = None, status: str | None = None) -> None:
        """End an operation at `now`: with success, or with the error or the terminal status given.

        An operation that has ended stays as it ended.
        """
        if operation.is_terminal:
            return
        status = status or (SUCCEEDED if error is None else FAILED)
        self._release(operation)
        handler = self.types.of(parse(operation.target).type)
        if status == SUCCEEDED:
            try:
                handler.succeeded(self, operation)
            except ArmError as refusal:
                status, error = FAILED, refusal.content()
        self.operations.end(operation, status, self.now, error)
        if status != SUCCEEDED:
            handler.failed(self, operation)
            self._roll_back(operation)
        for listener in list(self.listeners):
            listener(operation)

    def _roll_back(self, operation: Operation) -> None:
        """Leave a resource as it was before an operation that a rule made fail so."""
        resource = self.store.get(operation.target)
        before = operation.details.get("before")
        if resource is None or before is None:
            return
        if before["document"] is None:
            self.remove(resource)
            return
        resource.document, resource.attributes = before["document"], before["attributes"]
        self.store.put(resource)

    def _release(self, operation: Operation) -> None:
        holder = self.store.get(operation.details.get("holder", operation.target))
        if holder is not None and holder.operation == operation.id:
            holder.operation = None
            self.store.touch()

    def operation_on(self, resource: Resource) -> Operation | None:
        """The operation in flight that holds a resource."""
        operation = self.operations.get(resource.operation) if resource.operation else None
        return operation if operation is not None and not operation.is_terminal else None

    def claim(self, resource: Resource, kind: str) -> None:
        """Make sure that a write may start while another may be in flight.

        Raises:
            ArmError: AnotherOperationInProgress.
        """
        operation = self.operation_on(resource)
        concurrency = behaviour_of(kind).concurrency
        if operation is None or concurrency is Concurrency.ALLOW:
            return
        if concurrency is Concurrency.PREEMPT and operation.kind != kind:
            self._preempt(resource)
            return
        raise network_error(
            409,
            "AnotherOperationInProgress",
            "Another operation on this or dependent resource is in progress. To retrieve status of the operation use "
            f"uri: https://management.azure.com/subscriptions/{operation.subscription}/providers/"
            f"{operation.behaviour.poll_url.value.partition('/')[0]}/locations/{operation.location}/operations/"
            f"{operation.id}?api-version={operation.api_version}.",
        )

    def _preempt(self, resource: Resource) -> None:
        operation = self.operation_on(resource)
        if operation is not None:
            error = {
                "code": "OperationPreempted",
                "message": "Operation execution has been preempted by a more recent operation.",
            }
            self.end_operation(operation, error=error, status=CANCELED)

    # Time

    def schedule(self, due: float, name: str, argument: str) -> None:
        """Call the handler in `timers` of that name, with that argument, at that time."""
        self.operations.schedule(due, name, argument)

    def settle_until_now(self) -> None:
        """Settle after the clock was moved in the middle of a request."""
        self._time = None
        self.settle()
        self._time = self.clock.now()

    def settle(self) -> None:
        """Let everything happen that was due until now, in order, each at its own time."""
        outer = self._time
        now = self.now
        try:
            while (event := self.operations.pop_due(now)) is not None:
                self._time = event.due
                if event.name == OPERATION_EVENT:
                    operation = self.operations.get(event.argument)
                    if operation is not None:
                        self.end_operation(operation, error=operation.fault, status=operation.details.get("end_status"))
                elif (handler := self.timers.get(event.name)) is not None:
                    handler(event.argument)
        finally:
            self._time = outer
