"""The first request of an SDK's `begin_*` method, sent by the SDK itself on a thread of ours."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

from azjobs.errors import RequestRefused
from azjobs.operations.answers import Answer
from azjobs.operations.arm import refusal
from azjobs.operations.capture import Capture, read
from azjobs.operations.detail import Intent
from azjobs.operations.http import ForeignAddress, Unanswered
from azjobs.operations.lro import Event
from azjobs.operations.network import same_origin
from azjobs.operations.retrying import BACKGROUND, Patience
from azjobs.operations.sending import accept, deployment_of, persist

if TYPE_CHECKING:
    from azjobs.operations.clock import Clock
    from azjobs.operations.pacing import Gate
    from azjobs.operations.sdk import Call
    from azjobs.operations.tracked import Tracked

_ONCE = Patience(attempts=1, unreachable=1, throttled=0)


async def send_call(job: Tracked, call: Call, *, gate: Gate, clock: Clock, patience: Patience = BACKGROUND) -> Event:
    """Have the SDK send the first request and write down Azure's answer; return what follows.

    Raises:
        Unanswered: nothing was sent.
        AnswerLost: it was sent, and no usable answer came.
        RequestRefused: Azure refused it.
        Withdrawn: the job was stopped first.
    """
    loop = asyncio.get_running_loop()

    async def once() -> Answer:
        answer = await loop.run_in_executor(None, _send, job, call, clock)
        if answer.status == 401 and call.context is not None and call.repeatable:
            # The token was revoked before its time; the SDK has dropped it, and asks for the new one now.
            answer = await loop.run_in_executor(None, _send, job, call, clock)
        return answer

    def method() -> str:
        return job.detail.intent.method if job.detail.intent else method_of(call)

    patience = patience if call.repeatable else _ONCE
    answer = await persist(job, method, once, gate=gate, clock=clock, patience=patience)
    intent = job.detail.intent
    if intent is None:  # the method found without asking Azure that there is nothing to do
        raise RequestRefused("The SDK sent no request.", status=0, error_code="NothingSent")
    if not answer.ok:
        raise refusal(intent.method, intent.url, answer)
    return await accept(job, intent.method, intent.url, answer, now=clock.now())


def method_of(call: Call) -> str:
    """Return the HTTP method that a `begin_*` method will use, as far as its name tells.

    Example:
        >>> from types import SimpleNamespace
        >>> method_of(SimpleNamespace(command="begin_delete"))
        'DELETE'
    """
    match call.command:
        case "begin_delete":
            return "DELETE"
        case "begin_create_or_update" | "begin_create" | "begin_put" | "begin_replace":
            return "PUT"
        case _:
            return "POST"


def _send(job: Tracked, call: Call, clock: Clock) -> Answer:
    capture = Capture()

    def write_down(pipeline_request: Any) -> None:
        request = pipeline_request.http_request
        if not same_origin(request.url, call.host):
            raise ForeignAddress(f"{call.method_path} would send a request to a host that is not {call.host}.")
        deployment = deployment_of(request.method, request.url)
        job.intend(Intent(method=request.method, url=request.url, time=clock.now(), deployment=deployment))

    try:
        call.function(
            *call.args, **{**call.kwargs, "polling": capture, "retry_total": 0, "raw_request_hook": write_down}
        )
    except HttpResponseError as error:
        if error.response is None:
            raise
        answer = read(error.response)
        if answer.status == 401:
            _forget_token(call, error.response.request)
        return answer
    except ServiceRequestError as error:
        raise Unanswered(_why(call, error), sent=not surely_not_sent(error)) from error
    except ServiceResponseError as error:
        raise Unanswered(_why(call, error), sent=True) from error
    if capture.answer is None:
        raise RequestRefused(f"{call.method_path} gave no answer to poll.", status=0, error_code="NoAnswer")
    return capture.answer


def _forget_token(call: Call, request: Any) -> None:
    from azjobs.accounts import tokens

    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if call.context is not None and scheme == "Bearer" and token:
        tokens.forget(call.context, token)


def surely_not_sent(error: BaseException) -> bool:
    """Whether the causes of an error show that the connection was never made.

    azure-core says ServiceRequestError also of a TLS connection that broke while the answer was awaited.
    """
    from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError

    never = (
        ConnectTimeoutError,
        ConnectionRefusedError,
        NameResolutionError,
        NewConnectionError,
        ProxyError,
        socket.gaierror,
        ssl.SSLCertVerificationError,
    )
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        if isinstance(current, never):
            return True
        seen.add(id(current))
        inner = [
            value for value in (*current.args, getattr(current, "reason", None)) if isinstance(value, BaseException)
        ]
        pending += [current.__cause__, current.__context__, getattr(current, "inner_exception", None), *inner]
    return False


def _why(call: Call, error: Exception) -> str:
    text = str(getattr(error, "message", None) or error)
    return f"{call.host} did not answer ({text})."
