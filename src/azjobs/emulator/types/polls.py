"""The paths at which operations are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from azjobs.emulator import polling
from azjobs.emulator.behaviour import PollUrl
from azjobs.emulator.call import Call
from azjobs.emulator.errors import ArmError, entity_not_found
from azjobs.emulator.paths import ResourcePath
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.types.resource import ReadOnlyType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure


class Poll(ReadOnlyType):
    """A collection of operations.

    Args:
        resource_type: The type in the path, e.g. `Microsoft.Compute/locations/operations`.
        result: Whether the path is that of a Location header, and not of Azure-AsyncOperation.
    """

    def __init__(self, resource_type: str, *, result: bool = False) -> None:
        self.type = resource_type
        self._result = result

    @override
    def get(self, call: Call) -> Response:
        operation = call.azure.operations.get(call.path.name)
        if operation is None or operation.subscription.lower() != (call.path.subscription or "").lower():
            raise self.not_found(call)
        if operation.behaviour.headers == "L" and operation.behaviour.poll_url is PollUrl.SOLUTIONS:
            return polling.answer_result(call.azure, operation, call.request)
        if self._result or call.request.query.get("monitor", "").lower() == "true":
            return polling.answer_result(call.azure, operation, call.request)
        return polling.answer_status(call.azure, operation, call.request)

    @override
    def list(self, call: Call) -> Response:
        raise self.not_found(call)

    @override
    def read(self, azure: Azure, path: ResourcePath) -> JSON | None:
        return {} if azure.operations.get(path.name) else None

    @override
    def not_found(self, call: Call) -> ArmError:
        return entity_not_found()


TYPES = (
    Poll("Microsoft.Compute/locations/operations"),
    Poll("Microsoft.Compute/locations/DiskOperations"),
    Poll("Microsoft.Compute/locations/capsOperations"),
    Poll("Microsoft.Network/locations/operations"),
    Poll("Microsoft.Network/locations/nfvOperations"),
    Poll("Microsoft.Network/privateDnsOperationStatuses"),
    Poll("Microsoft.Solutions/locations/operationStatuses"),
    Poll("Microsoft.Resources/locations/deploymentScriptOperationResults"),
    Poll("Microsoft.ContainerService/locations/operations"),
    Poll("Microsoft.DocumentDB/locations/operationsStatus"),
    Poll("Microsoft.Sql/locations/serverAzureAsyncOperation"),
    Poll("Microsoft.Network/locations/operationResults", result=True),
    Poll("Microsoft.Storage/locations/asyncoperations", result=True),
    Poll("Microsoft.Resources/operationresults", result=True),
)
