"""`Microsoft.Resources/deployments`: the requests that a template deployment answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from azjobs.emulator import listing, polling
from azjobs.emulator.call import Call
from azjobs.emulator.clock import timestamp
from azjobs.emulator.errors import ArmError
from azjobs.emulator.operations import Operation
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.templates.functions.texts import compact
from azjobs.emulator.templates.template import template_hash
from azjobs.emulator.types.deployments import engine, what_if
from azjobs.emulator.types.deployments.bodies import (
    OPERATIONS_TYPE,
    TYPE,
    WAITING,
    cleanup_operation_body,
    operation_bodies,
    operation_body,
    outputs_operation_body,
)
from azjobs.emulator.types.deployments.requests import (
    FINISHED,
    check_not_active,
    expiration,
    make_room,
    read,
    undeserializable,
)
from azjobs.emulator.types.polls import Poll
from azjobs.emulator.types.resource import ReadOnlyType, ResourceType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_RUNNING_RETRY_AFTER = "5"


class Deployment(ResourceType):
    """Template deployments of a resource group or a subscription."""

    type = TYPE
    specials: ClassVar = {
        "POST cancel": "cancel",
        "POST validate": "validate",
        "POST whatif": "what_if",
        "POST exporttemplate": "export_template",
        "GET operations": "operations",
    }

    def install(self, azure: Azure) -> None:
        """Wake deployments at their timers and when operations end."""
        azure.timers[engine.TIMER] = lambda argument: engine.on_timer(azure, argument)
        azure.listeners.append(lambda operation: engine.on_operation_end(azure, operation))

    # Requests

    def put(self, call: Call) -> Response:
        """Answer PUT: check the whole deployment, then let it run."""
        existing = self.find(call)
        check_not_active(existing)
        correlation_id = call.request.headers.get("x-ms-correlation-request-id") or call.azure.new_id()
        submission = read(call, correlation_id)
        if existing is None:
            make_room(call.azure, call)
        resource = self.place(call, engine.envelope(call.path, submission), existing)
        operation = engine.start(
            call.azure, resource, submission, base_url=call.request.base_url, api_version=call.api_version
        )
        headers = polling.accepted_headers(operation, call.request)
        headers["x-ms-correlation-request-id"] = correlation_id
        status = 201 if existing is None else 200
        return Response.of(status, self.show(call.azure, resource), headers, pending=True)

    def get(self, call: Call) -> Response:
        """Answer GET of a deployment."""
        response = super().get(call)
        if response.pending:
            response.headers["Retry-After"] = _RUNNING_RETRY_AFTER
        return response

    def list(self, call: Call) -> Response:
        """Answer GET of a scope's deployments, the latest first."""
        found = [
            resource
            for resource in call.store.of_type(self.type, call.path.scope)
            if resource.path.scope.lower() == call.path.scope.lower() and _passes(call, resource)
        ]
        found.sort(key=lambda resource: resource.changed, reverse=True)
        return listing.page(call.request, [self.show(call.azure, resource) for resource in found])

    def cancel(self, call: Call) -> Response:
        """Answer POST cancel."""
        deployment = self.require(call)
        if deployment.state in FINISHED:
            raise ArmError(
                409,
                "DeploymentCannotBeCancelled",
                f"The deployment '{deployment.name}' cannot be cancelled because it has provisioning state "
                f"'{deployment.state}' or it has already expired (expiration time is '{expiration(deployment)}').",
                gateway=True,
            )
        engine.cancel(call.azure, deployment)
        return Response.of(204)

    def validate(self, call: Call) -> Response:
        """Answer POST validate: the same checks as PUT, and nothing else."""
        submission = read(call, call.azure.new_id())
        properties = {
            **engine.properties(submission),
            "provisioningState": "Succeeded",
            "timestamp": timestamp(call.now),
            "duration": "PT0S",
            "validatedResources": [{"id": resource.id} for resource in submission.plan.deployed()],
        }
        return Response.of(200, {**engine.envelope(call.path, submission), "properties": properties})

    def what_if(self, call: Call) -> Response:
        """Answer POST whatIf: what the deployment would change."""
        return what_if.begin(call)

    def export_template(self, call: Call) -> Response:
        """Answer POST exportTemplate: the template as it was sent, without literal secrets."""
        return Response.of(200, {"template": self.require(call).attributes["template"]})

    def operations(self, call: Call) -> Response:
        """Answer GET of the deployment's operations."""
        return listing.page(call.request, operation_bodies(self.require(call), call.now))

    # Hooks

    def show(self, azure: Azure, resource: Resource) -> JSON:
        """The body of a deployment now."""
        return engine.document(azure, resource)

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        """Refuse to delete the history of what still runs."""
        if resource.state not in (*FINISHED, "Deleting"):
            raise ArmError(
                409,
                "DeploymentActive",
                f"The deployment '{resource.name}' cannot be deleted because it is still active: cancel it first or "
                "wait until it has ended.",
                gateway=True,
            )

    def preflight(self, call: Call) -> None:
        """A nested deployment is checked when it starts: its parameters may come from other resources."""

    def succeeded(self, azure: Azure, operation: Operation) -> None:
        """A delete has done its work; the engine ends deployments itself."""
        if operation.verb == "delete":
            super().succeeded(azure, operation)

    def failed(self, azure: Azure, operation: Operation) -> None:
        """The engine has noted what became of the deployment."""

    def removed(self, azure: Azure, resource: Resource) -> None:
        """Forget the secrets of a deployment that has left the history."""
        engine.plans(azure).pop(resource.key, None)

    def not_found(self, call: Call) -> ArmError:
        """The error for a deployment that does not exist."""
        return ArmError(404, "DeploymentNotFound", f"Deployment '{call.path.name}' could not be found.", gateway=True)


