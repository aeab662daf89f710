"""What a deployment's request must be before anything of it is done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azjobs.emulator.call import Call
from azjobs.emulator.errors import ArmError
from azjobs.emulator.lenient import strict_text
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.templates.errors import RuntimeOnlyError, TemplateError
from azjobs.emulator.templates.functions.dates import formatted
from azjobs.emulator.templates.template import Plan, plan, template_hash
from azjobs.emulator.types.deployments.bodies import TYPE
from azjobs.emulator.types.deployments.target import target_of

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

MOST_DEPLOYMENTS = 800
FINISHED = frozenset({"Succeeded", "Failed", "Canceled"})
_NAME = re.compile(r"[-\w._()]+")
_LONGEST_NAME = 64
_LONGEST_RUN_SECONDS = 7 * 24 * 3600.0
_MODES = {"incremental": "Incremental", "complete": "Complete"}


class TemplateRefusedError(ArmError):
    """A template that ARM refuses: 400, with what the template language has to say."""

    def __init__(self, error: TemplateError) -> None:
        super().__init__(400, error.code, error.message, gateway=True)
        self._content = error.error()

    def content(self) -> JSON:
        """What stands under ``error`` in the body."""
        return dict(self._content)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A deployment that may begin.

    Attributes:
        plan: its template, ready to deploy. Holds its secrets.
        template: its template.
        mode: Incremental or Complete.
        location: its own region, at a subscription.
        tags: its tags.
        correlation_id: its correlation id.
        links: where its template and parameters came from, when it names links.
    """

    plan: Plan
    template: JSON
    mode: str
    location: str | None
    tags: JSON | None
    correlation_id: str
    links: JSON


def read(call: Call, correlation_id: str) -> Submission:
    """Read and check a deployment's request: the template, its parameters, and each resource as far as it is known.

    Args:
        call: a PUT of a deployment or a POST of ``validate``.
        correlation_id: the deployment's correlation id.

    Raises:
        ArmError: it is refused; nothing has been created.
    """
    _check_name(call.path.name)
    properties = _properties(call.body)
    template = _template(call, properties)
    mode = _mode(properties)
    location = call.body.get("location")
    if call.path.group is None and not (isinstance(location, str) and location):
        raise ArmError(
            400, "LocationRequired", "The location property is required for this deployment definition.", gateway=True
        )
    parameters = properties.get("parameters") or _linked(call, properties, "parametersLink").get("parameters") or {}
    known = {
        "template": template,
        "templateHash": template_hash(template),
        "parameters": parameters,
        "mode": mode,
        "provisioningState": "Accepted",
    }
    target = target_of(
        call.azure,
        call.path,
        base_url=call.request.base_url,
        correlation_id=correlation_id,
        properties=known,
        location=location if call.path.group is None else None,
    )
    try:
        planned = plan(template, parameters, target, strict_text(call.request.body))
    except TemplateError as error:
        raise TemplateRefusedError(error) from None
    _preflight(call, planned)
    return Submission(
        plan=planned,
        template=template,
        mode=mode,
        location=location if isinstance(location, str) and call.path.group is None else None,
        tags=call.body.get("tags"),
        correlation_id=correlation_id,
        links={name: properties[name] for name in ("templateLink", "parametersLink") if properties.get(name)},
    )


def _check_name(name: str) -> None:
    if len(name) > _LONGEST_NAME:
        raise ArmError(
            400,
            "DeploymentNameLengthLimitExceeded",
            f"The provided deployment name '{name}' has a length of '{len(name)}' which exceeds the maximum length of "
            f"'{_LONGEST_NAME}' characters.",
            gateway=True,
        )
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise ArmError(
            400,
            "DeploymentNameInvalidCharacters",
            f"The deployment name '{name}' is invalid. It can only contain letters, digits, '-', '.', '_', '(' or "
            "')', and cannot end with '.'.",
            gateway=True,
        )


def undeserializable(reason: str) -> ArmError:
    """A request whose JSON has not the shape of a deployment."""
    message = f"The request content was invalid and could not be deserialized: '{reason}'."
    return ArmError(400, "InvalidRequestContent", message, gateway=True)


def _properties(body: JSON) -> JSON:
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise undeserializable("Required property 'properties' not found in JSON. Path ''")
    tags = body.get("tags")
    if tags is not None and not (isinstance(tags, dict) and all(isinstance(tag, str) for tag in tags.values())):
        raise undeserializable("The property 'tags' must be an object of strings. Path 'tags'")
    return properties


