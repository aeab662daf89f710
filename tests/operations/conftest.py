from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import trustme

from azjobs.accounts import session, sources, token_store
from azjobs.accounts.context import Context
from azjobs.accounts.environments import Environment
from azjobs.accounts.login import connect
from azjobs.operations.poller import OperationRunner

if TYPE_CHECKING:
    from azjobs.emulator.launcher import RunningEmulator

TENANT = "11111111-2222-4333-8444-555555555555"
SUBSCRIPTION = "ec0aa5f7-9e78-40c9-85cd-535c6305b380"

DROPPED = "dropped"
"""The request is read, and the connection closed without an answer."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer of the local Azure."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer(status: int, body: object | None = None, **headers: str) -> Scripted:
    """Return a scripted answer; header names have underscores for hyphens."""
    raw = b"" if body is None else json.dumps(body).encode()
    return Scripted(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


Script = Scripted | str | Callable[[], Scripted]


@dataclass
class LocalAzure:
    """A server that says what it was told to say, and an Entra that lets everybody in."""

    endpoint: str = ""
    environment: Environment | None = None
    scripts: dict[tuple[str, str], deque[Script]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    tokens: int = 0
    refused_tokens: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> None:
        with self.lock:
            self.scripts.clear()
            self.requests.clear()
            self.bodies.clear()
            self.refused_tokens.clear()

    def on(self, method: str, path: str, *answers: Script) -> None:
        """Answer requests to a path so, one after another; the last answer stays.

        The path is given with or without its query, or with `*` for what is not known before.
        """
        with self.lock:
            self.scripts.setdefault((method, path), deque()).extend(answers)

    def asked(self, method: str, part: str) -> int:
        """Return how often something was asked for."""
        return sum(asked == method and part in path for asked, path in self.requests)

    def entra(self, path: str) -> Scripted | None:
        base = f"{self.endpoint}/{TENANT}"
        if path.endswith("/.well-known/openid-configuration"):
            return answer(
                200,
                {
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                },
            )
        if path.endswith("/oauth2/v2.0/token"):
            self.tokens += 1
            return answer(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": f"token-{self.tokens}"})
        if path == "/subscriptions":
            found = {"subscriptionId": SUBSCRIPTION, "displayName": "Recorded", "state": "Enabled", "tenantId": TENANT}
            return answer(200, {"value": [found]})
        return None

    def _like(self, method: str, plain: str) -> deque[Script] | None:
        found = [key for key in self.scripts if key[0] == method and "*" in key[1] and fnmatchcase(plain, key[1])]
        return self.scripts[max(found, key=lambda key: len(key[1]))] if found else None

    def reply(self, method: str, path: str, authorization: str, body: bytes) -> Script:
        plain = urlsplit(path).path
        if (entra := self.entra(plain)) is not None:
            return entra
        with self.lock:
            self.requests.append((method, path))
            self.bodies.append(body)
            if authorization.removeprefix("Bearer ") in self.refused_tokens:
                return answer(401, {"error": {"code": "ExpiredAuthenticationToken", "message": "The token expired."}})
            script = self.scripts.get((method, path)) or self.scripts.get((method, plain)) or self._like(method, plain)
            if not script:
                return answer(
                    404, {"error": {"code": "NotFound", "message": f"Nothing is scripted for {method} {path}."}}
                )
            return script.popleft() if len(script) > 1 else script[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    azure: LocalAzure

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        said = self.azure.reply(self.command, self.path, self.headers.get("Authorization", ""), body)
        if callable(said):
            said = said()
        if isinstance(said, str):
            self.close_connection = True
            return
        self.send_response_only(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said.body)))
        self.end_headers()
        self.wfile.write(said.body)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that hangs up is no error of the server's


@pytest.fixture(scope="session")
def running_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    azure = LocalAzure()
    ca = trustme.CA()
    ca_file = tmp_path_factory.mktemp("local-azure") / "ca.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1", "azure.test").configure_cert(tls)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"azure": azure}))
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    azure.endpoint = f"https://127.0.0.1:{server.server_address[1]}"
    azure.environment = Environment(
        name="Recorded",
        resource_manager=azure.endpoint,
        authority=azure.endpoint,
        audience=azure.endpoint,
        ca_file=str(ca_file),
        instance_discovery=False,
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield azure
    server.shutdown()
    server.server_close()
    thread.join()


def forget_process() -> None:
    """Make this process know of accounts what a new one knows."""
    session._state = session._State()
    sources._sources.clear()
    token_store._warned = True  # the warning about an unencrypted store is the accounts' own test


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    forget_process()
    yield
    forget_process()


@pytest.fixture
def azure(running_azure: LocalAzure) -> LocalAzure:
    running_azure.reset()
    return running_azure


@pytest.fixture
def context(azure: LocalAzure) -> Context:
    """Somebody who is logged in to the local Azure."""
    assert azure.environment is not None
    return connect(environment=azure.environment, tenant=TENANT, client_id="app", client_secret="known to all")


class SkippingClock:
    """A clock that does not wait: its time goes on by what is waited for."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.waits: list[float] = []

    def now(self) -> float:
        return time.time() + self.skipped

    def elapsed(self) -> float:
        return time.monotonic() + self.skipped

    def timer(self, seconds: float) -> asyncio.Future[None]:
        self.skipped += seconds
        self.waits.append(seconds)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        loop.call_soon(lambda: None if future.done() else future.set_result(None))
        return future


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SkippingClock:
    """Let no operation wait."""
    skipping = SkippingClock()
    monkeypatch.setattr(OperationRunner, "clock", skipping)
    return skipping


@pytest.fixture(scope="session")
def started_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    from azjobs.emulator import launcher

    folder = tmp_path_factory.mktemp("operations") / "emulator"
    try:
        yield launcher.start(folder, speed=100, state_file=folder / "state.json")
    finally:
        launcher.stop(folder)


@pytest.fixture
def emulated(started_emulator: RunningEmulator, azjobs_home: Path) -> Context:
    """Somebody who is logged in to the session's emulator."""
    azjobs_home.mkdir(mode=0o700)
    (azjobs_home / "emulator").symlink_to(started_emulator.home, target_is_directory=True)
    return connect(environment="Emulator")
