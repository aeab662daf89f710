"""From a request to the handler of its resource type."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azjobs.emulator import versions, wellknown
from azjobs.emulator.call import Call
from azjobs.emulator.errors import (
    ArmError,
    method_not_allowed,
    path_not_found,
    resource_group_being_deleted,
    resource_group_not_found,
)
from azjobs.emulator.faults import conditions
from azjobs.emulator.paths import InvalidPath, ResourcePath, parse
from azjobs.emulator.request import Request, Response

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure
    from azjobs.emulator.types.resource import ResourceType

_WRITES = frozenset({"PUT", "PATCH", "POST", "DELETE"})
LOCKS = "Microsoft.Authorization/locks"


def answer(azure: Azure, request: Request, *, internal: bool = False) -> Response:
    """Answer a request to ARM that the front door has let in."""
    call = _call(azure, request, internal=internal)
    conditions.look(call)
    response = _answer(azure, call)
    return response if internal else versions.render(response, call.path.type, call.api_version)


def _answer(azure: Azure, call: Call) -> Response:
    request, path = call.request, call.path
    handler = azure.types.of(path.type)
    if not path.is_collection:
        return _on_resource(handler, call)
    if request.method == "POST" and not path.parent.types and not path.rooted:
        return azure.types.action_of_provider(path.type, call)
    owner = azure.types.find(path.parent.type) if path.parent.types else None
    special = owner.special(request.method, path.tail) if owner is not None else None
    if special is not None:
        return special(replace(call, path=path.parent))
    if request.method in ("GET", "HEAD"):
        return handler.list(call)
    if request.method == "POST":
        return handler.post(call)
    raise method_not_allowed(request.method, request.path)


def preflight(azure: Azure, request: Request) -> None:
    """Refuse a PUT for what can be said of it alone.

    Raises:
        ArmError: What is wrong.
    """
    call = _call(azure, request, internal=True)
    azure.types.of(call.path.type).preflight(call)


def canonical(azure: Azure, path: ResourcePath) -> ResourcePath:
    """The path with types and group in the casing that Azure answers with; names stay as they came."""
    types = azure.types.canonical_types(path.type).split("/")[1:]
    if path.group is None or path.subscription is None:
        return replace(path, types=tuple(types))
    scope = path.scope
    group = azure.store.get(f"/subscriptions/{path.subscription}/resourceGroups/{path.group}")
    if group is None or path.rooted:
        return replace(path, types=tuple(types))
    prefix = f"/subscriptions/{path.subscription}/resourceGroups/{path.group}"
    if scope.lower().startswith(prefix.lower()):
        scope = group.id + scope[len(prefix) :]
    return replace(path, types=tuple(types), scope=scope, group=group.name)


def _call(azure: Azure, request: Request, *, internal: bool) -> Call:
    try:
        path = canonical(azure, parse(request.path))
    except InvalidPath:
        raise path_not_found(request.path) from None
    if not path.types:
        raise path_not_found(request.path)
    _check_scope(azure, path, request.method)
    if not internal:  # Azure registers what a template needs by itself
        _check_registration(azure, path, request.method)
    _check_locks(azure, path, request.method)
    return Call(azure=azure, request=request, path=path, internal=internal)


def _on_resource(handler: ResourceType, call: Call) -> Response:
    match call.request.method:
        case "GET":
            return handler.get(call)
        case "HEAD":
            return handler.head(call)
        case "PUT":
            return handler.put(call)
        case "PATCH":
            return handler.patch(call)
        case "DELETE":
            return handler.delete(call)
        case "POST":
            return handler.post(call)
    raise method_not_allowed(call.request.method, call.request.path)


def _check_scope(azure: Azure, path: ResourcePath, method: str) -> None:
    """Refuse a path in a subscription or a group that does not exist, and writes in a group that is being deleted."""
    if path.subscription is None:
        return
    if path.subscription.lower() not in wellknown.SUBSCRIPTIONS:
        raise ArmError(
            404,
            "SubscriptionNotFound",
            f"The subscription '{path.subscription}' could not be found.",
            gateway=True,
        )
    if path.group_id is None or (path.rooted and not path.is_collection):
        return
    group = azure.store.get(path.group_id)
    if group is None:
        raise resource_group_not_found(path.group or "")
    if method in ("PUT", "PATCH", "POST") and group.state == "Deleting":
        raise resource_group_being_deleted(group.name)


def _check_registration(azure: Azure, path: ResourcePath, method: str) -> None:
    """Refuse a write of a type whose provider the subscription has unregistered."""
    if method not in ("PUT", "PATCH") or path.subscription is None:
        return
    namespace = path.type.partition("/")[0]
    unregistered = azure.registrations.get(path.subscription.lower(), [])
    if namespace.lower() in {name.lower() for name in unregistered}:
        raise ArmError(
            409,
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use namespace "
            f"'{namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.",
            gateway=True,
        )


def _check_locks(azure: Azure, path: ResourcePath, method: str) -> None:
    """Refuse what a management lock on the resource, or on a scope above it, forbids."""
    if method not in _WRITES or path.type_key == LOCKS.lower():
        return
    scopes = sorted(
        lock.path.scope
        for lock in azure.store.of_type(LOCKS)
        if _forbids(lock.properties.get("level"), method) and (path.key + "/").startswith(lock.path.scope.lower() + "/")
    )
    if not scopes:
        return
    verb = "delete" if method == "DELETE" else "write"
    raise ArmError(
        409,
        "ScopeLocked",
        f"The scope '{path.id}' cannot perform {verb} operation because following scope(s) are locked: "
        f"'{','.join(scopes)}'. Please remove the lock and try again.",
        gateway=True,
    )


def _forbids(level: object, method: str) -> bool:
    return level == "ReadOnly" or (level == "CanNotDelete" and method == "DELETE")
