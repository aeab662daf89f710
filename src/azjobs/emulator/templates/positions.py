"""Where a value stands in a JSON text, as ARM's messages say it: line and column, both from 1."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

_SPACE = re.compile(r"[\s,:]*")


def position(text: str, path: Sequence[str | int]) -> tuple[int, int]:
    """The line and the column at which a value of a JSON text begins; zeros when it is not there.

    Args:
        text: a valid JSON text.
        path: property names and array indexes from the root to the value.

    Example:
        >>> position('{"a": {"b": 1}}', ["a", "b"])
        (1, 13)
    """
    try:
        start = _find(text, path)
    except (ValueError, IndexError, RecursionError):
        return 0, 0
    if start is None:
        return 0, 0
    line_start = text.rfind("\n", 0, start) + 1
    return text.count("\n", 0, start) + 1, start - line_start + 1


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _find(text: str, path: Sequence[str | int]) -> int | None:
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    for key in path:
        found = _member(decoder, text, at, key) if isinstance(key, str) else _item(decoder, text, at, key)
        if found is None:
            return None
        at = found
    return at


def _member(decoder: json.JSONDecoder, text: str, at: int, name: str) -> int | None:
    if text[at] != "{":
        return None
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
        if key == name:
            return at
        at = _skip(text, decoder.raw_decode(text, at)[1])
    return None


def _item(decoder: json.JSONDecoder, text: str, at: int, index: int) -> int | None:
    if text[at] != "[":
        return None
    at = _skip(text, at + 1)
    while text[at] != "]":
        if index == 0:
            return at
        index -= 1
        at = _skip(text, decoder.raw_decode(text, at)[1])
    return None
