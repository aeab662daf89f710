"""JSON values as text and back, as the language's functions do it; and .NET's composite formats."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

from azjobs.emulator.templates.errors import Json

WIDEST = 131_072
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d{1,4})(?:,(-?\d{1,6}))?(?::([^{}]*))?\}|[{}]")
_NUMERIC = re.compile(r"([DNFXGPC])(\d{0,3})", re.IGNORECASE)


def text_of(value: Json) -> str:
    """A value as ``string()`` and ``concat()`` write it: .NET's casing of booleans, compact JSON for the rest."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, (list, dict)):
        return compact(value)
    return str(value)


def compact(value: Json) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str) -> Json:
    """The value of a JSON text.

    Raises:
        ValueError: it is not JSON.
    """

    def refuse(constant: str) -> Json:
        raise ValueError(f"{constant} is not JSON")

    def finite(number: str) -> float:
        value = float(number)
        if not math.isfinite(value):
            raise ValueError(f"{number[:40]} is too large")
        return value

    try:
        return json.loads(text, parse_constant=refuse, parse_float=finite)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def composite(template: str, values: Sequence[Json]) -> str:
    """.NET's ``String.Format``: ``{0}``, ``{0,8}``, ``{0:D3}``, ``{{``.

    Raises:
        ValueError: the format is not valid or asks for a value that is not there.
    """
    parts: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(template):
        parts.append(template[end : match.start()])
        end = match.end()
        parts.append(_placed(match, values))
    parts.append(template[end:])
    return "".join(parts)


def _placed(match: re.Match[str], values: Sequence[Json]) -> str:
    if match.group() in ("{{", "}}"):
        return match.group()[0]
    if match.group(1) is None:
        raise ValueError("the input string was not in a correct format")
    index, alignment, style = int(match.group(1)), match.group(2), match.group(3)
    if index >= len(values):
        raise ValueError("the index must be less than the size of the argument list")
    text = styled(values[index], style or "")
    width = int(alignment or 0)
    if abs(width) > WIDEST:
        raise ValueError(f"the width '{width}' is too large")
    return text.rjust(width) if width >= 0 else text.ljust(-width)


def styled(value: Json, style: str) -> str:
    """A value in one of .NET's standard numeric formats; other values and styles come as their text."""
    match = _NUMERIC.fullmatch(style)
    if match is None or isinstance(value, bool) or not isinstance(value, (int, float)):
        return text_of(value)
    letter, digits = match.group(1), match.group(2)
    match letter.upper():
        case "D":
            number = int(value)
            return ("-" if number < 0 else "") + str(abs(number)).rjust(int(digits or 0), "0")
        case "X":
            text = format(int(value) & (2**64 - 1 if value < 0 else -1), letter)
            return text.rjust(int(digits or 0), "0")
        case "N":
            return format(value, f",.{int(digits or 2)}f")
        case "F":
            return format(value, f".{int(digits or 2)}f")
        case "P":
            return format(value * 100, f",.{int(digits or 2)}f") + " %"
        case _:
            return text_of(value)
