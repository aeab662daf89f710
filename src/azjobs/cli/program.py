"""The program `azjobs`: its commands by name, each imported when it is called."""

from __future__ import annotations

from typing import Final

import click

from azjobs import __version__
from azjobs.cli.parsing import Entry, LazyGroup

PROGRAM: Final = "azjobs"

_ACCOUNT, _AZURE, _JOBS, _HELPERS = "Account", "Azure", "Jobs", "The emulator, and help"

_ENTRIES: Final = {
    "connect": Entry("azjobs.cli.connect:connect", "Log in to Azure, or to the emulator.", _ACCOUNT),
    "context": Entry(
        "azjobs.cli.context:context", "Show or set who you are and which subscription you act in.", _ACCOUNT
    ),
    "vm": Entry("azjobs.cli.vm:vm", "Make, look at, start, stop and delete virtual machines.", _AZURE),
    "group": Entry("azjobs.cli.group:group", "Make, look at and delete resource groups.", _AZURE),
    "list": Entry("azjobs.cli.jobs.list:list_jobs", "List the jobs.", _JOBS),
    "show": Entry("azjobs.cli.jobs.show:show", "Show one job in full.", _JOBS),
    "wait": Entry("azjobs.cli.jobs.wait:wait", "Wait until jobs have ended.", _JOBS),
    "receive": Entry(
        "azjobs.cli.jobs.receive:receive", "Print what jobs gave: exactly what the plain command prints.", _JOBS
    ),
    "stop": Entry("azjobs.cli.jobs.stop:stop", "Stop jobs.", _JOBS),
    "remove": Entry("azjobs.cli.jobs.remove:remove", "Remove jobs with everything they said.", _JOBS),
    "emulator": Entry(
        "azjobs.cli.emulator:emulator", "Start, stop and look at the Azure that azjobs brings along.", _HELPERS
    ),
    "demo": Entry("azjobs.cli.demo:demo", "Ten virtual machines at once, as jobs, on the emulator.", _HELPERS),
    "doctor": Entry(
        "azjobs.cli.doctor:doctor", "Check the login, the network and the journal, and say what to do.", _HELPERS
    ),
}


@click.group(
    PROGRAM,
    cls=LazyGroup,
    entries=_ENTRIES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""
        azjobs connect --environment Emulator
        azjobs vm create -n MyVm -u azureuser --password-file secret.txt --as-job
        azjobs list
        azjobs receive 1 --wait -o json
    """,
)
@click.version_option(__version__, "--version", prog_name=PROGRAM, message="%(prog)s %(version)s")
def program() -> None:
    """PowerShell-style jobs for Azure.

    Start a long-running Azure operation with --as-job, look at it, wait for it, receive what the plain command would
    have printed. A job goes on when this terminal closes; any later `azjobs` finds it again.

    Exit codes: 0 done, 1 failed, 2 used wrongly, 3 no such job, 124 waited long enough, 130 interrupted.

    azjobs sends nothing about you or your use of it to anybody: there is no telemetry.
    """
