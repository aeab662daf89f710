"""Questions before something is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from azjobs.cli import exits
from azjobs.cli.acting import say_where
from azjobs.cli.failures import say
from azjobs.cli.secret_input import can_ask
from azjobs.cli.settings import Settings
from azjobs.errors import NoTerminal

if TYPE_CHECKING:
    from azjobs.accounts.context import Context


def confirm(settings: Settings, context: Context, action: str) -> None:
    """Say where a command acts and ask whether to do it, unless `--yes` has answered.

    Args:
        settings: whether `--yes` was given.
        context: who acts, and where.
        action: what will be done, as an order: "Delete the VM MyVm".

    Raises:
        NoTerminal: nobody can be asked; nothing is sent.
        click.exceptions.Exit: the answer was no.
    """
    if not (settings.yes or can_ask()):
        raise NoTerminal(f"{action}: nobody is at a terminal to confirm it, so nothing was sent; add --yes.")
    say_where(context)
    if not settings.yes and not click.confirm(f"{action}?", err=True):
        say("Nothing was sent.")
        raise click.exceptions.Exit(exits.FAILED)
