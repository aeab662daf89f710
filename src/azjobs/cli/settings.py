"""What the options that every command takes have said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class OutputFormat(StrEnum):
    """How results are printed; Azure CLI's names."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    TSV = "tsv"


@dataclass
class Settings:
    """The global options of this call; filled while the command line is parsed.

    Attributes:
        output: how results are printed.
        query: a JMESPath that picks from the result, or None.
        yes: whether every question is answered with yes.
        debug: whether HTTP requests and tracebacks are shown.
        at_end: what is to be done when the call has ended.
    """

    output: OutputFormat = OutputFormat.TABLE
    query: str | None = None
    yes: bool = False
    debug: bool = False
    at_end: list[Callable[[], None]] = field(default_factory=list)
