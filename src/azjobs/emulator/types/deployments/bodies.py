"""The bodies of deployments and of their operations, as ARM shows them."""

from __future__ import annotations

import zlib
from http import HTTPStatus
from typing import Any, TypedDict

from azjobs.emulator.clock import timestamp
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource

TYPE = "Microsoft.Resources/deployments"
OPERATIONS_TYPE = f"{TYPE}/operations"

WAITING, RUNNING, SUCCEEDED, FAILED = "Waiting", "Running", "Succeeded", "Failed"


class Step(TypedDict):
    """One resource of a deployment, as it is saved.

    Keys: the resource's id, type and name; the id of its entry among the deployment's operations; what it does
    (Create or DeploymentCleanup's Delete); its state and when it started and ended; HTTP status; its error.
    """

    id: str
    type: str
    name: str
    operation_id: str
    tracking_id: str
    request_id: str
    action: str
    state: str
    started: float
    ended: float
    status: int
    error: JSON | None
    asynchronous: bool


def duration(seconds: float) -> str:
    """A duration as ARM writes it.

    Example:
        >>> duration(33.5939445)
        'PT33.5939445S'
    """
    minutes, rest = divmod(max(0.0, seconds), 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{rest:.7f}".rstrip("0").rstrip(".")
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + f"{text}S"


def status_name(status: int) -> str:
    """An HTTP status as .NET names it: ``OK``, ``Created``, ``BadRequest``.

    Example:
        >>> status_name(409)
        'Conflict'
    """
    if status == HTTPStatus.OK:
        return "OK"
    try:
        return HTTPStatus(status).phrase.replace(" ", "").replace("-", "")
    except ValueError:
        return str(status)


def operation_body(deployment: Resource, step: Step, now: float) -> JSON:
    """One entry of a deployment's operations.

    Args:
        deployment: the deployment.
        step: one that has started.
        now: emulator time, for the duration of what still runs.
    """
    ended = step["ended"] if step["state"] in (SUCCEEDED, FAILED) else now
    properties: JSON = {
        "provisioningOperation": step["action"],
        "provisioningState": step["state"],
        "timestamp": timestamp(ended),
        "duration": duration(ended - step["started"]),
        "trackingId": step["tracking_id"],
        "serviceRequestId": step["request_id"],
        "statusCode": status_name(step["status"]),
    }
    if step["error"] is not None:
        message: JSON = {"status": "Failed"} if step["asynchronous"] else {}
        properties["statusMessage"] = {**message, "error": step["error"]}
    properties["targetResource"] = {"id": step["id"], "resourceType": step["type"], "resourceName": step["name"]}
    return _entry(deployment, step["operation_id"], properties)


def outputs_operation_body(deployment: Resource) -> JSON:
    """The entry of the evaluation of the outputs; it bears the id of the deployment's own operation."""
    attributes = deployment.attributes
    state = FAILED if attributes.get("outputs_error") else SUCCEEDED
    properties: JSON = {
        "provisioningOperation": "EvaluateDeploymentOutput",
        "provisioningState": state,
        "timestamp": timestamp(attributes["ended"]),
        "duration": duration(attributes["ended"] - attributes["started"]),
        "trackingId": attributes["tracking_id"],
        "statusCode": "OK" if state == SUCCEEDED else "BadRequest",
    }
    if attributes.get("outputs_error"):
        properties["statusMessage"] = {"error": attributes["outputs_error"]}
    return _entry(deployment, attributes["operation"], properties)


def cleanup_operation_body(deployment: Resource) -> JSON | None:
    """The entry of the cleanup with which a deployment in Complete mode ends; None while, or where, there is none."""
    attributes = deployment.attributes
    if "ended" not in attributes or attributes["properties"].get("mode") != "Complete":
        return None
    operation_id = f"{zlib.crc32(deployment.id.lower().encode()):08X}{int(attributes['started']):08X}"
    properties: JSON = {
        "provisioningOperation": "DeploymentCleanup",
        "provisioningState": SUCCEEDED,
        "timestamp": timestamp(attributes["ended"]),
        "duration": duration(attributes["ended"] - attributes["started"]),
        "trackingId": attributes["tracking_id"],
        "statusCode": "OK",
    }
    return _entry(deployment, operation_id, properties)


def _entry(deployment: Resource, operation_id: str, properties: JSON) -> JSON:
    return {
        "id": f"{deployment.id}/operations/{operation_id}",
        "operationId": operation_id,
        "properties": properties,
    }


def operation_bodies(deployment: Resource, now: float) -> list[JSON]:
    """All entries of a deployment's operations: what has started, the latest first, then the outputs."""
    steps: list[Step] = [step for step in deployment.attributes["steps"] if step["state"] != WAITING]
    steps.sort(key=lambda step: step["started"], reverse=True)
    bodies = [operation_body(deployment, step, now) for step in steps]
    cleanup = cleanup_operation_body(deployment)
    if cleanup is not None:
        bodies.insert(0, cleanup)
    if "ended" in deployment.attributes and deployment.attributes.get("outputs_evaluated"):
        bodies.append(outputs_operation_body(deployment))
    return bodies


def failed_error(deployment: Resource, errors: list[JSON]) -> JSON:
    """The error of a deployment some of whose resources failed."""
    return {
        "code": "DeploymentFailed",
        "target": deployment.id,
        "message": "At least one resource deployment operation failed. Please list deployment operations for details. "
        "Please see https://aka.ms/arm-deployment-operations for usage details.",
        "details": errors,
    }


def nested_error(target: str, state: str, inner: Any) -> JSON:
    """The error of a resource whose own work ended in a state and not in an error of its provider."""
    error: JSON = {
        "code": "ResourceDeploymentFailure",
        "target": target,
        "message": "The resource write operation failed to complete successfully, because it reached terminal "
        f"provisioning state '{state}'.",
    }
    if inner:
        error["details"] = [inner]
    return error
