"""`azjobs vm start`, `stop` and `restart`."""

from __future__ import annotations

import click

from azjobs.cli.acting import as_job_option, perform, say_where, who_acts
from azjobs.cli.options import group_option, name_option
from azjobs.cli.parsing import Command
from azjobs.cli.settings import Settings

_name = name_option("Its name, or its resource id.")
_group = group_option("Its resource group; by default it is looked for, first in the group of its own name.")


@click.command("start", cls=Command, epilog="azjobs vm start -n MyVm --as-job")
@_name
@_group
@as_job_option
@click.pass_obj
def start(settings: Settings, name: str, resource_group: str | None, as_job: bool) -> None:
    """Start a virtual machine; one that runs already stays as it is."""
    from azjobs.commands import start_vm

    context = who_acts()
    say_where(context)
    perform(settings, lambda as_job: start_vm(name, resource_group, context=context, as_job=as_job), as_job=as_job)


@click.command("stop", cls=Command, epilog="azjobs vm stop -n MyVm --as-job")
@_name
@_group
@click.option(
    "--stay-provisioned", is_flag=True, help="Only shut it down and keep its hardware, which is billed as if it ran."
)
@as_job_option
@click.pass_obj
def stop(settings: Settings, name: str, resource_group: str | None, stay_provisioned: bool, as_job: bool) -> None:
    """Stop a virtual machine and free its hardware, which ends the billing for it. Its disks are kept, and billed."""
    from azjobs.commands import stop_vm

    context = who_acts()
    say_where(context)
    perform(
        settings,
        lambda as_job: stop_vm(name, resource_group, stay_provisioned=stay_provisioned, context=context, as_job=as_job),
        as_job=as_job,
    )


@click.command("restart", cls=Command, epilog="azjobs vm restart -n MyVm")
@_name
@_group
@as_job_option
@click.pass_obj
def restart(settings: Settings, name: str, resource_group: str | None, as_job: bool) -> None:
    """Restart a running virtual machine."""
    from azjobs.commands import restart_vm

    context = who_acts()
    say_where(context)
    perform(settings, lambda as_job: restart_vm(name, resource_group, context=context, as_job=as_job), as_job=as_job)
