"""`azjobs vm list` and `azjobs vm show`."""

from __future__ import annotations

import click

from azjobs.cli.options import group_option, name_option
from azjobs.cli.parsing import Command
from azjobs.cli.results import print_result
from azjobs.cli.settings import Settings

_details_option = click.option(
    "-d", "--show-details", "--status", "details", is_flag=True, help="Also whether they run: the power state."
)


@click.command(
    "list",
    cls=Command,
    epilog="""
        azjobs vm list
        azjobs vm list -g MyVm -d
        azjobs vm list -o json --query "[].{name: name, id: id}"
    """,
)
@group_option("Only the virtual machines of this resource group.")
@click.option("-n", "--name", metavar="PATTERN", help="Only those with names like this; * and ? stand for anything.")
@_details_option
@click.pass_obj
def list_(settings: Settings, resource_group: str | None, name: str | None, details: bool) -> None:
    """List the virtual machines of the subscription, those that jobs are making too."""
    from azjobs.commands import get_vm

    found = get_vm(None, resource_group, like=name, status=details)
    print_result(settings, found)


@click.command(
    "show",
    cls=Command,
    epilog="""
        azjobs vm show -n MyVm
        azjobs vm show -n MyVm -o tsv --query fullyQualifiedDomainName
    """,
)
@name_option("Its name, or its resource id.")
@group_option("Its resource group; by default it is looked for, first in the group of its own name.")
@_details_option
@click.pass_obj
def show(settings: Settings, name: str, resource_group: str | None, details: bool) -> None:
    """Show one virtual machine; while a job makes it and Azure does not show it yet, its job answers."""
    from azjobs.commands import get_vm

    found = get_vm(name, resource_group, status=details)
    print_result(settings, found)
