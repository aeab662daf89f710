"""The server process: HTTPS on the loopback interface, a state file, and an end when nobody needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from azjobs.emulator import control, front_door, state
from azjobs.emulator.certificates import server_context
from azjobs.emulator.clock import ScaledClock
from azjobs.emulator.core import Azure
from azjobs.emulator.faults import InvalidRules, read_rules
from azjobs.emulator.home_files import HomeFiles, write_record
from azjobs.emulator.launcher import HOST
from azjobs.emulator.locking import FileLock
from azjobs.emulator.request import Delivery, Request, Response
from azjobs.emulator.wellknown import CONTROL_PREFIX

_SAVE_SECONDS = 0.5
_log = logging.getLogger("azjobs.emulator")


class ServeError(Exception):
    """The server cannot start. The message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the server is to run.

    Args:
        home: The folder that it belongs to.
        port: The port; 0 for any that is free.
        speed: Seconds of emulator time per real second.
        state_file: Where its state is loaded from and saved to; None for nowhere.
        idle_seconds: After how many seconds without a request, and with nothing in flight, it stops.
        throttled: Whether requests are limited as Azure limits them.
        faults_file: The rules file of the fault plan; None for no rules.
    """

    home: Path
    port: int
    speed: float
    state_file: Path | None
    idle_seconds: float
    throttled: bool = False
    faults_file: Path | None = None


def serve(settings: Settings) -> None:
    """Serve until somebody says stop, or nobody needs the server any more.

    Raises:
        ServeError: It cannot start.
    """
    files = HomeFiles(home=settings.home)
    alive = FileLock(files.alive)
    # Whoever asks whether an emulator lives holds the lock for an instant.
    deadline = time.monotonic() + 2.0
    while not alive.acquire():
        if time.monotonic() > deadline:
            raise ServeError(f"An emulator of {settings.home} runs already.")
        time.sleep(0.01)
    try:
        azure = _azure(settings)
        asyncio.run(_Server(settings, files, azure).run())
    finally:
        alive.release()


def _azure(settings: Settings) -> Azure:
    try:
        document = state.load(settings.state_file) if settings.state_file else None
        clock = ScaledClock(settings.speed, start=document["time"] if document else None)
        azure = Azure(clock, throttled=settings.throttled)
        if document:
            state.restore(azure, document)
    except state.StateError as error:
        raise ServeError(str(error)) from None
    if settings.faults_file is not None:
        _declare(azure, settings.faults_file)
    return azure


def _declare(azure: Azure, path: Path) -> None:
    """Declare the rules of a rules file."""
    try:
        rules, seed = read_rules(json.loads(path.read_text(encoding="utf-8")))
    except InvalidRules as error:
        raise ServeError(f"The rules file {path} cannot be used. {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ServeError(f"The rules file {path} cannot be read ({error}): name a file of JSON.") from None
    azure.faults.seed(seed or 0)
    for rule in rules:
        azure.faults.add(rule)


class _Server:
    def __init__(self, settings: Settings, files: HomeFiles, azure: Azure) -> None:
        self._settings = settings
        self._files = files
        self._azure = azure
        self._stopping = asyncio.Event()
        self._last_request = time.monotonic()
        self._saved_changes = azure.changes
        self._released = asyncio.Event()

    async def run(self) -> None:
        # Without aiohttp's application and router: they cost a quarter of the time of a GET, and route nothing here.
        server = web.Server(self._handle, request_factory=_incoming, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await runner.setup()
        try:
            port = await self._listen(runner)
            self._record(port, os.getpid())
            _log.info("serving on https://%s:%d at speed %g", HOST, port, self._settings.speed)
            await self._until_stopped()
        finally:
            await runner.cleanup()
            # What was due by now happens before the end: a resource that starts later would have lost its secrets.
            self._azure.settle()
            await self._save()
        self._record(port, None)

    async def _listen(self, runner: web.ServerRunner) -> int:
        context = server_context(self._files.ca_certificate, self._files.ca_key)
        site = web.TCPSite(runner, HOST, self._settings.port, ssl_context=context)
        try:
            await site.start()
        except OSError as error:
            raise ServeError(
                f"Port {self._settings.port} cannot be used ({error.strerror}): end the program that uses it, or "
                "choose another one."
            ) from None
        port: int = runner.addresses[0][1]
        return port

    def _record(self, port: int, pid: int | None) -> None:
        state_file = self._settings.state_file
        record = {
            "port": port,
            "pid": pid,
            "speed": self._settings.speed,
            "state_file": str(state_file) if state_file else None,
            "throttled": self._settings.throttled,
        }
        write_record(self._files, record)

    async def _until_stopped(self) -> None:
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGINT"):
            with contextlib.suppress(NotImplementedError, AttributeError):
                loop.add_signal_handler(getattr(signal, name), self._stopping.set)
        saving = asyncio.create_task(self._keep_saving())
        try:
            while not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._check_interval())
                if self._is_idle():
                    _log.info("nobody has asked for %g s: stopping", self._settings.idle_seconds)
                    break
        finally:
            saving.cancel()
            await asyncio.gather(saving, return_exceptions=True)

    def _check_interval(self) -> float:
        return min(5.0, max(0.05, self._settings.idle_seconds / 4))

    def _is_idle(self) -> bool:
        if time.monotonic() - self._last_request < self._settings.idle_seconds:
            return False
        self._azure.settle()
        return not self._azure.operations.in_flight

    async def _handle(self, incoming: web.BaseRequest) -> web.Response:
        self._last_request = time.monotonic()
        request = Request.from_target(incoming.method, incoming.raw_path, incoming.headers)
        try:
            body = await incoming.read()
        except web.HTTPRequestEntityTooLarge:
            return _outgoing(front_door.too_large())
        if control.is_shutdown(request):
            self._stopping.set()
            self._wake_stalled()
            return web.json_response({"status": "stopping"})
        if body:
            request = Request(
                method=request.method, path=request.path, query=request.query, headers=request.headers, body=body
            )
        response = self._azure.handle(request)
        if request.method != "GET" and request.path.startswith(CONTROL_PREFIX):
            self._wake_stalled()
        while response.delivery is Delivery.STALL:
            if not await self._is_released(response.ticket):
                return _severed(incoming)
            response = self._azure.handle(request, spared=True)
        return _severed(incoming) if response.delivery is Delivery.RESET else _outgoing(response)

    async def _is_released(self, ticket: str) -> bool:
        """Wait until a stalled request may go on; false when the server stops before."""
        while ticket in self._azure.faults.stalled and not self._stopping.is_set():
            await self._released.wait()
        return not self._stopping.is_set()

    def _wake_stalled(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

    async def _keep_saving(self) -> None:
        """Save after changes, and no more often than saving itself is worth."""
        pause = _SAVE_SECONDS
        while self._settings.state_file is not None:
            await asyncio.sleep(pause)
            began = time.monotonic()
            await self._save()
            pause = max(_SAVE_SECONDS, 10 * (time.monotonic() - began))

    async def _save(self) -> None:
        path = self._settings.state_file
        if path is None or self._azure.changes == self._saved_changes:
            return
        changes = self._azure.changes
        content = state.encode(self._azure)
        try:
            await asyncio.get_running_loop().run_in_executor(None, state.save, path, content)
        except OSError as error:
            _log.error("the state cannot be saved to %s: %s", path, error)
        else:
            self._saved_changes = changes


def _incoming(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    """A request of aiohttp, with ARM's limit for its body."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=front_door.MAXIMUM_BODY_BYTES
    )


def _severed(incoming: web.BaseRequest) -> web.Response:
    """Close the connection without an answer; what is returned goes nowhere."""
    if incoming.transport is not None:
        incoming.transport.abort()
    return web.Response(status=503)


def _outgoing(response: Response) -> web.Response:
    headers = {"Server": "azjobs-emulator", **response.headers}
    return web.Response(status=response.status, headers=headers, body=response.body or None)


def main(settings: Settings) -> int:
    """Serve, and say on standard error why when that is not possible.

    Returns:
        The process's exit code.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        serve(settings)
    except ServeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
