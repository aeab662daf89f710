"""ARM's front door: what it asks of every request, and the headers that every answer bears."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from azjobs.emulator import tokens
from azjobs.emulator.clock import short_timestamp
from azjobs.emulator.errors import ArmError
from azjobs.emulator.request import Request, Response

SPEED_HEADER = "x-azjobs-emulator-speed"
MAXIMUM_BODY_BYTES = 4 * 1024 * 1024
"""ARM's limit for a request."""
_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[A-Za-z0-9.]+)?")
_CLIENT_INTERVAL = 30.0
"""Seconds that the SDKs wait between polls when the answer names no time."""
_UNLIMITED = {
    method: {
        f"x-ms-ratelimit-remaining-subscription-{kind}": str(left),
        f"x-ms-ratelimit-remaining-subscription-global-{kind}": str((left + 1) * 15 - 1),
    }
    for method, kind, left in (
        ("GET", "reads", 249),
        ("HEAD", "reads", 249),
        ("PUT", "writes", 199),
        ("DELETE", "deletes", 199),
    )
}
"""What answers say of what is left where requests are not limited."""
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_STANDARD_HEADERS = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "X-Content-Type-Options": "nosniff",
}


def admit(request: Request, real_time: float) -> str:
    """Let a request to ARM in, or refuse it.

    Args:
        request: The request.
        real_time: Real time, seconds since 1970, for the token's lifetime.

    Returns:
        Who makes the request: the object id in the token.

    Raises:
        ArmError: No token, no good token, no api-version or no good one.
    """
    principal = tokens.check_authorization(request.headers.get("authorization"), request.base_url, real_time)
    version = request.api_version
    if not version:
        raise ArmError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
            gateway=True,
        )
    if not _API_VERSION.fullmatch(version):
        raise ArmError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{version}' is invalid. The supported form is 'yyyy-MM-dd' or 'yyyy-MM-dd-preview'.",
            gateway=True,
        )
    return principal


def too_large() -> Response:
    """The answer to a request whose body is above ARM's limit."""
    return error_response(
        ArmError(
            413,
            "RequestContentTooLarge",
            f"The request content exceeds the maximum size of {MAXIMUM_BODY_BYTES} bytes.",
            gateway=True,
        )
    )


def error_response(error: ArmError) -> Response:
    """The envelope of an error."""
    headers = {"x-ms-failure-cause": "gateway" if error.gateway else "service", **error.headers}
    return Response.of(error.status, error.document(), headers)


def finish(
    request: Request,
    response: Response,
    *,
    request_id: str,
    now: float,
    speed: float,
    remaining: Mapping[str, str] | None = None,
) -> Response:
    """Add the headers that every answer bears, and scale what clients are told to wait.

    Args:
        request: The request that is answered.
        response: The answer; changed in place.
        request_id: A new id for this request.
        now: Emulator time.
        speed: The clock's speed.
        remaining: The headers that say how many requests are left; None when requests are not limited.
    """
    headers = response.headers
    for name, value in _STANDARD_HEADERS.items():
        headers.setdefault(name, value)
    correlation = request.headers.get("x-ms-correlation-request-id") or request_id
    headers.setdefault("x-ms-request-id", request_id)
    headers.setdefault("x-ms-correlation-request-id", correlation)
    headers.setdefault("x-ms-routing-request-id", f"EMULATOR:{short_timestamp(now)}:{correlation}")
    headers.update(_UNLIMITED.get(request.method, _UNLIMITED["PUT"]) if remaining is None else remaining)
    if request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        headers.setdefault("x-ms-client-request-id", request.headers.get("x-ms-client-request-id", ""))
    headers[SPEED_HEADER] = f"{speed:g}"
    _scale_retry_after(request, response, speed)
    if request.method == "HEAD":
        response.body = b""
    return response


def _scale_retry_after(request: Request, response: Response, speed: float) -> None:
    """Tell a client how long to wait in its own time.

    Retry-After knows whole seconds only, and the SDKs take 0 for 30 s; they do read Retry-After-Ms, when
    Retry-After is absent. Where Azure names no time, the client's own interval is what must be scaled.
    """
    if speed == 1:
        return
    named = response.headers.pop("Retry-After", None)
    if named is None and not response.pending:
        return
    seconds = _CLIENT_INTERVAL if named is None else float(named)
    if named is not None and response.status >= 400 and not _is_retried_anyhow(request, response):
        response.headers["Retry-After"] = str(max(1, math.ceil(seconds / speed)))
        return
    response.headers["Retry-After-Ms"] = str(max(1, math.ceil(seconds * 1000 / speed)))


def _is_retried_anyhow(request: Request, response: Response) -> bool:
    """Whether the SDKs try again without a Retry-After; otherwise they do because there is one."""
    return response.status in _RETRIED and request.method not in ("POST", "PATCH")
