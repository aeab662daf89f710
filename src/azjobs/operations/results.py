"""Results as types: a raw ARM body and the path of its type give what the plain call would have returned."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import Any, Union, get_args, get_origin

_PLAIN = {"builtins:str", "builtins:int", "builtins:float", "builtins:bool", "builtins:dict", "builtins:list"}


def path_of(annotation: Any) -> str | None:
    """Return the path of a type: `package.module:Name`, `list[…]`, `dict[…]`, or None when nothing is returned.

    Example:
        >>> path_of(int), path_of(list[int]), path_of(None)
        ('builtins:int', 'list[builtins:int]', None)
    """
    if annotation is None or annotation is type(None):
        return None
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list:
        return f"list[{path_of(arguments[0])}]"
    if origin is dict:
        return f"dict[{path_of(arguments[1])}]"
    if origin is Union or type(annotation).__name__ == "UnionType":
        kinds = [argument for argument in arguments if argument is not type(None)]
        return path_of(kinds[0]) if len(kinds) == 1 else "builtins:object"
    if origin is not None or not isinstance(annotation, type):
        return "builtins:object"  # JSON, Any, MutableMapping[str, Any]: the body as it is
    return f"{_public_module(annotation)}:{annotation.__qualname__}"


def _public_module(kind: type) -> str:
    """Return the public package that exports a type: private modules move from one version of an SDK to the next."""
    parts = kind.__module__.split(".")
    while any(part.startswith("_") for part in parts):
        parts.pop()
        if getattr(sys.modules.get(".".join(parts)), kind.__qualname__, None) is kind and not any(
            part.startswith("_") for part in parts
        ):
            return ".".join(parts)
    return kind.__module__


def decode(type_path: str, body: Any, extras: Mapping[str, Any] | None = None) -> Any:
    """Return the object that a raw ARM body stands for.

    A type with a `from_arm(body, extras)` of its own makes itself; SDK models are read by their package; where the type
    is not installed (any more), the body itself is the result.

    Args:
        type_path: what `path_of` gave, or the path that a command names.
        body: the parsed JSON.
        extras: what a command's type is given beside the body.

    Example:
        >>> decode("list[builtins:int]", [1, 2])
        [1, 2]
    """
    if body is None:
        return None
    if type_path.startswith("list[") and isinstance(body, list):
        return [decode(type_path[5:-1], item, extras) for item in body]
    if type_path.startswith("dict[") and isinstance(body, dict):
        return {key: decode(type_path[5:-1], value, extras) for key, value in body.items()}
    if type_path in _PLAIN or type_path == "builtins:object":
        return body
    kind = _load(type_path)
    if kind is None:
        return body
    if hasattr(kind, "from_arm"):
        return kind.from_arm(body, dict(extras or {}))
    if kind is datetime:
        return datetime.fromisoformat(body)
    return _model(kind, body)


def _load(type_path: str) -> Any:
    module_name, _, name = type_path.partition(":")
    try:
        found: Any = import_module(module_name)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    return found


def _model(kind: Any, body: Any) -> Any:
    """Return a model of an azure-mgmt package; TypeSpec models and older msrest ones are read differently."""
    for base in kind.__mro__:
        read = getattr(sys.modules.get(base.__module__), "_deserialize", None)
        if read is not None and hasattr(base, "_is_model"):
            return read(kind, body)
    if hasattr(kind, "_deserialize") and hasattr(kind, "_is_model"):
        return kind._deserialize(body, [])
    if hasattr(kind, "deserialize"):
        return kind.deserialize(body)
    return body
