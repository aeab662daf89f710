"""What a client is answered while rules are declared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from azjobs.emulator import front_door, tokens
from azjobs.emulator.errors import ArmError, entity_not_found, resource_not_found
from azjobs.emulator.faults.effects import (
    ClockSkew,
    Damage,
    Effect,
    ExpiredToken,
    ExpireOperation,
    Garbage,
    HttpError,
    Reset,
    StaleRead,
    Stall,
    TooManyRequests,
)
from azjobs.emulator.faults.occasions import occasion_of
from azjobs.emulator.faults.rules import Occasion, Phase
from azjobs.emulator.paths import parse
from azjobs.emulator.request import Delivery, Request, Response
from azjobs.emulator.throttling.limits import COMPUTE
from azjobs.emulator.throttling.throttle import Throttled, compute_throttled, subscription_throttled
from azjobs.emulator.wellknown import CLIENT_OBJECT_ID

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

Handle = Callable[[float], Response]
_KINDS = (HttpError, TooManyRequests, Reset, Stall, Damage, StaleRead, ExpireOperation, ExpiredToken, ClockSkew)
_HTML = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n</body>\r\n</html>\r\n"


def answer(azure: Azure, request: Request, handle: Handle) -> Response:
    """Answer a request, as the first rule that matches it says, or as ever.

    Args:
        azure: The emulated Azure.
        request: The request.
        handle: Answers as ever; takes by how many seconds the server's clock is ahead.

    Raises:
        ArmError: The rule says so, or the request is refused anyhow.
    """
    faults = azure.faults
    occasion = occasion_of(azure, request) if faults else None
    if occasion is None:
        return handle(0.0)
    if occasion.operation in faults.expired:
        raise entity_not_found()
    rule = faults.fire(_KINDS, occasion, azure.now, lambda effect: _has_object(azure, effect, occasion))
    if rule is None:
        return handle(0.0)
    return _answer(azure, request, rule.effect, occasion, handle)


def _has_object(azure: Azure, effect: Effect, occasion: Occasion) -> bool:
    match effect:
        case ExpireOperation():
            return occasion.phase is not Phase.REQUEST
        case StaleRead():
            is_read = occasion.kind.endswith("/read") and occasion.method == "GET"
            return is_read and azure.faults.memory(occasion.id) is not None
    return True


def _answer(azure: Azure, request: Request, effect: Effect, occasion: Occasion, handle: Handle) -> Response:
    match effect:
        case HttpError():
            if effect.after:
                _done(handle)
            raise ArmError(effect.status, effect.code, effect.message, gateway=True, headers=effect.headers)
        case TooManyRequests():
            raise _throttled(azure, request, effect)
        case Reset():
            if effect.after:
                _done(handle)
            return Response(status=503, delivery=Delivery.RESET)
        case Stall():
            ticket = azure.new_id()
            azure.faults.stalled[ticket] = occasion
            return Response(status=503, delivery=Delivery.STALL, ticket=ticket)
        case Damage():
            return damaged(_done(handle), effect.variant)
        case StaleRead():
            memory = azure.faults.memory(occasion.id)
            if memory is None or memory.shown is None:
                path = parse(occasion.id)
                raise resource_not_found(path.type, path.full_name, path.group)
            return Response.of(200, memory.shown)
        case ExpireOperation():
            azure.faults.expired.add(occasion.operation)
            raise entity_not_found()
        case ExpiredToken():
            raise tokens.expired(request.base_url, azure.real_time())
        case ClockSkew():
            response = _done(lambda _: handle(effect.seconds))
            response.headers["Date"] = formatdate(azure.real_time() + effect.seconds, usegmt=True)
            return response
    return handle(0.0)


def _done(handle: Handle) -> Response:
    """The answer, be it a refusal."""
    try:
        return handle(0.0)
    except ArmError as error:
        return front_door.error_response(error)


def _throttled(azure: Azure, request: Request, effect: TooManyRequests) -> Throttled:
    if effect.counter is None:
        subscription = parse(request.path).subscription or ""
        return subscription_throttled(request.method, subscription, CLIENT_OBJECT_ID, effect.retry_after)
    limit = next(limit for group in COMPUTE.values() for limit in group if limit.name == effect.counter)
    return compute_throttled(limit, azure.now, limit.capacity + 1, effect.retry_after)


def damaged(response: Response, variant: Garbage) -> Response:
    """An answer, damaged.

    Args:
        response: The answer.
        variant: How.

    Example:
        >>> damaged(Response.of(200, {"status": "Succeeded"}), Garbage.NO_STATUS).body
        b'{}'
    """
    match variant:
        case Garbage.NOT_JSON:
            return replace(response, body=_HTML, headers={**response.headers, "Content-Type": "text/html"})
        case Garbage.EMPTY:
            return replace(response, body=b"")
        case Garbage.TRUNCATED:
            return replace(response, body=response.body[: len(response.body) // 2])
        case Garbage.NO_RETRY_AFTER:
            headers = {name: value for name, value in response.headers.items() if name != "Retry-After"}
            return replace(response, headers=headers, pending=False)
    document = response.json()
    if not isinstance(document, dict):
        return response
    changed = _without_status(document) if variant is Garbage.NO_STATUS else _lowered(document)
    return replace(response, body=json.dumps(changed, separators=(",", ":")).encode())


def _without_status(document: dict[str, Any]) -> dict[str, Any]:
    properties = document.get("properties")
    kept = {name: value for name, value in document.items() if name != "status"}
    if isinstance(properties, dict):
        kept["properties"] = {name: value for name, value in properties.items() if name != "provisioningState"}
    return kept


def _lowered(document: dict[str, Any]) -> dict[str, Any]:
    changed = dict(document)
    if isinstance(changed.get("status"), str):
        changed["status"] = changed["status"].lower()
    properties = changed.get("properties")
    if isinstance(properties, dict) and isinstance(properties.get("provisioningState"), str):
        changed["properties"] = {**properties, "provisioningState": properties["provisioningState"].lower()}
    return changed
