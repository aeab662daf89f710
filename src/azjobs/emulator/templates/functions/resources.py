"""Resource functions: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from azjobs.emulator.templates.errors import Json
from azjobs.emulator.templates.functions.registry import MANY, Call, function

_RESOURCE_GROUP = re.compile(r"[-\w._()]{1,90}")


def segments(call: Call, type_name: str, names: Sequence[str]) -> str:
    """The end of a resource id: ``Microsoft.Network/virtualNetworks/v/subnets/s``.

    Raises:
        ExpressionError: the type has not one segment for each name.
    """
    namespace, *types = type_name.split("/")
    parts = [part for name in names for part in name.split("/")]
    if not types or len(types) != len(parts) or not all(types) or not all(parts):
        raise call.error(
            f"the type '{type_name}' requires '{len(types)}' resource name argument(s) while "
            f"'{len(parts)}' were provided"
        )
    pairs = [piece for pair in zip(types, parts, strict=True) for piece in pair]
    return "/".join(["providers", namespace, *pairs])


def _split(call: Call, most_scopes: int) -> tuple[list[str], str, list[str]]:
    """The arguments of ``resourceId``: scopes before the type, the type, the names.

    The type is the last argument with a slash that leaves one name for each of its segments.
    """
    values = call.strings()
    for scopes in range(min(most_scopes, len(values) - 1) + 1):
        type_name, names = values[scopes], values[scopes + 1 :]
        parts = sum(name.count("/") + 1 for name in names)
        if "/" in type_name and type_name.count("/") == parts:
            return values[:scopes], type_name, names
    type_name = next((value for value in values if "/" in value), values[0])
    return [], type_name, values[values.index(type_name) + 1 :]


def _subscription(call: Call) -> str:
    return str(call.scope.target.subscription.get("subscriptionId", ""))


@function("resourceId", 2, MANY)
def _resource_id(call: Call) -> Json:
    scopes, type_name, names = _split(call, 2)
    tail = segments(call, type_name, names)
    group = call.scope.target.resource_group
    subscription, name = _subscription(call), str(group["name"]) if group else ""
    match scopes:
        case [only] if _is_subscription(only) and not group:
            return f"/subscriptions/{only}/{tail}"
        case [only]:
            name = only
        case [first, second]:
            if not _is_subscription(first):
                raise call.error(f"the provided value '{first}' is not valid subscription identifier")
            subscription, name = first, second
    if not name:
        return f"/subscriptions/{subscription}/{tail}"
    if not _RESOURCE_GROUP.fullmatch(name):
        raise call.error(f"the provided value '{name}' is not a valid resource group name")
    return f"/subscriptions/{subscription}/resourceGroups/{name}/{tail}"


def _is_subscription(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


@function("subscriptionResourceId", 2, MANY)
def _subscription_resource_id(call: Call) -> Json:
    scopes, type_name, names = _split(call, 1)
    subscription = scopes[0] if scopes else _subscription(call)
    return f"/subscriptions/{subscription}/{segments(call, type_name, names)}"


@function("tenantResourceId", 2, MANY)
def _tenant_resource_id(call: Call) -> Json:
    _, type_name, names = _split(call, 0)
    return "/" + segments(call, type_name, names)


@function("managementGroupResourceId", 2, MANY)
def _management_group_resource_id(call: Call) -> Json:
    scopes, type_name, names = _split(call, 1)
    group = scopes[0] if scopes else str(call.scope.target.tenant.get("tenantId", ""))
    return f"/providers/Microsoft.Management/managementGroups/{group}/{segments(call, type_name, names)}"


@function("extensionResourceId", 3, MANY)
def _extension_resource_id(call: Call) -> Json:
    scope, type_name, *names = call.strings()
    return f"{scope.rstrip('/')}/{segments(call, type_name, names)}"


@function("reference", 1, 3)
def _reference(call: Call) -> Json:
    api_version = call.string(1) if len(call.arguments) > 1 else None
    full = len(call.arguments) > 2 and call.string(2).lower() == "full"
    return call.scope.reference(call.string(0), api_version, full)


@function("subscription", 0)
def _subscription_function(call: Call) -> Json:
    return dict(call.scope.target.subscription)


@function("resourceGroup", 0)
def _resource_group(call: Call) -> Json:
    group = call.scope.target.resource_group
    if group is None:
        raise call.error("the function is not expected at this location: the deployment has no resource group")
    return dict(group)


@function("tenant", 0)
def _tenant(call: Call) -> Json:
    return dict(call.scope.target.tenant)


@function("managementGroup", 0)
def _management_group(call: Call) -> Json:
    raise call.error("the function is not expected at this location: the deployment is not at a management group")


@function("pickZones", 3, 5)
def _pick_zones(call: Call) -> Json:
    count, offset = call.integer(3, 1), call.integer(4, 0)
    if not 1 <= offset + count <= 3 or count < 1 or offset < 0:
        raise call.error("there are '3' zones: the number and the offset of zones must fit in them")
    return [str(zone) for zone in range(offset + 1, offset + count + 1)]


@function("providers", 1, 2)
def _providers(call: Call) -> Json:
    raise call.error("the function is deprecated in Azure: name the api-version in the template")
