"""An Azure in a process of its own, over HTTPS, with what a test wants of it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from typing_extensions import override

from azjobs.emulator import clients, launcher
from azjobs.emulator.clients import ClientT
from azjobs.emulator.controls import Controls, checked
from azjobs.emulator.credentials import AsyncEmulatorCredential, EmulatorCredential
from azjobs.emulator.launcher import EmulatorError, RunningEmulator
from azjobs.emulator.request import JSON
from azjobs.emulator.wellknown import CONTROL_PREFIX

_IDLE_SECONDS = 600.0
_TIMEOUT_SECONDS = 30.0


class EmulatorServer(Controls):
    """An emulator in a process of its own: for clients that are no Python, or that must go over TLS.

    Args:
        home: The folder for its certificate authority and log, a temporary one when not given. When an emulator of that
            folder runs already it is used, and left running.
        speed: Seconds of emulator time per real second.
        port: The port; any free one when not given.
        state_file: Where its resources are loaded from and saved to; nowhere when not given.
        throttle: "azure" to limit requests as Azure does; they are not limited when not given.

    Raises:
        EmulatorError: It does not start.

    Example:
        >>> with EmulatorServer(speed=1000) as azure:  # doctest: +SKIP
        ...     azure.endpoint
        'https://127.0.0.1:40123'
    """

    def __init__(
        self,
        home: Path | None = None,
        *,
        speed: float = launcher.DEFAULT_SPEED,
        port: int | None = None,
        state_file: Path | None = None,
        throttle: str | None = None,
    ) -> None:
        folder = Path(tempfile.mkdtemp(prefix="azure-emulator-")) if home is None else home
        self._temporary = folder if home is None else None
        self._own = launcher.status(folder) is None
        try:
            self.running: RunningEmulator = launcher.start(
                folder,
                speed=speed,
                port=port,
                state_file=state_file,
                throttle=throttle,
                idle_seconds=_IDLE_SECONDS,
            )
        except EmulatorError:
            self._forget()
            raise
        self.endpoint = self.running.endpoint
        """Its address, for ARM and for Entra ID."""
        self.ca_file = self.running.ca_file
        """The certificate authority that clients must trust, PEM."""

    def __enter__(self) -> EmulatorServer:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop it, unless it ran before."""
        if self._own:
            launcher.stop(self.running.home)
            self._own = False
        self._forget()

    @property
    def credential(self) -> EmulatorCredential:
        """A credential that it accepts, for clients that are not asyncio's."""
        return EmulatorCredential()

    @property
    def aio_credential(self) -> AsyncEmulatorCredential:
        """A credential that it accepts, for asyncio's clients."""
        return AsyncEmulatorCredential()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with which azure-identity, requests and aiohttp find it and trust it."""
        return {
            "AZURE_TENANT_ID": self.running.tenant_id,
            "AZURE_CLIENT_ID": self.running.client_id,
            "AZURE_CLIENT_SECRET": self.running.client_secret,
            "AZURE_SUBSCRIPTION_ID": self.running.subscription_id,
            "AZURE_AUTHORITY_HOST": self.endpoint,
            "REQUESTS_CA_BUNDLE": str(self.ca_file),
            "SSL_CERT_FILE": str(self.ca_file),
        }

    def client(self, client_class: Callable[..., ClientT], **options: Any) -> ClientT:
        """A client for the first subscription.

        Args:
            client_class: The class of an azure-mgmt client, asyncio's or not.
            **options: Passed to the class; they win.

        Raises:
            TypeError: It is the class of something else.
        """
        given = {
            "credential": self.aio_credential if clients.is_async(client_class) else self.credential,
            "base_url": self.endpoint,
            "credential_scopes": [f"{self.endpoint}/.default"],
            "connection_verify": str(self.ca_file),
        }
        return clients.make(client_class, self.subscription_id, given, options)

    @override
    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> JSON:
        """Ask a control endpoint.

        Raises:
            ControlError: It was refused.
            OSError: It does not answer.
        """
        import http.client
        import ssl

        context = ssl.create_default_context(cafile=str(self.ca_file))
        connection = http.client.HTTPSConnection(
            launcher.HOST, self.running.port, timeout=_TIMEOUT_SECONDS, context=context
        )
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, f"{CONTROL_PREFIX}/{path}", content, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return checked(answer.status, json.loads(answer.read() or b"{}"))
        finally:
            connection.close()

    def __repr__(self) -> str:
        return f"<EmulatorServer at {self.endpoint}>"

    def _forget(self) -> None:
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None
