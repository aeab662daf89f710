"""The floor: figures below which a run fails."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from conformance.figures import Figures, keys_present
from conformance.report import NAMED

_PLACES = 100
"""Figures are kept to a hundredth of a percent, rounded down."""


class FloorUnreadable(Exception):
    """A floor file that cannot be used. The message says what to do."""


def of(figures: Figures) -> dict[str, float]:
    """The figures that a floor holds, in percent; of all of them more is better."""
    found = {
        "comparable": figures.comparable.percent,
        "status": figures.status.percent,
        "LRO headers": figures.lro_headers.percent,
        "Retry-After": figures.retry_after.percent,
        "key paths present": figures.keys.percent,
        "keys that Azure sends too": 100.0 - figures.surplus.percent if figures.surplus.all else 100.0,
        "values of the right type and enum": figures.values.percent,
        "bodies valid against the schemas": figures.valid.percent,
    }
    for subject, name in NAMED.items():
        if subject in figures.subjects:
            found[f"key paths present: {name}"] = keys_present(figures.subjects[subject]).percent
    return found


def read(path: Path) -> dict[str, float]:
    """The floor in a file.

    Raises:
        FloorUnreadable: There is no such file, or it is no floor.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): float(value) for name, value in document.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise FloorUnreadable(f"The floor {path} cannot be read ({error}): write one with --write-floor.") from None


def write(path: Path, figures: Figures) -> None:
    """Write the figures of a run as the floor."""
    rounded = {name: math.floor(value * _PLACES) / _PLACES for name, value in of(figures).items()}
    path.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")


def dropped(floor: Mapping[str, float], figures: Figures) -> list[str]:
    """The figures that are below the floor, one sentence each."""
    found = of(figures)
    return [
        f"{name} has dropped to {found[name]:.2f} %; the floor is {lowest:.2f} %."
        for name, lowest in floor.items()
        if name in found and found[name] < lowest
    ]
