"""Warnings of jobs and commands as sentences on standard error."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from azjobs.cli.failures import say
from azjobs.cli.phrasing import for_shell


@contextmanager
def warnings_as_sentences() -> Iterator[None]:
    """Say what is warned of meanwhile as `azjobs: warning: …`, each time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _say
        yield


def _say(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    say(f"warning: {for_shell(str(message))}")
