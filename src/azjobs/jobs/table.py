"""Tables as PowerShell prints them: pure functions from rows of text to lines of text, and to HTML for notebooks."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        title: the heading.
        align: where the text stands.
        shrink: how readily the column gives up width when the table is too wide; 0 never.
    """

    title: str
    align: Literal["left", "right"] = "left"
    shrink: int = 0


def render(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Return the table as text: heading, a line of dashes, the rows.

    Args:
        columns: the columns.
        rows: one text a column each.
        width: characters that a line may have; None cuts nothing.

    Example:
        >>> print(render([Column("Id"), Column("Name")], [["1", "MyVm"]]))
        Id Name
        -- ----
        1  MyVm
    """
    widths = [max([len(column.title), *(len(row[k]) for row in rows)]) for k, column in enumerate(columns)]
    if width is not None:
        widths = _fit(columns, widths, width)
    titles = [column.title for column in columns]
    dashes = ["-" * len(title) for title in titles]
    return "\n".join(_line(columns, widths, row) for row in [titles, dashes, *rows])


def render_html(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """Return the table as HTML, for a notebook's `_repr_html_`."""
    head = "".join(f'<th style="text-align:{column.align}">{escape(column.title)}</th>' for column in columns)
    body = "".join(f"<tr>{_html_cells(columns, row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def terminal_width() -> int | None:
    """Return the width of the terminal that standard output is, or None when it is none: piped output is never cut."""
    stream = sys.stdout
    if stream is None or not stream.isatty():
        return None
    return shutil.get_terminal_size().columns


def shorten(text: str, width: int) -> str:
    """Return the text cut in its middle, so that its end (the name of a resource, mostly) stays.

    Example:
        >>> shorten("Long Running Operation for 'new_vm' on resource 'MyVm7'", 26)
        "Long Run...source 'MyVm7'"
    """
    if len(text) <= width:
        return text
    if width <= 3:
        return "." * width
    tail = (width - 3) * 2 // 3
    return f"{text[: width - 3 - tail]}...{text[len(text) - tail :]}" if tail else f"{text[: width - 3]}..."


def _html_cells(columns: Sequence[Column], row: Sequence[str]) -> str:
    pairs = zip(columns, row, strict=True)
    return "".join(f'<td style="text-align:{column.align}">{escape(cell)}</td>' for column, cell in pairs)


def _fit(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    fitted = list(widths)
    while sum(fitted) + len(fitted) - 1 > width:
        # The widest of the columns that yield, weighted by how readily they do, loses a character.
        candidates = [k for k, column in enumerate(columns) if column.shrink and fitted[k] > len(column.title)]
        if not candidates:
            break
        fitted[max(candidates, key=lambda k: (fitted[k] - len(columns[k].title)) * columns[k].shrink)] -= 1
    return fitted


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    parts = []
    for column, width, cell in zip(columns, widths, cells, strict=True):
        text = shorten(cell, width)
        parts.append(text.rjust(width) if column.align == "right" else text.ljust(width))
    return " ".join(parts).rstrip()
