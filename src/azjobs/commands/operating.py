"""A whole long-running operation of Azure as one step of a command that takes several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azjobs.errors import RequestRefused

if TYPE_CHECKING:
    from azjobs.operations.arm import Arm

_LOOKS_IN_VAIN = 8  # one after another, at an operation that Azure does not show


async def operate(
    arm: Arm, method: str, path: str, *, api_version: str, body: object | None = None, missing_ok: bool = False
) -> Any:
    """Send a request and wait until Azure has done what it asks.

    Args:
        arm: as whom.
        method: PUT, PATCH, POST or DELETE; repeating it must be harmless.
        path: the path below the ARM host.
        api_version: the api-version of the request.
        body: what is sent as JSON.
        missing_ok: whether a resource that is not there is no error.

    Returns:
        The result, as ARM's rules give it.

    Raises:
        RequestRefused: Azure refused, or the operation ended as Failed or Canceled.
    """
    from azjobs.operations.arm import absolute
    from azjobs.operations.delays import retry_after
    from azjobs.operations.lro import Ended, Look, LookFailed, Succeeded, Why, begin
    from azjobs.operations.retrying import backoff

    expect = {*range(200, 300), *((404,) if missing_ok else ())}
    answer = await arm.request(method, path, api_version=api_version, body=body, expect=expect)
    if answer.status == 404:
        return None
    url = absolute(arm.context.environment.resource_manager, path, api_version=api_version)
    operation, event = begin(method, url, answer)
    failures = in_vain = 0
    while True:
        match event:
            case Succeeded():
                return event.body
            case Ended():
                error = dict(event.error or {})
                code = error.get("code") or event.status
                raise RequestRefused(
                    f"{code}: {error.get('message') or 'Azure gave no message.'}",
                    status=event.answer.status,
                    error_code=str(code),
                    error=error,
                )
            case LookFailed():
                failures += 1
                in_vain += event.why is not Why.LATER  # an Azure that is busy still knows the operation
                if in_vain > _LOOKS_IN_VAIN:
                    raise RequestRefused(
                        f"Azure no longer tells how the {method} of {path} stands ({event.answer.status}).",
                        status=event.answer.status,
                        error_code="OutcomeUnknown",
                    )
                asked = retry_after(event.answer.headers)
                await arm.pause(backoff(failures) if asked is None else asked)
                event = operation.look_now()
            case Look():
                await arm.pause(event.delay)
                answer = await arm.request("GET", event.url, expect=range(200, 600))
                operation, event = operation.feed(answer)
                if not isinstance(event, LookFailed):
                    failures = in_vain = 0
