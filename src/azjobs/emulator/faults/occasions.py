"""What a request is about, in the words in which rules speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azjobs.emulator.faults.rules import Occasion, Phase
from azjobs.emulator.paths import InvalidPath, ResourcePath, parse
from azjobs.emulator.request import Request

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_READS = ("GET", "HEAD")


def occasion_of(azure: Azure, request: Request) -> Occasion | None:
    """What a request to ARM is about; None when its path names nothing.

    Args:
        azure: The emulated Azure.
        request: The request.
    """
    from azjobs.emulator.dispatch import canonical

    try:
        path = canonical(azure, parse(request.path))
    except InvalidPath:
        return None
    if not path.types:
        return None
    return _poll(azure, request, path) or _plain(azure, request, path)


def _poll(azure: Azure, request: Request, path: ResourcePath) -> Occasion | None:
    from azjobs.emulator.types.polls import Poll

    if request.method not in _READS or path.is_collection or not isinstance(azure.types.of(path.type), Poll):
        return None
    operation = azure.operations.get(path.name)
    is_result = path.tail.lower() == "operationresults" or request.query.get("monitor", "").lower() == "true"
    return Occasion(
        method=request.method,
        kind=operation.kind if operation is not None else path.type,
        name=operation.target.rpartition("/")[2] if operation is not None else path.name,
        id=operation.target if operation is not None else path.id,
        phase=Phase.RESULT if is_result else Phase.POLL,
        operation=path.name.lower(),
    )


def _plain(azure: Azure, request: Request, path: ResourcePath) -> Occasion:
    method = request.method
    if path.is_collection:
        owner = path.parent
        kind = f"{path.type}/list" if method in _READS else path.type
        return Occasion(method=method, kind=kind, name=owner.name, id=owner.id if owner.types else path.id)
    if method in _READS:
        verb = "read"
    elif method == "PUT":
        verb = "create" if azure.store.get(path.id) is None else "update"
    else:
        verb = method.lower()
    return Occasion(method=method, kind=f"{path.type}/{verb}", name=path.name, id=path.id)
