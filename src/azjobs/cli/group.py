"""`azjobs group`: resource groups."""

from __future__ import annotations

import click

from azjobs.cli.acting import as_job_option, perform, say_where, who_acts
from azjobs.cli.asking import confirm
from azjobs.cli.options import location_option, name_option, parse_tags, tags_option
from azjobs.cli.parsing import Command, Entry, LazyGroup
from azjobs.cli.results import print_result
from azjobs.cli.settings import Settings


@click.group(
    "group",
    cls=LazyGroup,
    entries={
        "create": Entry("azjobs.cli.group:create", "Make a resource group."),
        "list": Entry("azjobs.cli.group:list_", "List the resource groups of the subscription."),
        "show": Entry("azjobs.cli.group:show", "Show one resource group."),
        "delete": Entry("azjobs.cli.group:delete", "Delete a resource group with everything in it."),
        "remove": Entry("azjobs.cli.group:delete", alias_of="delete"),
    },
    epilog="""
        azjobs group create -n MyGroup -l westeurope
        azjobs group delete -n MyGroup --as-job
    """,
)
def group() -> None:
    """Make, look at and delete resource groups."""


@click.command("create", cls=Command, epilog="azjobs group create -n MyGroup -l westeurope --tags owner=me")
@name_option("Its name.")
@location_option("The Azure region that keeps its data; eastus by default.")
@tags_option()
@as_job_option
@click.pass_obj
def create(settings: Settings, name: str, location: str | None, tags: tuple[str, ...], as_job: bool) -> None:
    """Make a resource group; one that is there already is returned unchanged."""
    from azjobs.commands import new_resource_group

    parsed = parse_tags(tags)
    place = {} if location is None else {"location": location}
    context = who_acts()
    say_where(context)
    perform(
        settings,
        lambda as_job: new_resource_group(name, tags=parsed, context=context, as_job=as_job, **place),
        as_job=as_job,
    )


@click.command("list", cls=Command, epilog="azjobs group list -o tsv --query '[].name'")
@click.option("-n", "--name", metavar="PATTERN", help="Only those with names like this; * and ? stand for anything.")
@click.pass_obj
def list_(settings: Settings, name: str | None) -> None:
    """List the resource groups of the subscription."""
    from azjobs.commands import get_resource_group

    found = get_resource_group(None, like=name)
    print_result(settings, found)


@click.command("show", cls=Command, epilog="azjobs group show -n MyGroup")
@name_option("Its name.")
@click.pass_obj
def show(settings: Settings, name: str) -> None:
    """Show one resource group."""
    from azjobs.commands import get_resource_group

    found = get_resource_group(name)
    print_result(settings, found)


@click.command("delete", cls=Command, epilog="azjobs group delete -n MyGroup --yes --as-job")
@name_option("Its name.")
@as_job_option
@click.pass_obj
def delete(settings: Settings, name: str, as_job: bool) -> None:
    """Delete a resource group with everything in it, after asking.

    Where no terminal is there to ask on, --yes is needed.
    """
    from azjobs.commands import remove_resource_group

    context = who_acts()
    confirm(settings, context, f"Delete the resource group {name} with everything in it")
    perform(settings, lambda as_job: remove_resource_group(name, context=context, as_job=as_job), as_job=as_job)