def _mode(properties: JSON) -> str:
    mode = properties.get("mode")
    if not isinstance(mode, str) or mode.lower() not in _MODES:
        raise undeserializable(
            "Required property 'mode' not found in JSON, or neither 'Incremental' nor 'Complete'. Path 'properties'"
        )
    return _MODES[mode.lower()]


def _linked(call: Call, properties: JSON, name: str) -> JSON:
    """What a link leads to; empty when there is no such link."""
    link = properties.get(name)
    if link is None:
        return {}
    uri = link.get("uri") or link.get("id") if isinstance(link, dict) else link
    content = call.azure.read_link(uri) if isinstance(uri, str) else None
    if content is None:
        raise ArmError(
            400,
            "InvalidContentLink",
            f"Unable to download deployment content from '{uri}'. The emulator does not read links: send the content "
            "in the properties 'template' and 'parameters'.",
            gateway=True,
        )
    return content


def _template(call: Call, properties: JSON) -> JSON:
    template = properties.get("template")
    if template is None:
        template = _linked(call, properties, "templateLink") or None
    _linked(call, properties, "parametersLink")
    if template is None:
        raise ArmError(
            400,
            "InvalidTemplate",
            "The deployment must have a 'template' or a 'templateLink' property. "
            "Please see https://aka.ms/arm-deploy for usage details.",
            gateway=True,
        )
    if not isinstance(template, dict):
        raise undeserializable("The property 'template' must be an object. Path 'properties.template'")
    return template


def _preflight(call: Call, planned: Plan) -> None:
    """Ask each provider what it thinks of its resources, as far as they are known before anything is deployed."""
    errors: list[JSON] = []
    for resource in planned.deployed():
        if resource.type.lower() == TYPE.lower():
            continue
        try:
            body = resource.body(resource.scope)
        except RuntimeOnlyError:
            continue
        except TemplateError as error:
            raise TemplateRefusedError(error.masked(planned.parameters.scrubbed)) from None
        refusal = call.azure.preflight(resource.id, body, resource.api_version)
        if refusal is not None:
            errors.append(planned.parameters.scrubbed(refusal.content()))
    if errors:
        raise ArmError(
            400,
            "InvalidTemplateDeployment",
            f"The template deployment '{call.path.name}' is not valid according to the validation procedure. The "
            f"tracking id is '{call.azure.new_id()}'. See inner errors for details.",
            details=errors,
            gateway=True,
        )


def expiration(existing: Resource) -> str:
    """Until when a deployment may run, in the form that ARM's messages have."""
    started = float(existing.attributes.get("started", existing.created))
    return _american(started + _LONGEST_RUN_SECONDS)


def _american(when: float) -> str:
    return formatted(datetime.fromtimestamp(when, UTC), "M/d/yyyy h:mm:ss tt")


def check_not_active(existing: Resource | None) -> None:
    """Refuse to replace a deployment that runs.

    Raises:
        ArmError: DeploymentActive.
    """
    if existing is None or existing.state in FINISHED:
        return
    raise ArmError(
        409,
        "DeploymentActive",
        f"Unable to edit or replace deployment '{existing.name}': previous deployment from "
        f"'{_american(existing.attributes['started'])}' is still active (expiration time is '{expiration(existing)}'). "
        "Please see https://aka.ms/arm-deploy for usage details.",
        gateway=True,
    )


def make_room(azure: Azure, call: Call) -> None:
    """Keep a scope's history below its limit: the oldest finished deployments leave, as in Azure.

    Raises:
        ArmError: DeploymentQuotaExceeded, when none has finished.
    """
    history = [each for each in azure.store.of_type(TYPE, call.path.scope) if each.path.scope == call.path.scope]
    excess = len(history) - MOST_DEPLOYMENTS + 1
    if excess <= 0:
        return
    finished = sorted((each for each in history if each.state in FINISHED), key=lambda each: each.changed)
    if len(finished) < excess:
        raise ArmError(
            409,
            "DeploymentQuotaExceeded",
            f"Creating the deployment '{call.path.name}' would exceed the quota of '{MOST_DEPLOYMENTS}'. The current "
            f"deployment count is '{len(history)}'. Please delete some deployments before creating a new one, or see "
            "https://aka.ms/800LimitFix for information on managing deployment limits.",
            gateway=True,
        )
    for oldest in finished[:excess]:
        azure.remove(oldest)
