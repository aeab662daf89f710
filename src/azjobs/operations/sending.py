"""The first request of an operation: written down before it leaves, repeated only where that is safe."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azjobs.jobs.states import JobState
from azjobs.operations.answers import Answer, member
from azjobs.operations.arm import absolute, refusal
from azjobs.operations.delays import retry_after
from azjobs.operations.detail import Acceptance, Intent
from azjobs.operations.http import Unanswered
from azjobs.operations.lro import Event, Look, begin
from azjobs.operations.retrying import BACKGROUND, REPEATABLE, Patience, pause_after_answer, pause_after_silence

if TYPE_CHECKING:
    from azjobs.operations.channel import Channel
    from azjobs.operations.clock import Clock
    from azjobs.operations.pacing import Gate, Waiting
    from azjobs.operations.plan import FirstRequest
    from azjobs.operations.tracked import Tracked

_DEPLOYMENT = re.compile(r"/providers/microsoft\.resources/deployments/[^/]+$", re.IGNORECASE)
# After a first try whose answer was lost, these say no more than that the first try may have worked.
_ECHOES = frozenset({404, 409, 412})


class AnswerLost(Exception):
    """The request left and no usable answer came; whether Azure took it must be found out by looking."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def send_first(
    job: Tracked,
    channel: Channel,
    request: FirstRequest,
    *,
    gate: Gate,
    clock: Clock,
    patience: Patience = BACKGROUND,
) -> Event:
    """Send a command's first request and write down Azure's answer; return what follows.

    Raises:
        Unanswered: nothing was sent.
        AnswerLost: it was sent, and no usable answer came.
        RequestRefused: Azure refused it.
        Withdrawn: the job was stopped first.
    """
    method = request.method.upper()
    url = absolute(channel.host, request.path, api_version=request.api_version)
    body = None if request.body is None else json.dumps(request.body).encode()
    deployment = request.deployment or deployment_of(method, url)
    changes: dict[str, Any] = {"result": request.result, "parts": _parts(request.body) if deployment else None}
    if request.detail:
        changes["plan"] = {**job.detail.plan, **request.detail}

    async def intend() -> None:
        await job.intend_async(Intent(method=method, url=url, time=clock.now(), deployment=deployment), **changes)

    async def once() -> Answer:
        return await channel.send(method, url, body=body, before=intend)

    answer = await persist(job, lambda: method, once, gate=gate, clock=clock, patience=patience)
    if not answer.ok:
        raise refusal(method, url, answer)
    return await accept(job, method, url, answer, now=clock.now(), final_state_via=request.final_state_via)


async def persist(
    job: Tracked,
    method: Callable[[], str],
    once: Callable[[], Awaitable[Answer]],
    *,
    gate: Gate,
    clock: Clock,
    patience: Patience = BACKGROUND,
) -> Answer:
    """Send a first request until it has an answer that stands, within what is safe for its method.

    Args:
        job: whose request it is.
        method: tells the HTTP method, on which depends what may be repeated.
        once: sends it one time.
        gate: the budget that it is sent within.
        clock: what is waited with.
        patience: for how long to try.

    Returns:
        The answer, of success or not.

    Raises:
        Unanswered: nothing was sent.
        AnswerLost: it was sent, and no usable answer came.
    """
    failures = throttled = 0
    lost: str | None = None
    while True:
        async with gate.place(_waiting(job)):
            try:
                answer = await once()
            except Unanswered as error:
                failures += 1
                lost = str(error) if error.sent else lost
                pause = pause_after_silence(method(), sent=error.sent, failures=failures, patience=patience)
                if pause is None and lost is not None:
                    raise AnswerLost(lost) from error
                if pause is None:
                    raise
                told = str(error)
            else:
                throttled += answer.status == 429
                failures += not answer.ok and answer.status != 429
                pause = pause_after_answer(method(), answer, failures=failures, throttled=throttled, patience=patience)
                if pause is None:
                    return _standing(method(), answer, lost)
                told = _told(answer)
                if answer.status == 429:
                    gate.throttled(retry_after(answer.headers) or pause)
                elif method() in REPEATABLE:
                    lost = told
        if lost is None:
            job.retract()
        await job.say(f"{told} Trying again in {pause:.0f} s.")
        await clock.timer(pause)


async def accept(
    job: Tracked, method: str, url: str, answer: Answer, *, now: float, final_state_via: str | None = None
) -> Event:
    """Write Running, the poll URLs and the ids of the request in one transaction; return what follows."""
    operation, event = begin(method, url, answer, final_state_via=final_state_via)
    acceptance = Acceptance(
        time=now, status=answer.status, request_id=answer.request_id, correlation_id=answer.correlation_id
    )
    await job.commit(
        state=JobState.RUNNING,
        message=operation.status,
        detail=job.accepted(acceptance, operation=operation),
        next_look=now + (event.delay if isinstance(event, Look) else 0.0),
    )
    job.settle()
    return event


def deployment_of(method: str, url: str) -> str | None:
    """Return the resource id of the deployment that a request makes, or None.

    Example:
        >>> deployment_of("PUT", "https://h/subscriptions/S/resourcegroups/g/providers/Microsoft.Resources/deployments/d?x")
        '/subscriptions/S/resourcegroups/g/providers/Microsoft.Resources/deployments/d'
    """
    path = urlsplit(url).path.rstrip("/")
    return path if method.upper() == "PUT" and _DEPLOYMENT.search(path) else None


def _standing(method: str, answer: Answer, lost: str | None) -> Answer:
    uncertain = answer.status >= 500 and (method in REPEATABLE or answer.status != 503)
    if uncertain or (lost is not None and answer.status in _ECHOES):
        raise AnswerLost(lost or _told(answer))
    return answer


def _told(answer: Answer) -> str:
    return "Azure asks for fewer requests (429)." if answer.status == 429 else f"Azure answered {answer.status}."


def _waiting(job: Tracked) -> Waiting:
    async def say(seconds: float) -> None:
        await job.say(f"Waiting for Azure's request budget, about {seconds:.0f} s.")

    return say


def _parts(body: object) -> int | None:
    resources = member(member(member(body, "properties"), "template"), "resources")
    return len(resources) if resources else None
