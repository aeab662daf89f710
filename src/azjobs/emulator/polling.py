"""The URLs at which operations are asked for, and what is answered there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from azjobs.emulator.behaviour import PollUrl
from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.errors import entity_not_found
from azjobs.emulator.operations import CANCELED, FAILED, SUCCEEDED, Operation
from azjobs.emulator.request import JSON, Request, Response

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_WRITES = frozenset({"create", "update", "patch"})
_WITHOUT_OUTPUT = frozenset({"delete", *_WRITES})
_NAMED_AFTER_REQUEST = frozenset({PollUrl.COMPUTE, PollUrl.DISK, PollUrl.GALLERY, PollUrl.NETWORK})
"""The providers that name an operation after the request that started it."""
_FALLBACK_ERROR = {"code": "OperationCanceled", "message": "The operation was canceled."}


def accepted_headers(operation: Operation, request: Request) -> dict[str, str]:
    """The headers of the response that starts an operation."""
    row = operation.behaviour
    headers = poll_headers(operation, request)
    if row.retry_after is not None and not (operation.is_terminal and row.seconds == 0):
        headers["Retry-After"] = str(row.retry_after)
    if row.notification:
        headers["Azure-AsyncNotification"] = "Enabled"
    if row.poll_url in _NAMED_AFTER_REQUEST:
        headers["x-ms-request-id"] = operation.id
    return headers


def poll_headers(operation: Operation, request: Request) -> dict[str, str]:
    """The poll URLs of an operation, on the host that the client used."""
    row, headers = operation.behaviour, {}
    base = f"{request.base_url}/subscriptions/{operation.subscription}"
    version = f"api-version={quote(operation.api_version)}"
    place = f"{quote(operation.location)}"
    if row.poll_url is PollUrl.DEPLOYMENT:
        headers["Azure-AsyncOperation"] = (
            f"{request.base_url}{quote(operation.target)}/operationStatuses/{operation.id}?{version}"
        )
        return headers
    if row.poll_url is PollUrl.SUBSCRIPTION:
        headers["Location"] = f"{base}/operationresults/{operation.id}?{version}"
        return headers
    if row.poll_url is PollUrl.PRIVATE_DNS:
        group = quote(operation.target.partition("/providers/")[0])
        status_url = f"{request.base_url}{group}/providers/{row.poll_url.value}/{operation.id}?{version}"
        return {"Azure-AsyncOperation": status_url, "Location": f"{status_url}&monitor=true"}
    namespace, _, collection = row.poll_url.value.partition("/locations/")
    root = f"{base}/providers/{namespace}/locations/{place}"
    if row.poll_url is PollUrl.NETWORK:
        status_url = f"{root}/{collection}/{operation.id}?{version}"
        result_url = f"{root}/operationResults/{operation.id}?{version}"
    elif row.poll_url is PollUrl.COMPUTE:
        status_url = f"{root}/{collection}/{operation.id}?p={operation.details.get('p', operation.id)}&{version}"
        result_url = f"{status_url}&monitor=true"
    else:
        status_url = f"{root}/{collection}/{operation.id}?{version}"
        result_url = f"{status_url}&monitor=true"
    if "A" in row.headers:
        headers["Azure-AsyncOperation"] = status_url
    if "L" in row.headers:
        headers["Location"] = result_url
    return headers


def answer_status(azure: Azure, operation: Operation, request: Request) -> Response:
    """The answer at the Azure-AsyncOperation URL: always 200, whatever became of the operation."""
    row = operation.behaviour
    operation.polls += 1
    headers: dict[str, str] = {}
    if row.timestamps:
        headers["x-ms-request-id"] = azure.new_id()
    if not operation.is_terminal:
        estimate = operation.details.get("estimate", row.first_poll_retry_after)
        hint = estimate if operation.polls == 1 else None
        hint = row.poll_retry_after if hint is None else hint
        if hint is not None:
            headers["Retry-After"] = str(hint)
    return Response.of(200, _status_body(azure, operation), headers, pending=not operation.is_terminal)


def _status_body(azure: Azure, operation: Operation) -> JSON:
    row = operation.behaviour
    body: JSON = {}
    if row.timestamps:
        body["startTime"] = offset_timestamp(operation.started)
        if operation.ended is not None:
            body["endTime"] = offset_timestamp(operation.ended)
    body["status"] = operation.status
    output = _output(azure, operation) if row.timestamps and operation.status == SUCCEEDED else None
    if output is not None:
        body["properties"] = {"output": output}
    elif _is_network_action(operation) and operation.status == SUCCEEDED:
        body["properties"] = {}
    if row.poll_url is PollUrl.DEPLOYMENT_SCRIPT:
        root = f"/subscriptions/{operation.subscription}/providers/Microsoft.Resources/locations/{operation.location}"
        body |= {"id": f"{root}/deploymentScriptOperationResults/{operation.id}", "name": operation.id}
        body["status"] = operation.status.lower() if operation.is_terminal else "provisioningResources"
    if operation.status in (FAILED, CANCELED):
        body["error"] = operation.error or _FALLBACK_ERROR
    if row.timestamps:
        body["name"] = operation.id
    return body


def _is_network_action(operation: Operation) -> bool:
    row = operation.behaviour
    return row.poll_url is PollUrl.NETWORK and row.headers == "AL" and operation.verb not in _WITHOUT_OUTPUT


def _output(azure: Azure, operation: Operation) -> JSON | None:
    """What an operation of the compute provider gave."""
    if operation.result is None and operation.behaviour.result and operation.verb in _WRITES:
        return azure.get_resource(operation.target)
    return operation.result


def answer_result(azure: Azure, operation: Operation, request: Request) -> Response:
    """The answer at the Location URL: 202 while the operation runs, then what a synchronous call had answered."""
    row = operation.behaviour
    headers = poll_headers(operation, request)
    if not operation.is_terminal:
        if row.poll_retry_after is not None:
            headers["Retry-After"] = str(row.poll_retry_after)
        if row.poll_url is PollUrl.SOLUTIONS:
            return Response.of(202, {"status": "Accepted"}, pending=True)
        return Response.of(202, None, headers, pending=True)
    if operation.status != SUCCEEDED:
        status = int(operation.details.get("error_status", 409))
        body = operation.details.get("error_body") or {"error": operation.error or _FALLBACK_ERROR}
        return Response.of(status, body, {"x-ms-failure-cause": "service"})
    if row.poll_url is not PollUrl.NETWORK:
        headers = {}
    if row.poll_url is PollUrl.SOLUTIONS:
        return Response.of(200, _status_body(azure, operation), headers)
    if operation.result is not None:
        return Response.of(200, operation.result, headers)
    if row.result and operation.verb in _WRITES:
        document = azure.get_resource(operation.target)
        if document is None:
            raise entity_not_found()
        return Response.of(200, document, headers)
    return Response.of(row.final_status, None, headers)
