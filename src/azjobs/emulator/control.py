"""Control endpoints, outside of ARM's paths: for tests, for the launcher, and for people who want to look."""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from azjobs.emulator import images, wellknown
from azjobs.emulator.clock import timestamp
from azjobs.emulator.documents import as_text
from azjobs.emulator.errors import ArmError, entity_not_found, method_not_allowed
from azjobs.emulator.faults import InvalidRules, Rule, read_rules
from azjobs.emulator.operations import Operation
from azjobs.emulator.request import JSON, Request, Response
from azjobs.emulator.wellknown import CONTROL_PREFIX, CONTROL_SECRET_HEADER

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_DEFAULT_CODE = "EmulatedFailure"
_DEFAULT_MESSAGE = "The operation was made to fail."


def answer(azure: Azure, request: Request) -> Response | None:
    """The answer to a request under `/_emulator`; None for other requests.

    | request | what it does |
    |---|---|
    | GET status | time, speed, operations in flight, counts |
    | GET requests | how often each request was made |
    | GET operations | the operations in flight |
    | GET aliases.json | the image aliases of the Azure command line |
    | POST reset | forgets everything |
    | POST advance `{"seconds"}` | skips time |
    | POST faults `{"kind", "name", "code", "message", "times"}` | the next operations of that kind on that name fail |
    | POST faults `{"match", "effect", "times"}`, `{"seed", "rules"}` | declares rules, see `faults` |
    | GET faults | the rules, what stalls, and the log of what fired |
    | DELETE faults, faults/{id} | takes rules away |
    | POST faults/release | lets the requests go on that stall |
    | POST operations/{id}/finish | ends an operation now, well |
    | POST operations/{id}/fail `{"code", "message"}` | ends an operation now, with an error |
    | POST operations/{id}/hold | stops an operation's clock until it is finished, failed or released |
    | POST operations/{id}/release | lets an operation that is held go on with the time that it had left |

    Operations are held, finished and failed by hand whoever started them: also those of the resources that a template
    deployment makes (the deployment goes on, or fails, with them). A deployment's own operation ends with its
    resources: it can be finished and failed, but is held only by holding one of them.

    `POST shutdown` is the server's, which asks `is_shutdown`.

    Raises:
        ArmError: The request is wrong.
    """
    if request.path != CONTROL_PREFIX and not request.path.startswith(f"{CONTROL_PREFIX}/"):
        return None
    segments = [segment for segment in request.path.split("/")[2:] if segment]
    match request.method, segments:
        case "GET" | "HEAD", ["status"]:
            return Response.of(200, status(azure))
        case "GET", ["requests"]:
            return Response.of(200, azure.requests.to_json())
        case "GET", ["operations"]:
            return Response.of(200, {"value": [_summary(operation) for operation in azure.operations.in_flight]})
        case "GET", ["aliases.json"]:
            return Response.of(200, _aliases())
        case "POST", ["reset"]:
            azure.reset()
            return Response.of(200, status(azure))
        case "POST", ["advance"]:
            return _advance(azure, request)
        case "POST", ["faults"]:
            return _declare_faults(azure, request)
        case "GET", ["faults"]:
            return Response.of(200, _faults(azure))
        case "DELETE", ["faults"]:
            azure.faults.clear()
            return Response.of(200, _faults(azure))
        case "POST", ["faults", "release"]:
            return Response.of(200, {"released": azure.faults.release()})
        case "DELETE", ["faults", rule_id]:
            if not azure.faults.remove(rule_id):
                raise ArmError(
                    404, "NotFound", f"There is no rule '{rule_id}': GET {CONTROL_PREFIX}/faults lists them."
                )
            return Response.of(200, _faults(azure))
        case "POST", ["operations", operation_id, action] if action in _ACTIONS:
            operation = azure.operations.get(operation_id)
            if operation is None:
                raise entity_not_found()
            _ACTIONS[action](azure, operation, _optional_body(request))
            return Response.of(200, _summary(operation))
        case "POST", ["shutdown"]:
            raise ArmError(
                403, "AuthorizationFailed", f"Shutting down needs the client secret in {CONTROL_SECRET_HEADER}."
            )
    raise method_not_allowed(request.method, request.path)


def is_shutdown(request: Request) -> bool:
    """Whether a request asks the server to stop, with the secret that this needs."""
    return (
        request.method == "POST"
        and request.path.rstrip("/") == f"{CONTROL_PREFIX}/shutdown"
        and hmac.compare_digest(
            request.headers.get(CONTROL_SECRET_HEADER, "").encode(), wellknown.CLIENT_SECRET.encode()
        )
    )


def status(azure: Azure) -> JSON:
    """What the emulator says about itself."""
    return {
        "time": timestamp(azure.now),
        "speed": azure.clock.speed,
        "operationsInFlight": len(azure.operations.in_flight),
        "resources": len(azure.store),
        "requests": azure.requests.total,
        "tenantId": wellknown.TENANT_ID,
        "subscriptions": list(wellknown.SUBSCRIPTIONS),
    }