def _passes(call: Call, deployment: Resource) -> bool:
    """Whether a deployment passes ``$filter=provisioningState eq 'Failed'``, the only one that ARM takes here."""
    text = call.query.get("$filter", "").strip()
    if not text:
        return True
    name, _, value = text.partition(" eq ")
    if name.strip().lower() != "provisioningstate" or not value.strip().strip("'"):
        raise ArmError(
            400,
            "InvalidFilterInQueryString",
            f"Invalid $filter '{text}' specified in the query string: deployments are filtered by "
            "provisioningState eq '{state}'.",
        )
    return deployment.state.lower() == value.strip().strip("'").lower()


class DeploymentOperation(ReadOnlyType):
    """The operations of a deployment: one for each resource that it has started."""

    type = OPERATIONS_TYPE

    def get(self, call: Call) -> Response:
        """Answer GET of one operation."""
        deployment = call.store.get(call.path.parent.id)
        name = call.path.name.lower()
        for step in deployment.attributes["steps"] if deployment is not None else []:
            if step["operation_id"].lower() == name and step["state"] != WAITING and deployment is not None:
                return Response.of(200, operation_body(deployment, step, call.now))
        evaluated = deployment is not None and deployment.attributes.get("outputs_evaluated")
        if deployment is not None and evaluated and deployment.attributes["operation"] == call.path.name:
            return Response.of(200, outputs_operation_body(deployment))
        cleanup = cleanup_operation_body(deployment) if deployment is not None else None
        if cleanup is not None and cleanup["operationId"].lower() == name:
            return Response.of(200, cleanup)
        raise ArmError(
            404,
            "DeploymentOperationNotFound",
            f"The deployment operation '{call.path.name}' could not be found.",
            gateway=True,
        )


class TemplateHash(ReadOnlyType):
    """`POST /providers/Microsoft.Resources/calculateTemplateHash`."""

    type = "Microsoft.Resources/calculateTemplateHash"

    def post(self, call: Call) -> Response:
        """Answer the hash of the template in the body."""
        template = call.body
        if "resources" not in template:
            raise undeserializable("Required property 'resources' not found in JSON. Path ''")
        return Response.of(200, {"minifiedTemplate": compact(template), "templateHash": template_hash(template)})


TYPES = (Deployment(), DeploymentOperation(), Poll(f"{TYPE}/operationStatuses"), TemplateHash())
