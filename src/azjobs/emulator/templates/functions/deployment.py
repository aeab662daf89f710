"""Deployment functions: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment."""

from __future__ import annotations

from azjobs.emulator.templates.errors import Json
from azjobs.emulator.templates.functions.registry import Call, function


@function("parameters", 1)
def _parameters(call: Call) -> Json:
    return call.scope.parameter(call.string(0))


@function("variables", 1)
def _variables(call: Call) -> Json:
    return call.scope.variable(call.string(0))


@function("deployment", 0)
def _deployment(call: Call) -> Json:
    return dict(call.scope.target.deployment)


@function("environment", 0)
def _environment(call: Call) -> Json:
    return dict(call.scope.target.environment)


@function("deployer", 0)
def _deployer(call: Call) -> Json:
    tenant = call.scope.target.tenant.get("tenantId", "")
    return {"objectId": "", "tenantId": tenant, "userPrincipalName": ""}


@function("copyIndex", 0, 2)
def _copy_index(call: Call) -> Json:
    values = call.values
    name = values[0] if values and isinstance(values[0], str) else None
    offset = values[-1] if values and not isinstance(values[-1], str) else 0
    if isinstance(offset, bool) or not isinstance(offset, int):
        raise call.error("the offset must be an integer")
    loops = [loop for loop in call.scope.copies if name is None or loop.name.lower() == name.lower()]
    if not loops:
        raise call.error(
            "the function is not expected at this location: it can be used in a copy loop only"
            if name is None
            else f"there is no copy loop '{name}' around it"
        )
    return loops[-1].index + offset