def _optional_body(request: Request) -> JSON:
    return request.json() if request.body else {}


def _advance(azure: Azure, request: Request) -> Response:
    seconds = request.json().get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ArmError(400, "InvalidParameter", "'seconds' must be a number of seconds, not negative.")
    azure.clock.advance(seconds)
    azure.settle_until_now()
    return Response.of(200, status(azure))


def _declare_faults(azure: Azure, request: Request) -> Response:
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ArmError(400, "InvalidRequestContent", f"The body is no JSON: {error}.") from None
    try:
        rules, seed = read_rules(document)
    except InvalidRules as error:
        raise ArmError(400, "InvalidParameter", str(error)) from None
    if seed is not None:
        azure.faults.seed(seed)
    added = [azure.faults.add(rule) for rule in rules]
    return Response.of(201, {"rules": [_rule(rule) for rule in added]})


def _faults(azure: Azure) -> JSON:
    faults = azure.faults
    return {
        "rules": [_rule(rule) for rule in faults.rules],
        "stalled": [
            {"method": occasion.method, "kind": occasion.kind, "id": occasion.id}
            for occasion in faults.stalled.values()
        ],
        "log": list(faults.log),
    }


def _rule(rule: Rule) -> JSON:
    return {"id": rule.id, "fired": rule.fired, "times": rule.times or "forever", **(rule.source or {})}


def _fail(azure: Azure, operation: Operation, body: JSON) -> None:
    error = {
        "code": as_text(body.get("code"), "code") or _DEFAULT_CODE,
        "message": as_text(body.get("message"), "message") or _DEFAULT_MESSAGE,
    }
    azure.end_operation(operation, error=error)


def _finish(azure: Azure, operation: Operation, body: JSON) -> None:
    azure.end_operation(operation)


def _hold(azure: Azure, operation: Operation, body: JSON) -> None:
    if operation.is_terminal:
        raise _conflict(f"The operation has ended already, as {operation.status}.")
    if operation.details.get("open_ended"):
        raise _conflict("A deployment's operation ends with its resources: hold the operation of one of them.")
    if operation.due is not None:
        operation.details["left"] = operation.due - azure.now
        azure.operations.reschedule(operation, None)


def _let_go(azure: Azure, operation: Operation, body: JSON) -> None:
    if operation.is_terminal or operation.due is not None or operation.details.get("open_ended"):
        raise _conflict("The operation is not held.")
    azure.operations.reschedule(operation, azure.now + float(operation.details.pop("left", 0.0)))


def _conflict(message: str) -> ArmError:
    return ArmError(409, "Conflict", message)


_ACTIONS: dict[str, Callable[[Azure, Operation, JSON], None]] = {
    "fail": _fail,
    "finish": _finish,
    "hold": _hold,
    "release": _let_go,
}


def _summary(operation: Operation) -> JSON:
    return {
        "id": operation.id,
        "kind": operation.kind,
        "target": operation.target,
        "status": operation.status,
        "started": timestamp(operation.started),
        "due": None if operation.due is None else timestamp(operation.due),
        "polls": operation.polls,
    }


_ALIASES = {
    "Ubuntu2404": ("Canonical", "ubuntu-24_04-lts", "server"),
    "Ubuntu2204": ("Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2"),
    "Debian11": ("Debian", "debian-11", "11-backports-gen2"),
    "Debian12": ("Debian", "debian-12", "12-gen2"),
    "RHELRaw8LVMGen2": ("RedHat", "RHEL", "8-lvm-gen2"),
    "CentOS85Gen2": ("OpenLogic", "CentOS", "8_5-gen2"),
    "SuseSles15SP5": ("SUSE", "sles-15-sp5", "gen2"),
    "FlatcarLinuxFreeGen2": ("kinvolk", "flatcar-container-linux-free", "stable-gen2"),
    "Win2025Datacenter": ("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-g2"),
    "Win2022Datacenter": ("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-g2"),
    "Win2022AzureEdition": ("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-azure-edition"),
    "Win2022AzureEditionCore": ("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-azure-edition-core"),
    "Win2019Datacenter": ("MicrosoftWindowsServer", "WindowsServer", "2019-Datacenter"),
    "Win2016Datacenter": ("MicrosoftWindowsServer", "WindowsServer", "2016-Datacenter"),
}


def _aliases() -> JSON:
    """The document of image aliases, in the shape in which the Azure command line fetches it."""
    systems: dict[str, JSON] = {"Linux": {}, "Windows": {}}
    for alias, (publisher, offer, sku) in _ALIASES.items():
        image = images.find(publisher, offer, sku)
        system = "Windows" if image is not None and image.windows else "Linux"
        systems[system][alias] = {
            "publisher": publisher,
            "offer": offer,
            "sku": sku,
            "version": "latest",
            "architecture": "x64",
        }
    return {"outputs": {"aliases": {"type": "object", "value": systems}}}
