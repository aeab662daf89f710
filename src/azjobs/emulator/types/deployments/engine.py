"""How a deployment runs: which resource is next, what became of it, and how it all ended.

A deployment's state is JSON in the store: it survives a restart. Its plan, which holds its secrets, is in the
emulator's memory only and goes when the deployment ends; after a restart it is made again without the secrets, and a
resource that was not started and needs one fails with an error that says so.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from azjobs.emulator.clock import ticks, timestamp
from azjobs.emulator.operations import CANCELED, Operation
from azjobs.emulator.paths import ResourcePath, parse
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.templates.errors import ExpressionError, Json, TemplateError
from azjobs.emulator.templates.functions.texts import text_of
from azjobs.emulator.templates.resources import Resource as TemplateResource
from azjobs.emulator.templates.template import Plan, Reference, restored_plan
from azjobs.emulator.types.deployments import cleanup
from azjobs.emulator.types.deployments.bodies import (
    FAILED,
    RUNNING,
    SUCCEEDED,
    TYPE,
    WAITING,
    Step,
    duration,
    failed_error,
    nested_error,
)
from azjobs.emulator.types.deployments.requests import FINISHED, Submission
from azjobs.emulator.types.deployments.secrets import without_secrets
from azjobs.emulator.types.deployments.target import target_of

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_log = logging.getLogger("azjobs.emulator")
TIMER = "deployment"
_MEMORY = "deployments"
_ACCEPTED_SECONDS = 1.0
_STEP_PAUSE = 0.5
_LARGEST_TICKS = 2**63 - 1


def operation_id(now: float) -> str:
    """The id of a deployment's operation: 20 digits that count down as time goes on, as Azure's do."""
    return f"{_LARGEST_TICKS - ticks(now):020d}"


def start(azure: Azure, deployment: Resource, submission: Submission, *, base_url: str, api_version: str) -> Operation:
    """Begin a deployment that is in the store; its resources follow as time goes on.

    Args:
        azure: the emulated Azure.
        deployment: the deployment's resource; its document and attributes are filled in.
        submission: what is to be deployed.
        base_url: the address at which the client reached the emulator.
        api_version: of the request.
    """
    planned = submission.plan
    plans(azure)[deployment.key] = planned
    deployment.attributes = {
        "template": without_secrets(submission.template),
        "parameters": planned.parameters.plain_values(),
        "base_url": base_url,
        "mode": submission.mode,
        "started": azure.now,
        "correlation_id": submission.correlation_id,
        "tracking_id": azure.new_id(),
        "steps": [_step(azure, resource) for resource in planned.deployed()],
        "properties": properties(submission),
    }
    operation = azure.start_operation(
        f"{TYPE}/create",
        deployment,
        api_version=api_version,
        operation_id=_free_operation_id(azure),
        open_ended=True,
    )
    operation.status = "Accepted"
    deployment.attributes["operation"] = operation.id
    _wake(azure, deployment, _ACCEPTED_SECONDS)
    return operation


def _free_operation_id(azure: Azure) -> str:
    now = azure.now
    while azure.operations.get(operation_id(now)) is not None:
        now += 0.001
    return operation_id(now)


def _step(azure: Azure, resource: TemplateResource) -> Step:
    return Step(
        id=resource.id,
        type=resource.type,
        name=resource.name,
        operation_id=f"{azure.pick(2**64):016X}",
        tracking_id=azure.new_id(),
        request_id=azure.new_id(),
        action="Create",
        state=WAITING,
        started=0.0,
        ended=0.0,
        status=200,
        error=None,
        asynchronous=False,
    )


def plans(azure: Azure) -> dict[str, Plan]:
    """The plans of the deployments that run, with their secrets; by the deployment's id in lower case."""
    return cast("dict[str, Plan]", azure.memory.setdefault(_MEMORY, {}))


def _plan(azure: Azure, deployment: Resource) -> Plan:
    known = plans(azure).get(deployment.key)
    if known is None:
        attributes = deployment.attributes
        target = target_of(
            azure,
            deployment.path,
            base_url=attributes["base_url"],
            correlation_id=attributes["correlation_id"],
            properties={"template": attributes["template"], "mode": attributes["mode"], "parameters": {}},
            location=deployment.document.get("location"),
        )
        known = restored_plan(attributes["template"], attributes["parameters"], target)
        plans(azure)[deployment.key] = known
    return known


def _wake(azure: Azure, deployment: Resource, seconds: float) -> None:
    azure.schedule(azure.now + seconds, TIMER, f"{deployment.attributes['tracking_id']} {deployment.id}")


