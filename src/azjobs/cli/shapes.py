"""Results as JSON-able data: what `--output json` prints and `--query` picks from."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azjobs.jobs.rows import JobRow

# What our subclasses of the SDK's models add to Azure's own body.
_ADDED = {"resource_group": "resourceGroup", "fully_qualified_domain_name": "fullyQualifiedDomainName"}


def job_object(row: JobRow) -> dict[str, Any]:
    """Return a job as an object of `azjobs list -o json`."""
    return {
        "id": row.id,
        "instanceId": row.instance_id,
        "name": row.name,
        "psJobTypeName": row.type_name,
        "state": str(row.state),
        "hasMoreData": row.has_more_data,
        "location": row.location,
        "command": row.command,
        "statusMessage": row.status_message,
        "reason": None if row.reason is None else _reason(row.reason.to_json()),
        "beginTime": _moment(row.begin_time),
        "endTime": _moment(row.end_time),
    }


def plain(value: object) -> Any:
    """Return any result of a job as JSON-able data: a model of the SDK as Azure's own body, whole.

    What has no JSON of its own is given as its text.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value.value if isinstance(value, Enum) else value
        case Enum():
            return plain(value.value)
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
        case bytes() | bytearray():
            return b64encode(value).decode()
    if callable(as_dict := getattr(value, "as_dict", None)) and not isinstance(value, type):
        return _model(value, as_dict())
    if callable(to_json := getattr(value, "to_json", None)) and not isinstance(value, type):
        return plain(to_json())
    if is_dataclass(value) and not isinstance(value, type):
        return {_camel(field.name): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def _model(value: object, body: Mapping[str, Any]) -> dict[str, Any]:
    found = {str(key): plain(item) for key, item in body.items()}
    for attribute, name in _ADDED.items():
        if hasattr(value, attribute):
            found.setdefault(name, plain(getattr(value, attribute)))
    return found


def _reason(reason: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in reason.items() if key not in ("exception", "request_id", "details")}
    if "request_id" in reason:
        shown["requestId"] = reason["request_id"]
    if "details" in reason:
        shown["details"] = [_reason(detail) for detail in reason["details"]]
    return shown


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
