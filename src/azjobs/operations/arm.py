"""How commands talk to Azure Resource Manager: requests with safe retries, warnings and progress."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from azjobs.errors import RequestRefused
from azjobs.jobs.records import NewRecord, Payload, Progress, Stream
from azjobs.operations import registering
from azjobs.operations.answers import Answer, arm_error, member
from azjobs.operations.clock import Clock, SystemClock
from azjobs.operations.http import Unanswered
from azjobs.operations.retrying import FOREGROUND, Patience, pause_after_answer, pause_after_silence

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.operations.channel import Channel

__all__ = ["Answer", "Arm", "Sink", "absolute", "refusal"]

_SUCCESS = range(200, 300)
_PAGES = 1000


class Sink(Protocol):
    """Where what a command says goes: the records of its job, or nowhere when there is none."""

    instance_id: str | None

    def add(self, record: NewRecord) -> None:
        """Keep a record until the next flush."""

    async def flush(self) -> None:
        """Write what was kept."""


class Arm:
    """Azure Resource Manager, as one context.

    Attributes:
        context: who asks.
        warnings: what `warn` was told.
        changes: the requests that were sent and may have changed something, as `PUT /subscriptions/…`.
    """

    def __init__(
        self,
        context: Context,
        channel: Channel,
        *,
        sink: Sink | None = None,
        clock: Clock | None = None,
        patience: Patience = FOREGROUND,
    ) -> None:
        self.context = context
        self.warnings: list[str] = []
        self.changes: list[str] = []
        self._channel = channel
        self._sink = sink
        self._clock = clock or SystemClock()
        self._patience = patience

    @property
    def instance_id(self) -> str | None:
        """The instance id of the job that this is for (a deployment is named after it), or None outside one."""
        return self._sink.instance_id if self._sink else None

    async def request(
        self,
        method: str,
        path_or_url: str,
        *,
        api_version: str | None = None,
        query: Mapping[str, str] | None = None,
        body: object | None = None,
        expect: Container[int] = _SUCCESS,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and return its answer.

        GET, HEAD, PUT and DELETE are repeated after server's errors, lost connections and throttling; others only
        when Azure surely has not taken them.

        Args:
            method: the HTTP method.
            path_or_url: the path below the ARM host, from `/subscriptions`, or a whole URL on that host.
            api_version: added to the query.
            query: further query parameters.
            body: sent as JSON.
            expect: the statuses that are no error.
            headers: further headers (`If-None-Match`).

        Raises:
            RequestRefused: Azure answered otherwise.
            ServiceUnreachable: no answer came.
            AccountError: there is no token.
        """
        url = absolute(self.context.environment.resource_manager, path_or_url, api_version=api_version, query=query)
        data = None if body is None else json.dumps(body).encode()
        failures = throttled = 0
        registered = False
        if method not in {"GET", "HEAD"}:
            self.changes.append(f"{method} {urlsplit(url).path}")
        if self._sink is not None:
            await self._sink.flush()
        while True:
            try:
                answer = await self._channel.send(method, url, body=data, headers=headers)
            except Unanswered as error:
                failures += 1
                if not error.sent and (hint := _hint(self.context)) is not None:
                    raise Unanswered(hint, sent=False) from error
                pause = pause_after_silence(method, sent=error.sent, failures=failures, patience=self._patience)
                if pause is None:
                    raise
            else:
                if answer.status in expect:
                    return answer
                if not registered and (provider := registering.wanted(answer, url)) is not None:
                    registered = True
                    await registering.register(self, provider)
                    continue
                throttled += answer.status == 429
                failures += answer.status != 429
                pause = pause_after_answer(
                    method, answer, failures=failures, throttled=throttled, patience=self._patience
                )
                if pause is None:
                    raise refusal(method, url, answer)
            await self._clock.timer(pause)

    async def get(
        self,
        path: str,
        *,
        api_version: str,
        query: Mapping[str, str] | None = None,
        missing_ok: bool = False,
    ) -> dict[str, Any] | None:
        """Return a resource's body; None when it is not there and `missing_ok`.

        Raises:
            RequestRefused: Azure answered with an error.
        """
        expect = {200, 404} if missing_ok else {200}
        answer = await self.request("GET", path, api_version=api_version, query=query, expect=expect)
        return answer.body if answer.status == 200 and isinstance(answer.body, dict) else None

    async def list(
        self, path: str, *, api_version: str, query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Return all items of a list, over all its pages.

        Raises:
            RequestRefused: Azure answered with an error.
        """
        answer = await self.request("GET", path, api_version=api_version, query=query)
        items: list[dict[str, Any]] = []
        for _ in range(_PAGES):
            items += [item for item in member(answer.body, "value") or () if isinstance(item, dict)]
            following = member(answer.body, "nextLink")
            if not following:
                break
            answer = await self.request("GET", str(following))
        return items

    async def pause(self, seconds: float) -> None:
        """Wait, by the clock of whom this is for."""
        await self._clock.timer(seconds)

    def warn(self, text: str) -> None:
        """Say what the caller must know: a warning of the job, or of the call when there is no job."""
        self.warnings.append(text)
        if self._sink is not None:
            self._sink.add(NewRecord(stream=Stream.WARNING, payload=Payload.text(text), time=self._clock.now()))

    def progress(self, progress: Progress) -> None:
        """Say how far the work is; nothing when there is no job."""
        if self._sink is not None:
            self._sink.add(NewRecord(stream=Stream.PROGRESS, payload=progress.to_payload(), time=self._clock.now()))


def absolute(
    host: str, path_or_url: str, *, api_version: str | None = None, query: Mapping[str, str] | None = None
) -> str:
    """Return the whole URL of a request.

    Example:
        >>> absolute("https://management.azure.com", "/subscriptions/S", api_version="2022-12-01")
        'https://management.azure.com/subscriptions/S?api-version=2022-12-01'
    """
    url = path_or_url
    if not urlsplit(url).scheme:
        url = host.rstrip("/") + "/" + quote(url.lstrip("/"), safe="/:@!$&'()*+,;=?%-._~")
    extra = dict(query or {})
    if api_version is not None:
        extra = {"api-version": api_version, **extra}
    if not extra:
        return url
    parts = urlsplit(url)
    added = urlencode(extra, safe="$,'/:()", quote_via=quote)
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def refusal(method: str, url: str, answer: Answer) -> RequestRefused:
    """Return the error that says how Azure refused a request."""
    error = arm_error(answer.body)
    code = member(error, "code")
    message = member(error, "message")
    if not message:
        message = f"Azure answered {method} {urlsplit(url).path} with {answer.status} and no further word."
    text = f"{code}: {message}" if code else str(message)
    return RequestRefused(text, status=answer.status, error_code=str(code) if code else None, error=error)


def _hint(context: Context) -> str | None:
    from azjobs.accounts.emulated import unreachable_hint

    return unreachable_hint(context)
