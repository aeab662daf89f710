"""Small plans for the local Azure."""

from __future__ import annotations

from typing import Any

from tests.operations.conftest import SUBSCRIPTION

from azjobs.accounts.context import Context
from azjobs.operations.arm import Arm
from azjobs.operations.plan import FirstRequest, OperationPlan, ResultFrom

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/MyVm"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments"
MONITOR = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/x/operations/1"
OPERATION_RESULT = f"/subscriptions/{SUBSCRIPTION}/operationresults/1"


def plan(
    context: Context,
    method: str = "PUT",
    path: str = VM,
    *,
    body: object | None = None,
    result: ResultFrom | None = None,
    result_type: str | None = "builtins:object",
    deployment: bool = False,
    command: str = "new_vm",
) -> OperationPlan[Any]:
    async def prepare(arm: Arm) -> FirstRequest:
        where = f"{path}/azjobs-{arm.instance_id}" if deployment else path
        return FirstRequest(
            method=method,
            path=where,
            api_version="1",
            body=body,
            result=result,
            deployment=where if deployment else None,
        )

    return OperationPlan(command=command, resource="MyVm", context=context, prepare=prepare, result_type=result_type)
