"""How much the emulator's server bears: GETs in a second over TLS, and its memory with many operations in flight.

    python benchmarks/emulator_load.py

Loopback only, and bounded: at most `--requests` GETs in at most `--seconds`, and `--operations` operations. Server and
clients are processes of their own, and share the machine. The exit code is 1 when a figure misses its goal.
"""

from __future__ import annotations

import argparse
import json
import socket
import ssl
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import psutil

from azjobs.emulator import RunningEmulator, start, stop, tokens
from azjobs.emulator.launcher import HOST

GOAL_REQUESTS_PER_SECOND = 3000
GOAL_MEGABYTES = 200
_VERSION = "api-version=2024-05-01"
_GROUP = "load"


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is asked of the server.

    Args:
        requests: GETs.
        seconds: The longest that the GETs may take.
        clients: Processes that ask at once, each over one connection.
        operations: Operations in flight.
    """

    requests: int
    seconds: float
    clients: int
    operations: int


class Connection:
    """One connection over TLS that is kept: requests one after the other, answers read by their length.

    Blocking sockets cost a client far less than asyncio's streams do: it is the server that is to be measured.
    """

    def __init__(self, running: RunningEmulator) -> None:
        context = ssl.create_default_context(cafile=str(running.ca_file))
        plain = socket.create_connection((HOST, running.port), timeout=30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(plain, server_hostname=HOST)
        token = tokens.issue(running.endpoint, running.endpoint, time.time())
        self._fields = f"Host: {HOST}:{running.port}\r\nAuthorization: Bearer {token}\r\n".encode()

    def ask(self, method: str, target: str, body: bytes = b"") -> int:
        """Send a request, read its whole answer, and return its status."""
        length = f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n".encode() if body else b""
        self._socket.sendall(
            b"".join((f"{method} {target} HTTP/1.1\r\n".encode(), self._fields, length, b"\r\n", body))
        )
        received = self._more(b"")
        while (end := received.find(b"\r\n\r\n")) < 0:
            received = self._more(received)
        marker = received.lower().find(b"content-length:", 0, end)
        size = int(received[marker + 15 : received.index(b"\r\n", marker)]) if marker >= 0 else 0
        while len(received) < end + 4 + size:
            received = self._more(received)
        return int(received[9:12])

    def _more(self, received: bytes) -> bytes:
        chunk = self._socket.recv(65_536)
        if not chunk:
            raise SystemExit("The server closed the connection.")
        return received + chunk

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one client process has done.

    Args:
        requests: Requests that were answered well.
        began: When it began, seconds of the machine's monotonic clock.
        ended: When it ended.
    """

    requests: int
    began: float
    ended: float


def _reads(running: RunningEmulator, target: str, count: int, seconds: float) -> Share:
    connection = Connection(running)
    began = time.monotonic()
    done = 0
    while done < count and time.monotonic() < began + seconds:
        _expect(connection.ask("GET", target), "GET", target)
        done += 1
    ended = time.monotonic()
    connection.close()
    return Share(requests=done, began=began, ended=ended)


def _writes(running: RunningEmulator, collection: str, body: bytes, numbers: range, seconds: float) -> Share:
    connection = Connection(running)
    began = time.monotonic()
    done = 0
    for number in numbers:
        target = f"{collection}/v{number}?{_VERSION}"
        _expect(connection.ask("PUT", target, body), "PUT", target)
        done += 1
        if time.monotonic() > began + seconds:
            break
    ended = time.monotonic()
    connection.close()
    return Share(requests=done, began=began, ended=ended)


def _expect(status: int, method: str, target: str) -> None:
    if status not in (200, 201):
        raise SystemExit(f"{method} {target} was answered with {status}.")


def _rate(shares: list[Share]) -> float:
    wall = max(share.ended for share in shares) - min(share.began for share in shares)
    return sum(share.requests for share in shares) / wall


def _measure(running: RunningEmulator, load: Load) -> tuple[float, float, float]:
    """GETs in a second, operations started in a second, and the server's resident memory in MB."""
    group = f"/subscriptions/{running.subscription_id}/resourceGroups/{_GROUP}"
    networks = f"{group}/providers/Microsoft.Network/virtualNetworks"
    body = json.dumps(
        {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    ).encode()
    target = f"{networks}/read?{_VERSION}"
    first = Connection(running)
    _expect(first.ask("PUT", f"{group}?{_VERSION}", b'{"location":"eastus"}'), "PUT", group)
    _expect(first.ask("PUT", target, body), "PUT", target)
    with ProcessPoolExecutor(load.clients, mp_context=get_context("spawn")) as pool:
        each = load.requests // load.clients
        reads = [pool.submit(_reads, running, target, each, load.seconds) for _ in range(load.clients)]
        reading = _rate([share.result() for share in reads])
        rule = {"match": {"kind": "*/virtualNetworks/create"}, "effect": {"type": "lro_hold"}, "times": "forever"}
        _expect(first.ask("POST", "/_emulator/faults", json.dumps(rule).encode()), "POST", "/_emulator/faults")
        parts = [range(start, load.operations, load.clients) for start in range(load.clients)]
        writes = [pool.submit(_writes, running, networks, body, part, 60.0) for part in parts]
        shares = [share.result() for share in writes]
    if (started := sum(share.requests for share in shares)) < load.operations:
        raise SystemExit(f"Only {started} operations were started in a minute.")
    time.sleep(2)  # the server saves its state meanwhile, which takes memory too
    first.close()
    return reading, _rate(shares), psutil.Process(running.pid).memory_info().rss / 1e6


def main() -> int:
    """Measure, print, and say whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--operations", type=int, default=10_000)
    load = Load(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory(prefix="azjobs-load-") as folder:
        home = Path(folder)
        running = start(home, speed=1.0, state_file=home / "state.json")
        try:
            reading, writing, megabytes = _measure(running, load)
        finally:
            stop(home)
    sys.stdout.write(
        f"GETs over TLS       {reading:8.0f} /s   goal: at least {GOAL_REQUESTS_PER_SECOND} /s\n"
        f"operations started  {writing:8.0f} /s   {load.operations} in flight at once\n"
        f"resident memory     {megabytes:8.0f} MB   goal: at most {GOAL_MEGABYTES} MB\n"
    )
    return 0 if reading >= GOAL_REQUESTS_PER_SECOND and megabytes <= GOAL_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
