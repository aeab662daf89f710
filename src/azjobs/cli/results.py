"""Printing what commands return: a VM as its list of properties, VMs as the table, anything else as its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from azjobs.cli.output import as_table, emit
from azjobs.cli.settings import Settings
from azjobs.cli.shapes import plain


def print_result(settings: Settings, value: Any) -> None:
    """Print one result; a command that returns nothing prints nothing as a table and null as JSON."""
    emit(settings, lambda: plain(value), lambda: _text(value))


def print_results(settings: Settings, values: Sequence[Any]) -> None:
    """Print the results of several jobs: a list, or one after the other."""
    emit(settings, lambda: plain(values), lambda: "\n\n".join(filter(None, map(_text, values))))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) or (isinstance(value, list) and value and all(isinstance(one, dict) for one in value)):
        return as_table(plain(value))
    if isinstance(value, (list, tuple)):
        return "\n".join(map(_text, value))
    return repr(value)
