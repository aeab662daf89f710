"""The arguments that several commands on jobs take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def jobs_argument(*, required: bool = True) -> Callable[[F], F]:
    """Return the argument JOB...: ids, instance ids, or names with wildcards."""
    return click.argument("jobs", metavar="JOB...", nargs=-1, required=required)


def timeout_option(text: str) -> Callable[[F], F]:
    """Return the option --timeout SECONDS."""
    return click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help=text)
