"""A recording, replayed against the emulator's core: the same requests at the same times."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from azjobs.emulator import tokens
from azjobs.emulator.clock import VirtualClock
from azjobs.emulator.core import Azure
from azjobs.emulator.operations import CANCELED, Operation
from azjobs.emulator.request import Request, Response
from conformance import bodies, subjects
from conformance.chosen import InstanceNumbers, LinkedContent, ServedVersions, is_carried
from conformance.evidence import Ending, Start, starts
from conformance.history import History
from conformance.recordings import ARM_HOSTS, Exchange, Recording
from conformance.schemas import Schemas
from conformance.translation import Translation
from conformance.verdicts import Verdict

_REAL_TIME = 1_767_225_600.0
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_ELIDED = re.compile(r'(?<="adminPassword": ")(?:ELIDED|REDACTED|Sanitized|\**)(?=")', re.IGNORECASE)
_PASSWORD = "Recorded-0-Elided"
"""Stands for a password that the recording does not have."""
_UNAUTHORIZED = "does not have authorization to perform action"
_PUBLISHER = re.compile(r"/Microsoft\.Compute/locations/[^/]+/publishers/([^/]+)/", re.IGNORECASE)
_UNSENT_HEADERS = frozenset({"authorization", "host", "content-length", "accept-encoding", "connection", "user-agent"})


class Replay:
    """One recording against one new emulated Azure.

    Args:
        recording: What was recorded.
        schemas: What bodies are held against.
    """

    def __init__(self, recording: Recording, schemas: Schemas) -> None:
        self._recording = recording
        self._schemas = schemas
        self._starts = starts(recording)
        self._translation = Translation()
        self._clock = VirtualClock(self._beginning())
        self._azure = Azure(self._clock, seed=1, real_time=lambda: _REAL_TIME)
        self._content = LinkedContent(recording)
        self._azure.read_link = self._content.read
        self._instances = InstanceNumbers(recording)
        self._versions = ServedVersions(recording)
        self._history = History(self._azure, recording, self._translation, self._exists)
        token = tokens.issue("https://management.azure.com/", "https://sts.windows.net/", _REAL_TIME)
        self._headers = {"authorization": f"Bearer {token}", "host": "management.azure.com"}
        self._endings: dict[int, list[tuple[Operation, Ending]]] = {}
        self._skipped: dict[int, str] = {}
        self._held: dict[str, Operation] = {}
        self._polls: dict[int, Start] = {place: start for start in self._starts.values() for place in start.polled}

    def run(self) -> list[Verdict]:
        """Replay every exchange, and say what became of each."""
        return [self._replay(position, exchange) for position, exchange in enumerate(self._recording.exchanges)]

    def _beginning(self) -> float:
        times = [exchange.time for exchange in self._recording.exchanges if exchange.time]
        return (times[0] if times else datetime(2020, 1, 1, tzinfo=UTC)).timestamp()

    def _replay(self, position: int, exchange: Exchange) -> Verdict:
        self._advance(exchange)
        for operation, ending in self._endings.pop(position, ()):
            self._end(operation, ending)
        reason = self._incomparable(position, exchange)
        if reason is not None:
            self._skipped[position] = reason
            return self._verdict(position, exchange, incomparable=reason)
        self._history.assume(position, exchange)
        response = self._ask(exchange)
        self._learn(position, exchange, response)
        return self._compared(position, exchange, response)

    # Time and operations

    def _advance(self, exchange: Exchange) -> None:
        self._hold_unrecorded()
        if exchange.time is not None:
            self._clock.advance(max(0.0, exchange.time.timestamp() - self._clock.now()))
        self._azure.settle()

    def _hold_unrecorded(self) -> None:
        """Keep what a held deployment has started from ending before it."""
        if any(not operation.is_terminal for operation in self._held.values()):
            for operation in self._azure.operations.in_flight:
                if operation.due is not None and operation.details.get("recorded") is None:
                    self._azure.operations.reschedule(operation, None)
                    self._held.setdefault(operation.id, operation)

    def _end(self, operation: Operation, ending: Ending) -> None:
        if operation.kind.lower() == "microsoft.resources/deployments/create":
            self._end_deployment(operation)
        self._held.pop(operation.id, None)
        if operation.is_terminal:
            return
        # An operation with an answer of its own ends well, whatever the answer says: a what-if, for one.
        failed = ending.error is not None and operation.result is None
        error = self._translated(ending.error) if failed else None
        status = CANCELED if ending.canceled else None
        self._azure.end_operation(operation, error=error, status=status)

    def _end_deployment(self, deployment: Operation) -> None:
        """Let everything that a deployment has started end, until the deployment has."""
        for _ in range(100):
            if deployment.is_terminal:
                return
            for operation in self._azure.operations.in_flight:
                if operation.details.get("recorded") is None:
                    self._held.pop(operation.id, None)
                    self._azure.end_operation(operation, error=operation.fault)
            due = self._azure.operations.next_due
            if due is not None and due < self._clock.now() + 600:
                self._clock.advance(max(0.0, due - self._clock.now()))
            self._azure.settle()

    def _translated(self, document: Any) -> Any:
        return json.loads(self._translation.text(json.dumps(document)))

    # Requests

    def _incomparable(self, position: int, exchange: Exchange) -> str | None:
        if exchange.host not in ARM_HOSTS:
            return "not sent to Azure Resource Manager"
        if exchange.status in _TRANSIENT:
            return f"an outage of Azure ({exchange.status})"
        if exchange.status in (401, 403) or _UNAUTHORIZED in exchange.body:
            return f"a permission that the recorded account lacked ({exchange.status})"
        if position in self._polls and self._polls[position].position in self._skipped:
            return self._skipped[self._polls[position].position]
        if subjects.is_poll(exchange) and position not in self._polls and not self._translation.is_link(exchange.url):
            return "polls an operation whose start was not recorded"
        if self._is_in_marketplace(exchange):
            return "asks for a marketplace publisher that the emulator does not carry"
        if self._content.is_about_missing(exchange):
            return "is about a deployment whose template, or whose start, was not recorded"
        return None

    @staticmethod
    def _is_in_marketplace(exchange: Exchange) -> bool:
        found = _PUBLISHER.search(exchange.path)
        return found is not None and not is_carried(found.group(1))

    def _ask(self, exchange: Exchange) -> Response:
        headers = {name: value for name, value in exchange.request_headers.items() if name not in _UNSENT_HEADERS}
        for name in ("if-match", "if-none-match"):
            if name in headers:
                headers[name] = self._translation.etag(headers[name])
        headers |= self._headers
        text = self._instances.body(exchange, self._translation.text(exchange.request_body))
        body = _ELIDED.sub(_PASSWORD, text).encode()
        asked = exchange.url if self._translation.is_link(exchange.url) else self._versions.url(exchange.url)
        target = self._translation.url(self._instances.url(asked))
        return self._azure.handle(Request.from_target(exchange.method, target, headers, body))

    def _exists(self, resource_id: str) -> bool:
        target = f"{quote(resource_id)}?api-version=2020-06-01"
        return self._azure.handle(Request.from_target("GET", target, self._headers)).status == 200

    def _learn(self, position: int, exchange: Exchange, response: Response) -> None:
        ours = _lower(response)
        for name in ("location", "azure-asyncoperation"):
            if name in exchange.headers and name in ours:
                self._translation.learn_link(exchange.headers[name], ours[name])
        start = self._starts.get(position)
        operation = self._operation(ours) if start is not None else None
        if start is not None and operation is not None:
            operation.details["recorded"] = True
            if not operation.is_terminal and (start.ending is not None or start.polled):
                self._azure.operations.reschedule(operation, None)
                self._held[operation.id] = operation
            if start.ending is not None:
                self._endings.setdefault(start.ending.position, []).append((operation, start.ending))
        document = _document(response)
        self._translation.learn(exchange.document, document)
        self._history.note(position, exchange)

    def _operation(self, headers: dict[str, str]) -> Operation | None:
        url = headers.get("azure-asyncoperation") or headers.get("location") or ""
        return self._azure.operations.get(unquote(urlsplit(url).path).rpartition("/")[2])

    # Comparison

    def _compared(self, position: int, exchange: Exchange, response: Response) -> Verdict:
        ours = _lower(response)
        document = _document(response)
        if response.status != exchange.status:
            return self._verdict(position, exchange, status=response.status, detail=_detail(response))
        found = []
        invalid: list[str] = []
        for subject, recorded, mine in subjects.parts(exchange, document):
            found.append((subject, bodies.compare(recorded, mine, self._schemas.enum_test(subject))))
            theirs = self._schemas.complaints(subject, recorded)
            invalid.extend(one for one in self._schemas.complaints(subject, mine) if one not in theirs)
        return self._verdict(
            position,
            exchange,
            status=response.status,
            lro_headers=(_lro_headers(exchange.headers), _lro_headers(ours)),
            retry_after=self._retry_after(exchange, ours),
            bodies=tuple(found),
            invalid=tuple(invalid),
        )

    def _retry_after(self, exchange: Exchange, ours: dict[str, str]) -> tuple[str | None, str | None] | None:
        recorded = exchange.headers.get("retry-after")
        if not self._recording.keeps_retry_after or recorded == "0":
            return None
        return recorded, ours.get("retry-after")

    def _verdict(self, position: int, exchange: Exchange, **found: Any) -> Verdict:
        what = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", subjects.what(exchange))
        return Verdict(recording=self._recording.name, position=position, exchange=exchange, what=what, **found)


def _lower(response: Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _document(response: Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _lro_headers(headers: Any) -> str:
    return "A" * ("azure-asyncoperation" in headers) + "L" * ("location" in headers)


def _detail(response: Response) -> str:
    document = _document(response)
    error = document.get("error") if isinstance(document, dict) else None
    return f"{error.get('code')}: {error.get('message')}"[:300] if isinstance(error, dict) else ""
