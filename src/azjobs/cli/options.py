"""Options that several commands take, under Azure CLI's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from azjobs.cli.parsing import ListOption
from azjobs.errors import InvalidArgument

F = TypeVar("F", bound=Callable[..., Any])


def name_option(text: str, *, required: bool = True) -> Callable[[F], F]:
    """Return --name/-n."""
    return click.option("-n", "--name", required=required, metavar="NAME", help=text)


def group_option(text: str) -> Callable[[F], F]:
    """Return --resource-group/-g."""
    return click.option("-g", "--resource-group", metavar="GROUP", help=text)


def location_option(text: str) -> Callable[[F], F]:
    """Return --location/-l."""
    return click.option("-l", "--location", metavar="REGION", help=text)


def tags_option() -> Callable[[F], F]:
    """Return --tags KEY=VALUE..."""
    return click.option(
        "--tags",
        cls=ListOption,
        metavar="KEY=VALUE...",
        help="Tags, as in `--tags owner=me stage=test`.",
    )


def parse_tags(given: Sequence[str]) -> dict[str, str] | None:
    """Return the tags; a key alone has an empty value, as in Azure CLI. None when none were given.

    Raises:
        InvalidArgument: one has no key.
    """
    tags = {}
    for tag in given:
        key, _, value = tag.partition("=")
        if not key:
            raise InvalidArgument(f"The tag {tag!r} has no key: write it as KEY=VALUE.")
        tags[key] = value
    return tags or None
