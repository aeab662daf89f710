"""Colour where somebody sees it and has not said no to it."""

from __future__ import annotations

import os
from typing import TextIO

import click


def colored(text: str, color: str, stream: TextIO | None) -> str:
    """Return the text in a colour when the stream is a terminal, NO_COLOR is not set and TERM is not dumb."""
    wanted = stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")
    return click.style(text, fg=color) if wanted and os.environ.get("TERM") != "dumb" else text
