"""`azjobs context`."""

from __future__ import annotations

import click

from azjobs.cli.contexts import print_context
from azjobs.cli.parsing import Command, Entry, LazyGroup
from azjobs.cli.settings import Settings


@click.group(
    "context",
    cls=LazyGroup,
    entries={
        "show": Entry("azjobs.cli.context:show", "Show who you are and which subscription you act in."),
        "set": Entry("azjobs.cli.context:set_", "Act in another subscription from now on."),
    },
    epilog="""
        azjobs context show
        azjobs context set --subscription Production
    """,
)
def context() -> None:
    """Show or set who you are and which subscription you act in."""


@click.command("show", cls=Command)
@click.pass_obj
def show(settings: Settings) -> None:
    """Show the account, the tenant, the environment and the subscription that commands act in."""
    from azjobs.accounts import get_context

    print_context(settings, get_context())


@click.command("set", cls=Command)
@click.option("-s", "--subscription", metavar="ID-OR-NAME", help="The subscription to act in.")
@click.option("-t", "--tenant", metavar="ID", help="The tenant to act in; the one you are in by default.")
@click.pass_obj
def set_(settings: Settings, subscription: str | None, tenant: str | None) -> None:
    """Act in another subscription from now on, in this terminal and all others. Jobs stay where they began."""
    if subscription is None and tenant is None:
        raise click.UsageError("Say what to change: --subscription or --tenant.")
    from azjobs.accounts import set_context

    chosen = set_context(subscription=subscription, tenant=tenant)
    print_context(settings, chosen)
