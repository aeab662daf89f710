from __future__ import annotations

import base64
import json
import secrets
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import trustme

from azjobs.accounts import session, sources, token_store
from azjobs.accounts.context import Context
from azjobs.accounts.environments import AZURE_CLOUD, Environment

if TYPE_CHECKING:
    from azjobs.emulator.launcher import RunningEmulator

TENANT = "11111111-2222-4333-8444-555555555555"
USER = "ada@contoso.com"


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins as a new process of a new user."""
    monkeypatch.setenv("AZJOBS_HOME", str(tmp_path / "home"))
    forget_process()
    yield
    forget_process()


def forget_process() -> None:
    """Make this process know what a new one knows: nothing but what is on disk."""
    session._state = session._State()
    sources._sources.clear()
    token_store._warned = False


@pytest.fixture
def as_new_process() -> Any:
    """Call it to go on as another process of the same user would begin."""
    return forget_process


@pytest.fixture
def make_context() -> Any:
    def make(subscription: str = "Production", **changes: Any) -> Context:
        given: dict[str, Any] = {
            "account": USER,
            "account_kind": "User",
            "tenant": TENANT,
            "subscription": f"id-of-{subscription}",
            "subscription_name": subscription,
            "environment": AZURE_CLOUD,
        }
        return Context(**{**given, **changes})

    return make


@pytest.fixture(scope="session")
def emulator_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("accounts") / "home"


@pytest.fixture(scope="session")
def started_emulator(emulator_home: Path) -> Iterator[RunningEmulator]:
    from azjobs.emulator import launcher

    folder = emulator_home / "emulator"
    try:
        yield launcher.start(folder, speed=1000, state_file=folder / "state.json")
    finally:
        launcher.stop(folder)


@pytest.fixture
def emulator(started_emulator: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunningEmulator:
    """The session's emulator, as the one of this test's home."""
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home" / "emulator").symlink_to(started_emulator.home, target_is_directory=True)
    return started_emulator


@dataclass
class Entra:
    """A small Entra and Resource Manager where users log in: the emulator knows applications only."""

    endpoint: str = ""
    environment: Environment = AZURE_CLOUD
    asked: Counter[str] = field(default_factory=Counter)
    subscriptions: list[dict[str, str]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    lifetime: int = 3600
    user: str = USER

    def reset(self) -> None:
        self.asked.clear()
        self.refuses.clear()
        self.refresh_tokens.clear()
        self.codes.clear()
        self.lifetime = 3600
        self.user = USER
        self.subscriptions = [
            {"subscriptionId": "s-1", "displayName": "Production", "state": "Enabled"},
            {"subscriptionId": "s-2", "displayName": "Test", "state": "Enabled"},
        ]

    def get(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if path.endswith("/.well-known/openid-configuration"):
            base = f"{self.endpoint}/{TENANT}"
            return 200, {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            }
        if path.endswith("/oauth2/v2.0/authorize"):
            code = secrets.token_hex(8)
            self.codes[code] = query
            return 200, {"redirect_uri": query["redirect_uri"], "code": code, "state": query["state"]}
        if path == "/subscriptions":
            return 200, {"value": self.subscriptions}
        return 404, {"error": {"code": "NotFound", "message": path}}

    def post(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        if path.endswith("/devicecode"):
            self.asked["devicecode"] += 1
            self.codes["device"] = {"client_id": form["client_id"], "scope": form["scope"]}
            return 200, {
                "device_code": "device",
                "user_code": "ABCD1234",
                "verification_uri": f"{self.endpoint}/device",
                "expires_in": 900,
                "interval": 0,
                "message": "not shown",
            }
        grant = form["grant_type"].rpartition(":")[2]
        self.asked[grant] += 1
        if grant in self.refuses:
            return 400, {"error": "invalid_grant", "error_description": self.refuses[grant]}
        if grant == "refresh_token" and form["refresh_token"] not in self.refresh_tokens:
            return 400, {"error": "invalid_grant", "error_description": "AADSTS70000: unknown refresh token."}
        asked = self.codes.pop(form.get("code") or form.get("device_code") or "", {"client_id": form["client_id"]})
        return 200, self.answer(asked, form.get("scope") or asked.get("scope", ""))

    def answer(self, asked: dict[str, str], scope: str) -> dict[str, Any]:
        now = int(time.time())
        refresh = f"refresh-{secrets.token_hex(8)}"
        self.refresh_tokens.add(refresh)
        claims = {
            "iss": f"{self.endpoint}/{TENANT}/v2.0",
            "aud": asked["client_id"],
            "sub": "subject",
            "tid": TENANT,
            "preferred_username": self.user,
            "iat": now,
            "exp": now + 3600,
            **({"nonce": asked["nonce"]} if "nonce" in asked else {}),
        }
        return {
            "token_type": "Bearer",
            "scope": scope,
            "expires_in": self.lifetime,
            "access_token": f"access-{secrets.token_hex(8)}",
            "refresh_token": refresh,
            "id_token": f"{_part({'alg': 'none'})}.{_part(claims)}.",
            "client_info": _part({"uid": self.user, "utid": TENANT}),
        }


def _part(data: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


@pytest.fixture(scope="session")
def running_entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entra]:
    entra = Entra()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._answer(*entra.get(parts.path, dict(parse_qsl(parts.query))))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            self._answer(*entra.post(urlsplit(self.path).path, dict(parse_qsl(body))))

        def _answer(self, status: int, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    ca = trustme.CA()
    ca_file = tmp_path_factory.mktemp("entra") / "ca.pem"
    ca.cert_pem.write_to_path(ca_file)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(tls)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    entra.endpoint = f"https://127.0.0.1:{server.server_address[1]}"
    entra.environment = Environment(
        name="Test",
        resource_manager=entra.endpoint,
        authority=entra.endpoint,
        audience=entra.endpoint,
        ca_file=str(ca_file),
        instance_discovery=False,
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield entra
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def entra(running_entra: Entra) -> Entra:
    running_entra.reset()
    return running_entra
