"""An Azure in this process: no socket, no certificate, no waiting."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from azjobs.emulator import clients, front_door
from azjobs.emulator.clients import ClientT
from azjobs.emulator.clock import VirtualClock
from azjobs.emulator.controls import Controls, checked
from azjobs.emulator.core import Azure
from azjobs.emulator.credentials import AsyncEmulatorCredential, EmulatorCredential
from azjobs.emulator.request import JSON, Request, Response
from azjobs.emulator.timeline import PATIENCE_SECONDS, EmulatorTimeError, SteerableClock, Timeline
from azjobs.emulator.wellknown import CONTROL_PREFIX

if TYPE_CHECKING:
    from azjobs.emulator.transports import AsyncEmulatorTransport, EmulatorTransport


class Emulator(Controls):
    """An Azure in this process, for clients of the azure-mgmt packages as they are.

    Every client sees Azure's own answers: 201 and 202, poll URLs, true Retry-After. Its waiting moves the emulator's
    clock and takes no time; with `speed` time runs by itself instead. `hold`, `advance` and `run` take time in hand.
    Safe for threads. Leave the `with` block, or call `close`, when you are done.

    Args:
        speed: Seconds of emulator time per real second; None (virtual time) for time that moves when clients wait.
        seed: Makes the ids that the emulator gives the same each time.
        start: The emulator's time at the beginning; 2026-01-01 in virtual time, else the present.
        throttle: "azure" to limit requests as Azure does; they are not limited when not given.
        patience: Real seconds after which a wait that cannot end, because time or an operation is held, fails.

    Example:
        >>> from azure.mgmt.resource.resources import ResourceManagementClient
        >>> with Emulator() as azure:
        ...     resources = azure.client(ResourceManagementClient)
        ...     group = resources.resource_groups.create_or_update("g", {"location": "eastus"})
        ...     resources.resource_groups.begin_delete("g").result()
        ...     resources.resource_groups.check_existence("g")
        False
    """

    endpoint = "https://management.azure.com"
    """The address in the URLs of its answers. It also answers as login.microsoftonline.com."""

    def __init__(
        self,
        *,
        speed: float | None = None,
        seed: int | None = None,
        start: datetime | None = None,
        throttle: str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        if throttle not in (None, "azure"):
            raise ValueError(f"The emulator throttles as 'azure' does or not at all, not as '{throttle}'.")
        default = VirtualClock().now() if speed is None else time.time()
        self._clock = SteerableClock(speed, start=default if start is None else start.timestamp())
        self._azure = Azure(self._clock, seed=seed, throttled=throttle is not None)
        self._lock = threading.RLock()
        self._closed = False
        self.timeline = Timeline(
            self._clock,
            changes=lambda: self._azure.changes,
            is_stuck=lambda: self._azure.operations.next_due is None,
            patience=patience,
        )

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """End it: clients that wait, or ask from now on, get an error."""
        self._closed = True
        self.timeline.close()

    # Clients

    @property
    def credential(self) -> EmulatorCredential:
        """A credential that it accepts, for clients that are not asyncio's."""
        return EmulatorCredential()

    @property
    def aio_credential(self) -> AsyncEmulatorCredential:
        """A credential that it accepts, for asyncio's clients."""
        return AsyncEmulatorCredential()

    def transport(self) -> EmulatorTransport:
        """A transport to it, for any client of azure-core (and for azure-identity's credentials)."""
        from azjobs.emulator.transports import EmulatorTransport

        return EmulatorTransport(self)

    def aio_transport(self) -> AsyncEmulatorTransport:
        """A transport to it, for any asyncio client of azure-core."""
        from azjobs.emulator.transports import AsyncEmulatorTransport

        return AsyncEmulatorTransport(self)

    def client(self, client_class: Callable[..., ClientT], **options: Any) -> ClientT:
        """A client for the first subscription.

        Args:
            client_class: The class of an azure-mgmt client, asyncio's or not.
            **options: Passed to the class; they win.

        Raises:
            TypeError: It is the class of something else.
        """
        given: dict[str, Any] = (
            {"credential": self.aio_credential, "transport": self.aio_transport()}
            if clients.is_async(client_class)
            else {"credential": self.credential, "transport": self.transport()}
        )
        return clients.make(client_class, self.subscription_id, given, options)

    def handle(self, request: Request, *, spared: bool = False) -> Response:
        """Answer one request: what the transports call.

        Args:
            request: The request.
            spared: Whether faults are not asked: of a request that was held back and released.

        Raises:
            EmulatorTimeError: The emulator was closed.
        """
        if self._closed:
            raise EmulatorTimeError("The emulator was closed: make a new one, and clients for it.")
        if len(request.body) > front_door.MAXIMUM_BODY_BYTES:
            return front_door.too_large()
        with self._lock:
            self.timeline.note_request()
            return self._azure.handle(request, spared=spared)

    def is_stalled(self, ticket: str) -> bool:
        """Whether a fault still holds a request back: what the transports ask."""
        return not self._closed and ticket in self._azure.faults.stalled

    @override
    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> JSON:
        """Ask a control endpoint.

        Raises:
            ControlError: It was refused.
        """
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.handle(Request.from_target(method, f"{CONTROL_PREFIX}/{path}", body=content))
        return checked(answer.status, answer.json())

    # Time

    @property
    @override
    def now(self) -> datetime:
        """The emulator's time."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    @property
    def is_held(self) -> bool:
        """Whether time stands until `advance` or `run`."""
        return self._clock.held

    def hold(self) -> AbstractContextManager[Emulator]:
        """Let time stand: what is under way stays so, and clients that wait are blocked, until `advance` or `run`.

        Returns:
            A context manager that lets time run again; to be ignored where `run` will be called.

        Example:
            >>> azure = Emulator()
            >>> with azure.hold():
            ...     azure.is_held
            True
            >>> azure.is_held
            False
        """
        self._clock.hold()
        return _Held(self)

    def run(self) -> None:
        """Let time go on after `hold`."""
        self._clock.run()

    def settle(self) -> None:
        """Skip forward until nothing is under way any more, but for what is held by hand."""
        with self._lock:
            while (due := self._azure.operations.next_due) is not None:
                self._clock.reach(due)
                self._azure.settle()

    def __repr__(self) -> str:
        return f"<Emulator at {self.now:%Y-%m-%d %H:%M:%S}, {len(self._azure.store)} resources>"


class _Held(AbstractContextManager[Emulator]):
    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def __enter__(self) -> Emulator:
        return self._emulator

    def __exit__(self, *args: object) -> None:
        self._emulator.run()
