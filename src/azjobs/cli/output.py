"""Printing results: a table for people, or JSON, YAML and tab-separated values for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from azjobs.cli.settings import OutputFormat, Settings
from azjobs.jobs.table import Column, render, terminal_width


def emit(settings: Settings, data: Callable[[], Any], table: Callable[[], str]) -> None:
    """Print a result on standard output.

    Args:
        settings: how.
        data: gives the result as JSON-able data; what `--query` picks from.
        table: gives the result as text for a person.
    """
    if settings.output is OutputFormat.TABLE and settings.query is None:
        text = table()
    else:
        found = data()
        if settings.query is not None:
            from azjobs.cli.query import pick

            found = pick(settings.query, found)
        text = formatted(settings.output, found)
    if text:
        click.echo(text)


def formatted(output: OutputFormat, data: Any) -> str:
    """Return JSON-able data in a format."""
    match output:
        case OutputFormat.JSON:
            return json.dumps(data, indent=2, ensure_ascii=False)
        case OutputFormat.YAML:
            return _yaml(data)
        case OutputFormat.TSV:
            return tab_separated(data)
        case OutputFormat.TABLE:
            return as_table(data)


def tab_separated(data: Any) -> str:
    """Return data as Azure CLI's tsv: a line an item, a nested list as its length, a nested object as nothing.

    Example:
        >>> tab_separated([{"id": 1, "state": "Running"}])
        '1\\tRunning'
    """
    items = data if isinstance(data, list) else [] if data is None else [data]
    return "\n".join(_tsv_line(item) for item in items)


def as_table(data: Any) -> str:
    """Return data that `--query` picked as a table; what is nested is left out, as Azure CLI does."""
    if data is None or data == []:
        return ""
    items = data if isinstance(data, list) else [data]
    rows = [_table_row(item) for item in items]
    titles = list(dict.fromkeys(title for row in rows for title in row))
    columns = [Column(title, shrink=1) for title in titles]
    return render(columns, [[row.get(title, "") for title in titles] for row in rows], terminal_width())


def _yaml(data: Any) -> str:
    import yaml

    plain = json.dumps(data, ensure_ascii=False)
    # PyYAML leaves these line ends as they are, and reads them as others.
    readable = not set(plain) & set("\x85\u2028\u2029\ufeff")
    # jmespath gives ordered dictionaries, which a safe dumper does not know.
    text: str = yaml.safe_dump(json.loads(plain), sort_keys=False, allow_unicode=readable)
    return text.removesuffix("\n").removesuffix("\n...")


def _tsv_line(item: Any) -> str:
    if isinstance(item, dict):
        return "\t".join(_tsv_cell(value) for value in item.values())
    if isinstance(item, list):
        return "\t".join(_tsv_cell(value) for value in item)
    return str(item).lower() if isinstance(item, bool) else _tsv_cell(item)


def _tsv_cell(value: Any) -> str:
    if isinstance(value, list):
        return str(len(value))
    if isinstance(value, dict):
        return ""
    return " ".join(str(value).splitlines()).replace("\t", " ")


def _table_row(item: Any) -> dict[str, str]:
    if isinstance(item, dict):
        return {
            str(key)[:1].upper() + str(key)[1:]: _table_cell(value)
            for key, value in item.items()
            if not isinstance(value, (dict, list))
        }
    if isinstance(item, list):
        return {f"Column{index}": _table_cell(value) for index, value in enumerate(item, start=1)}
    return {"Result": _table_cell(item)}


def _table_cell(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, (dict, list)) else " ".join(str(value).split())
