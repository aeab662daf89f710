"""Proxies and certificates, through a real CONNECT proxy."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from azure.mgmt.compute import ComputeManagementClient
from tests.operations.conftest import TENANT, LocalAzure, answer
from tests.operations.plans import VM, plan

from azjobs.accounts.context import Context
from azjobs.accounts.environments import Environment
from azjobs.accounts.login import connect
from azjobs.errors import InvalidArgument, ServiceUnreachable
from azjobs.operations.http import Http
from azjobs.operations.network import proxy_for, tls_context
from azjobs.operations.sdk import client, close_sessions
from azjobs.operations.submit import fetch, start, submit


class Proxy(socketserver.ThreadingTCPServer):
    """A CONNECT proxy that leads everywhere to one address, and remembers where it was asked to lead."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.target = target
        self.asked: list[str] = []


class _Tunnel(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (part := self.request.recv(4096)):
            head += part
        self.server.asked.append(head.split(b" ")[1].decode())
        with socket.create_connection(("127.0.0.1", self.server.target)) as there:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pair = {self.request: there, there: self.request}
            while True:
                for ready in select.select(list(pair), [], [], 30)[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    pair[ready].sendall(data)


@pytest.fixture
def proxy(azure: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    server = Proxy(int(azure.endpoint.rpartition(":")[2]))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    for name in ("https_proxy", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.server_address[1]}")
    yield server
    close_sessions()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def behind(proxy: Proxy, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> Context:
    """Somebody who reaches Azure only through the proxy, and trusts what REQUESTS_CA_BUNDLE names."""
    assert azure.environment is not None
    assert azure.environment.ca_file is not None
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", azure.environment.ca_file)
    host = "https://azure.test"
    there = Environment(name="Proxied", resource_manager=host, authority=host, audience=host, instance_discovery=False)
    return connect(environment=there, tenant=TENANT, client_id="app", client_secret="known to all")


def test_commands_and_sdk_calls_go_through_the_proxy(proxy: Proxy, behind: Context, azure: LocalAzure) -> None:
    proxy.asked.clear()
    azure.on("PUT", VM, answer(200, {"name": "MyVm"}))
    assert start(plan(behind)).result(timeout=20) == {"name": "MyVm"}
    assert set(proxy.asked) == {"azure.test:443"}
    proxy.asked.clear()
    azure.on("POST", f"{VM}/redeploy", answer(200))
    machines = client(ComputeManagementClient).virtual_machines
    assert submit(machines.begin_redeploy, "g", "MyVm").result(timeout=20) is None
    assert set(proxy.asked) == {"azure.test:443"}


def test_an_authority_that_is_not_trusted_is_said_so(
    behind: Context, monkeypatch: pytest.MonkeyPatch, clock: object
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(ServiceUnreachable, match=r"not trusted.*REQUESTS_CA_BUNDLE"):
        fetch(behind, lambda arm: arm.get("/x", api_version="1"))


def test_no_proxy_is_honoured(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_for("https://management.azure.com/x") == f"http://127.0.0.1:{proxy.server_address[1]}"
    monkeypatch.setenv("NO_PROXY", ".azure.com,localhost")
    assert proxy_for("https://management.azure.com/x") is None
    assert proxy_for("https://example.org/x") is not None
    for url in ("https://management.azure.com/x", "https://example.org/x"):
        assert bool(requests.utils.get_environ_proxies(url).get("https")) is (proxy_for(url) is not None)


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"missing\.pem cannot be used"):
        tls_context(str(tmp_path / "missing.pem"))


def test_however_many_ask_at_once_one_token_is_fetched(azure: LocalAzure, context: Context) -> None:
    import asyncio

    asked = 0
    gate = threading.Event()

    class Tokens:
        def bearer(self, who: Context) -> str:
            nonlocal asked
            asked += 1
            gate.wait(10)
            return "token"

        def forget(self, who: Context, token: str) -> None:
            raise AssertionError("nothing was refused")

    async def scenario() -> list[int]:
        http = Http(Tokens())
        asking = [asyncio.create_task(http.request(context, "GET", f"{azure.endpoint}/many")) for _ in range(50)]
        await asyncio.sleep(0.05)
        gate.set()
        answers = await asyncio.gather(*asking)
        await http.close()
        return [said.status for said in answers]

    azure.on("GET", "/many", answer(200))
    assert asyncio.run(scenario()) == [200] * 50
    assert asked == 1
