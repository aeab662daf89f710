"""Azure's own descriptions of its resource types: the properties that bodies may and must have, and their types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.bodies import EnumTest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "schemas"
_REQUIRED, _READ_ONLY, _WRITE_ONLY, _DEPLOY_TIME, _IDENTIFIER = 1, 2, 4, 8, 16


class Schemas:
    """The types of the `types.json` files in a folder; none when there is no such folder.

    Args:
        folder: Where the files are.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._types: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {}
        for path in sorted(folder.glob("*.types.json")):
            types = json.loads(path.read_text(encoding="utf-8"))
            for item in types:
                if item["$type"] == "ResourceType":
                    name = item["name"].partition("@")[0].lower()
                    self._types[name] = (types, item)

    def knows(self, resource_type: str) -> bool:
        """Whether the type is described."""
        return resource_type.lower() in self._types

    def complaints(self, resource_type: str, document: Any) -> list[str]:
        """What is wrong with a body, one sentence each; empty for a type that is not described."""
        known = self._types.get(resource_type.lower())
        if known is None or not isinstance(document, dict) or "id" not in document:
            return []
        types, resource = known
        return list(_check(types, _resolve(types, resource["body"]), document, ""))

    def enum_test(self, resource_type: str) -> EnumTest | None:
        """Whether the values at a key path of a type come from a closed list; None for a type not described."""
        known = self._types.get(resource_type.lower())
        if known is None:
            return None
        types, resource = known
        return lambda path: _is_closed(types, _at(types, _resolve(types, resource["body"]), path))


def _resolve(types: list[dict[str, Any]], reference: dict[str, Any]) -> dict[str, Any]:
    return types[int(reference["$ref"].rpartition("/")[2])]


def _properties(types: list[dict[str, Any]], schema: dict[str, Any]) -> dict[str, Any]:
    return schema.get("properties") or schema.get("baseProperties") or {}


def _at(types: list[dict[str, Any]], schema: dict[str, Any], path: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = schema
    for part in path.split("."):
        name = part.rstrip("[]")
        member = _properties(types, found or {}).get(name)
        if member is None:
            return None
        found = _resolve(types, member["type"])
        while found is not None and found["$type"] == "ArrayType":
            found = _resolve(types, found["itemType"])
    return found


def _is_closed(types: list[dict[str, Any]], schema: dict[str, Any] | None) -> bool:
    if schema is None:
        return False
    if schema["$type"] == "StringLiteralType":
        return True
    if schema["$type"] != "UnionType":
        return False
    return any(_resolve(types, element)["$type"] == "StringLiteralType" for element in schema["elements"])


def _check(types: list[dict[str, Any]], schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    match schema["$type"]:
        case "ObjectType" | "DiscriminatedObjectType":
            yield from _check_object(types, schema, value, path)
        case "ArrayType":
            if not isinstance(value, list):
                yield f"{path} must be an array"
                return
            for item in value:
                yield from _check(types, _resolve(types, schema["itemType"]), item, f"{path}[]")
        case "StringType" | "StringLiteralType":
            if not isinstance(value, str):
                yield f"{path} must be a string"
        case "IntegerType":
            if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
                yield f"{path} must be an integer"
        case "BooleanType":
            if not isinstance(value, bool):
                yield f"{path} must be a boolean"
        case "UnionType":
            choices = [_resolve(types, element) for element in schema["elements"]]
            if all(list(_check(types, choice, value, path)) for choice in choices):
                yield f"{path} has none of the types that it may have"


def _check_object(types: list[dict[str, Any]], schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} must be an object"
        return
    properties = dict(_properties(types, schema))
    if "discriminator" in schema:
        chosen = schema["elements"].get(value.get(schema["discriminator"]))
        properties |= _properties(types, _resolve(types, chosen)) if chosen else {}
    by_lower = {name.lower(): name for name in properties}
    for name, item in value.items():
        where = f"{path}.{name}" if path else name
        if name in properties:
            if item is not None:
                yield from _check(types, _resolve(types, properties[name]["type"]), item, where)
        elif name.lower() in by_lower:
            yield f"{where} is written {by_lower[name.lower()]}"
        elif "additionalProperties" in schema:
            yield from _check(types, _resolve(types, schema["additionalProperties"]), item, where)
        elif properties or schema["$type"] == "ObjectType":
            yield f"{where} is unknown"
    for name, member in properties.items():
        flags = member.get("flags", 0)
        if flags & _REQUIRED and not flags & (_WRITE_ONLY | _DEPLOY_TIME) and name not in value:
            yield f"{path}.{name} is missing" if path else f"{name} is missing"
