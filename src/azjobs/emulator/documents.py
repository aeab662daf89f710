"""Reading JSON that came from outside: the wrong type is the client's error, never a crash."""

from __future__ import annotations

from typing import Any, cast

from azjobs.emulator.errors import invalid_request_format
from azjobs.emulator.request import JSON

SECRET_PROPERTIES = frozenset(
    {"adminpassword", "administratorloginpassword", "customdata", "userdata", "protectedsettings", "password", "secret"}
)
"""Write-only properties, in lower case: Azure takes them and never shows them."""


def as_object(value: Any, where: str) -> JSON:
    """The value as an object; an absent one is empty.

    Raises:
        ArmError: InvalidRequestFormat, when it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid_request_format(f"The property '{where}' must be an object.")
    return value


def as_objects(value: Any, where: str) -> list[JSON]:
    """The value as a list of objects; an absent one is empty."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise invalid_request_format(f"The property '{where}' must be an array of objects.")
    return cast("list[JSON]", value)


def as_texts(value: Any, where: str) -> list[str]:
    """The value as a list of strings; an absent one is empty."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid_request_format(f"The property '{where}' must be an array of strings.")
    return cast("list[str]", value)


def as_text(value: Any, where: str) -> str | None:
    """The value as a string; None when it is absent."""
    if value is not None and not isinstance(value, str):
        raise invalid_request_format(f"The property '{where}' must be a string.")
    return value


def as_integer(value: Any, where: str) -> int | None:
    """The value as an integer; None when it is absent. A string of digits is accepted, as Azure does."""
    if value is None:
        return None
    if isinstance(value, str) and value.strip().lstrip("-").isascii() and value.strip().lstrip("-").isdigit():
        return int(value) if len(value) < 20 else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid_request_format(f"The property '{where}' must be an integer.")
    return value


def reference(value: Any, where: str) -> str | None:
    """The id in a sub-resource `{"id": …}`; None when it is absent."""
    return as_text(as_object(value, where).get("id"), f"{where}.id")


def check_shape(value: JSON, shape: JSON, where: str) -> None:
    """Refuse a document whose members have other JSON types than they must have. Absent members are fine.

    Args:
        value: The document.
        shape: For each member a dict (an object of that shape), a list of one shape (an array of such objects), or a
            Python type.
        where: What the document is called in messages.

    Raises:
        ArmError: InvalidRequestFormat.
    """
    for name, expected in shape.items():
        member, path = value.get(name), f"{where}.{name}"
        if member is None:
            continue
        if isinstance(expected, dict):
            check_shape(as_object(member, path), expected, path)
        elif isinstance(expected, list):
            for item in as_objects(member, path):
                check_shape(item, expected[0], path)
        elif expected is str:
            as_text(member, path)
        elif expected is int:
            as_integer(member, path)
        elif not isinstance(member, expected):
            raise invalid_request_format(f"The property '{path}' must be a {expected.__name__}.")


def merge(base: JSON, change: JSON) -> JSON:
    """A JSON merge patch (RFC 7396): null removes, objects merge, anything else replaces."""
    merged = dict(base)
    for name, value in change.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = merge(merged[name], value)
        else:
            merged[name] = value
    return merged


def without_nulls(value: Any) -> Any:
    """The value without the properties that are null: to ARM they are the same as absent."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def without_secrets(value: Any) -> Any:
    """The value without the properties that Azure never shows."""
    if isinstance(value, dict):
        return {name: without_secrets(item) for name, item in value.items() if name.lower() not in SECRET_PROPERTIES}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value