def on_timer(azure: Azure, argument: str) -> None:
    """Go on with a deployment; one that has been replaced or removed since is left alone."""
    tracking_id, _, deployment_id = argument.partition(" ")
    deployment = azure.store.get(deployment_id)
    if deployment is None or deployment.attributes.get("tracking_id") != tracking_id or deployment.state in FINISHED:
        return
    if deployment.state == "Accepted":
        _show(azure, deployment, "Running")
        operation = azure.operations.get(deployment.attributes["operation"])
        if operation is not None:
            operation.status = "Running"
    try:
        planned = _plan(azure, deployment)
    except TemplateError as error:
        _finish(azure, deployment, FAILED, failed_error(deployment, [error.error()]))
        return
    _advance(azure, deployment, planned)


def _steps(deployment: Resource) -> list[Step]:
    return cast("list[Step]", deployment.attributes["steps"])


def _advance(azure: Azure, deployment: Resource, planned: Plan) -> None:
    """Start what can start; when nothing can and nothing runs, the deployment has ended."""
    steps = {step["id"].lower(): step for step in _steps(deployment)}
    by_key = {resource.key: resource for resource in planned.deployed()}
    ready = [
        step
        for key, step in steps.items()
        if step["state"] == WAITING
        and key in by_key
        and all(steps[edge.resource.key]["state"] == SUCCEEDED for edge in planned.waits_for[key])
    ]
    for step in ready:
        _start_step(azure, deployment, step, planned, by_key[step["id"].lower()])
    if ready:
        azure.store.touch()
        if any(step["state"] != RUNNING for step in ready):
            _wake(azure, deployment, _STEP_PAUSE)
    elif not any(step["state"] == RUNNING for step in steps.values()):
        _conclude(azure, deployment, planned)


def _start_step(azure: Azure, deployment: Resource, step: Step, planned: Plan, resource: TemplateResource) -> None:
    step["started"] = azure.now
    try:
        body = planned.body(resource, reference_for(azure, planned))
    except TemplateError as error:
        _end_step(azure, step, 400, error.error())
        return
    try:
        outcome = azure.put_resource(resource.id, body, resource.api_version)
    except Exception:
        # A mistake of the emulator's own must not leave a deployment that never ends.
        _log.exception("internal error at %s", resource.id)
        bug = {"code": "InternalServerError", "message": "The server encountered an internal error."}
        _end_step(azure, step, 500, bug)
        return
    if outcome.error is not None:
        _end_step(azure, step, outcome.error.status, planned.parameters.scrubbed(outcome.error.content()))
        return
    if outcome.body is not None and isinstance(outcome.body.get("id"), str):
        step["id"] = outcome.body["id"] if outcome.body["id"].lower() == step["id"].lower() else step["id"]
    if outcome.operation is None:
        _end_step(azure, step, outcome.status, None)
        return
    step["status"] = outcome.status
    if outcome.is_done:
        _end_from_operation(azure, step, outcome.operation)
        return
    step["state"] = RUNNING
    mark(outcome.operation, deployment, step)


def mark(operation: Operation, deployment: Resource, step: Step) -> None:
    """Note in a resource's operation which deployment waits for it."""
    operation.details["deployment"] = deployment.id
    operation.details["deployment_step"] = step["operation_id"]


def on_operation_end(azure: Azure, operation: Operation) -> None:
    """Note the end of a resource's operation in the deployment that waits for it."""
    if operation.kind.lower() == f"{TYPE}/create".lower():
        _ended_by_hand(azure, operation)
    deployment = azure.store.get(str(operation.details.get("deployment", "")))
    if deployment is None:
        return
    for step in _steps(deployment):
        if step["operation_id"] == operation.details.get("deployment_step") and step["state"] == RUNNING:
            _end_from_operation(azure, step, operation)
            azure.store.touch()
            # A cancelled deployment still learns what became of what it had started.
            if deployment.state not in FINISHED:
                _wake(azure, deployment, _STEP_PAUSE)


def _ended_by_hand(azure: Azure, operation: Operation) -> None:
    """A deployment's own operation was ended from outside, as a test may do: the deployment ends so too."""
    deployment = azure.store.get(operation.target)
    if (
        deployment is not None
        and deployment.state not in FINISHED
        and deployment.attributes.get("operation") == operation.id
    ):
        _finish(azure, deployment, operation.status, operation.error)


def _end_from_operation(azure: Azure, step: Step, operation: Operation) -> None:
    step["asynchronous"] = True
    if operation.status == SUCCEEDED:
        _end_step(azure, step, 200, None)
        return
    error = operation.error
    if step["type"].lower() == TYPE.lower() or error is None:
        error = nested_error(step["id"], operation.status, error)
    _end_step(azure, step, 409, error)


def _end_step(azure: Azure, step: Step, status: int, error: JSON | None) -> None:
    step["state"] = SUCCEEDED if error is None else FAILED
    step["ended"] = azure.now
    step["status"] = status
    step["error"] = error


