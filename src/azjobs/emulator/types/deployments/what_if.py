"""What a deployment would change, without doing it."""

from __future__ import annotations

from azjobs.emulator.call import Call
from azjobs.emulator.errors import ArmError
from azjobs.emulator.polling import accepted_headers
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types.deployments.changes import Forecast
from azjobs.emulator.types.deployments.requests import read, undeserializable

_KIND = "Microsoft.Resources/deployments/whatIf"
_FORMATS = {"fullresourcepayloads": False, "resourceidonly": True}


def begin(call: Call) -> Response:
    """Answer ``POST …/whatIf``: 202, and the changes at the Location. A template that is refused is refused there.

    Args:
        call: the request, at the deployment's path.
    """
    correlation_id = call.azure.new_id()
    try:
        result = _result(call, correlation_id)
    except ArmError as error:
        result = {"status": "Failed", "error": error.content()}
    # Nothing is stored: the operation is about a deployment that there will perhaps never be.
    name = f"{call.path.scope}/providers/Microsoft.Resources/deploymentWhatIfs/{call.path.name}"
    asked = Resource(id=name, type=_KIND, document={"properties": {}}, created=call.now, changed=call.now)
    operation = call.azure.start_operation(_KIND, asked, api_version=call.api_version, holds=False)
    operation.result = result
    return Response.of(202, None, accepted_headers(operation, call.request), pending=True)


def _result(call: Call, correlation_id: str) -> JSON:
    ids_only = _ids_only(call.body)
    submission = read(call, correlation_id)
    forecast = Forecast(
        azure=call.azure, base_url=call.request.base_url, correlation_id=correlation_id, ids_only=ids_only
    )
    changes = forecast.changes(submission.plan, submission.mode, call.path.group_id)
    return {"status": "Succeeded", "properties": {"correlationId": correlation_id, "changes": changes}}


def _ids_only(body: JSON) -> bool:
    """Whether the request's ``whatIfSettings`` ask for ids alone."""
    properties = body.get("properties")
    settings = properties.get("whatIfSettings") if isinstance(properties, dict) else None
    wanted = settings.get("resultFormat") if isinstance(settings, dict) else None
    if wanted is None:
        return False
    if not isinstance(wanted, str) or wanted.lower() not in _FORMATS:
        raise undeserializable(
            f"Error converting value '{wanted}' to type 'WhatIfResultFormat': it must be FullResourcePayloads or "
            "ResourceIdOnly. Path 'properties.whatIfSettings.resultFormat'"
        )
    return _FORMATS[wanted.lower()]
