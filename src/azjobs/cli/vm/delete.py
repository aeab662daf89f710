"""`azjobs vm delete`."""

from __future__ import annotations

import click

from azjobs.cli.acting import as_job_option, perform, who_acts
from azjobs.cli.asking import confirm
from azjobs.cli.options import group_option, name_option
from azjobs.cli.parsing import Command
from azjobs.cli.settings import Settings


@click.command(
    "delete",
    cls=Command,
    epilog="""
        azjobs vm delete -n MyVm
        azjobs vm delete -n MyVm --with-dependents --yes --as-job
    """,
)
@name_option("Its name, or its resource id.")
@group_option("Its resource group; by default it is looked for, first in the group of its own name.")
@click.option(
    "--with-dependents",
    is_flag=True,
    help="Also delete what its creation made: disk, network interface, public IP, security group, network; no more.",
)
@as_job_option
@click.pass_obj
def delete(settings: Settings, name: str, resource_group: str | None, with_dependents: bool, as_job: bool) -> None:
    """Delete a virtual machine, after asking. What remains and is billed is said.

    Where no terminal is there to ask on, --yes is needed.
    """
    from azjobs.commands import remove_vm

    context = who_acts()
    extent = " with what its creation made" if with_dependents else ""
    confirm(settings, context, f"Delete the virtual machine {name}{extent}")
    perform(
        settings,
        lambda as_job: remove_vm(name, resource_group, with_dependents=with_dependents, context=context, as_job=as_job),
        as_job=as_job,
    )
