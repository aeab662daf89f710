"""`azjobs vm`: virtual machines."""

from __future__ import annotations

import click

from azjobs.cli.parsing import Entry, LazyGroup


@click.group(
    "vm",
    cls=LazyGroup,
    entries={
        "create": Entry("azjobs.cli.vm.create:create", "Make a virtual machine and what it hangs on."),
        "list": Entry("azjobs.cli.vm.look:list_", "List the virtual machines of the subscription or of a group."),
        "show": Entry("azjobs.cli.vm.look:show", "Show one virtual machine."),
        "start": Entry("azjobs.cli.vm.power:start", "Start a virtual machine."),
        "stop": Entry("azjobs.cli.vm.power:stop", "Stop a virtual machine, which ends the billing for its hardware."),
        "restart": Entry("azjobs.cli.vm.power:restart", "Restart a virtual machine."),
        "delete": Entry("azjobs.cli.vm.delete:delete", "Delete a virtual machine."),
        "remove": Entry("azjobs.cli.vm.delete:delete", alias_of="delete"),
    },
    epilog="""
        azjobs vm create -n MyVm -u azureuser --password-file secret.txt --as-job
        azjobs vm list
        azjobs vm delete -n MyVm --with-dependents
    """,
)
def vm() -> None:
    """Make, look at, start, stop and delete virtual machines."""