def reference_for(azure: Azure, planned: Plan) -> Reference:
    """What ``reference()`` answers while a deployment runs: the state of a resource, its properties or whole."""

    def reference(name: str, api_version: str | None, full: bool) -> Json:
        found = planned.names.find(name)
        resource_id = found[0].id if found else name
        document = azure.get_resource(resource_id) if resource_id.startswith("/") else None
        if document is None:
            raise _not_found(resource_id)
        if not full:
            return document.get("properties") or {}
        version = api_version or (found[0].api_version if found else "")
        shown = {key: value for key, value in document.items() if key not in ("id", "name", "type")}
        path = parse(document["id"]) if isinstance(document.get("id"), str) else parse(resource_id)
        return {
            **shown,
            "apiVersion": version,
            "subscriptionId": path.subscription,
            "resourceGroupName": path.group,
            "resourceId": f"{path.type}/{path.full_name}",
            "deploymentResourceLineInfo": {"lineNumber": 1, "linePosition": 1},
            "condition": True,
        }

    return reference


def _not_found(resource_id: str) -> TemplateError:
    if not resource_id.startswith("/subscriptions/") or "/providers/" not in resource_id:
        return ExpressionError(
            f"The template reference '{resource_id}' is not valid: could not find template resource or resource copy "
            "with this name. Please see https://aka.ms/arm-function-reference for usage details.",
        )
    path = parse(resource_id)
    return TemplateError(
        f"The Resource '{path.type}/{path.full_name}' under resource group '{path.group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        code="ResourceNotFound",
    )


def _conclude(azure: Azure, deployment: Resource, planned: Plan) -> None:
    errors = [step["error"] for step in _steps(deployment) if step["error"] is not None]
    operation = azure.operations.get(deployment.attributes["operation"])
    if errors:
        _finish(azure, deployment, FAILED, failed_error(deployment, errors))
        return
    if deployment.attributes["mode"] == "Complete" and not cleanup.is_done(azure, deployment, planned):
        return
    errors = [step["error"] for step in _steps(deployment) if step["error"] is not None]
    if errors:
        _finish(azure, deployment, FAILED, failed_error(deployment, errors))
        return
    if operation is not None and operation.fault is not None:
        _finish(azure, deployment, FAILED, operation.fault)
        return
    deployment.attributes["outputs_evaluated"] = True
    try:
        outputs = planned.evaluated_outputs(reference_for(azure, planned))
    except TemplateError as error:
        deployment.attributes["outputs_error"] = error.error()
        _finish(azure, deployment, FAILED, error.error())
        return
    if outputs:
        deployment.attributes["properties"]["outputs"] = outputs
    made = sorted({step["id"] for step in _steps(deployment) if step["action"] == "Create"}, key=text_of)
    deployment.attributes["properties"]["outputResources"] = [{"id": resource_id} for resource_id in made]
    _finish(azure, deployment, SUCCEEDED, None)


def cancel(azure: Azure, deployment: Resource) -> None:
    """Start no more resources; those that were started go on, as in Azure."""
    _finish(azure, deployment, CANCELED, None)


def _finish(azure: Azure, deployment: Resource, state: str, error: JSON | None) -> None:
    plans(azure).pop(deployment.key, None)
    deployment.attributes["ended"] = azure.now
    if error is not None:
        deployment.attributes["properties"]["error"] = error
    _show(azure, deployment, state)
    operation = azure.operations.get(deployment.attributes["operation"])
    if operation is not None:
        azure.end_operation(operation, error=error, status=state)


def _show(azure: Azure, deployment: Resource, state: str) -> None:
    deployment.state = state
    deployment.changed = azure.now
    azure.store.touch()


def envelope(path: ResourcePath, submission: Submission) -> JSON:
    """What of a deployment's body the store keeps; the ids in the rest would make it a user of its resources."""
    body: JSON = {"id": path.id, "name": path.name, "type": TYPE}
    if submission.location is not None:
        body["location"] = submission.location
    if submission.tags:
        body["tags"] = submission.tags
    body["properties"] = {"provisioningState": "Accepted"}
    return body


def properties(submission: Submission) -> JSON:
    """What of a deployment's properties is known from the beginning."""
    planned = submission.plan
    return {
        "templateHash": planned.template_hash,
        "parameters": planned.parameters.echo(),
        "mode": submission.mode,
        **{
            name: {"contentVersion": str(submission.template.get("contentVersion", "1.0.0.0")), **link}
            for name, link in submission.links.items()
        },
        "provisioningState": "Accepted",
        "timestamp": "",
        "duration": "",
        "correlationId": submission.correlation_id,
        "providers": planned.providers(),
        "dependencies": planned.dependency_list(),
    }


def document(azure: Azure, deployment: Resource) -> dict[str, Any]:
    """A deployment's body as Azure shows it now: the duration of one that runs grows."""
    attributes = deployment.attributes
    is_finished = deployment.state in FINISHED
    ended = attributes.get("ended", azure.now)
    shown = {
        **attributes["properties"],
        "provisioningState": deployment.state,
        "timestamp": timestamp(deployment.changed if is_finished else azure.now),
        "duration": duration(ended - attributes["started"]),
    }
    return {**deployment.document, "properties": shown}
