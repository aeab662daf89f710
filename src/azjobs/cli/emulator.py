"""`azjobs emulator`: the Azure on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from azjobs.cli import exits
from azjobs.cli.failures import say
from azjobs.cli.output import emit
from azjobs.cli.parsing import Command, Entry, LazyGroup
from azjobs.cli.settings import Settings
from azjobs.errors import EmulatorUnavailable

if TYPE_CHECKING:
    from azjobs.emulator.launcher import RunningEmulator


@click.group(
    "emulator",
    cls=LazyGroup,
    entries={
        "start": Entry("azjobs.cli.emulator:start", "Start it, when it does not run."),
        "stop": Entry("azjobs.cli.emulator:stop", "Stop it; its state is kept."),
        "status": Entry("azjobs.cli.emulator:status", "Show where it listens and how fast its clock runs."),
    },
    epilog="""
        azjobs emulator start --speed 100
        azjobs connect --environment Emulator
        azjobs emulator stop
    """,
)
def emulator() -> None:
    """Start, stop and look at the Azure that azjobs brings along.

    It speaks Azure's own protocol over TLS on this machine, costs nothing, and needs no account. `azjobs connect
    --environment Emulator` starts it too.
    """


@click.command("start", cls=Command)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Where it listens; by default the last one, else a free one.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True, max=100_000),
    metavar="FACTOR",
    help="How many seconds of its time pass in a second; 20 by default.",
)
@click.option(
    "--state-file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where its state is kept."
)
@click.option("--throttle", type=click.Choice(["azure"]), help="Limit requests as Azure does; not limited by default.")
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Rules, as JSON, of what is to go wrong.",
)
@click.pass_obj
def start(
    settings: Settings,
    port: int | None,
    speed: float | None,
    state_file: Path | None,
    throttle: str | None,
    faults: Path | None,
) -> None:
    """Start the emulator in the background and print where it listens.

    When it runs already, it is left as it is. It stops by itself when nothing has been asked of it for half an hour.
    """
    from azjobs.accounts import emulated
    from azjobs.emulator import launcher

    folder = emulated.folder()
    own_file = state_file.absolute() if state_file is not None else None
    try:
        before = launcher.status(folder)
        found = launcher.start(
            folder,
            port=port,
            speed=speed or emulated.SPEED,
            state_file=own_file or folder / "state.json",
            throttle=throttle,
            faults_file=faults,
        )
    except launcher.EmulatorError as error:
        raise EmulatorUnavailable(str(error)) from None
    if before is not None:
        wanted = {
            "--port": (port, found.port),
            "--speed": (speed, found.speed),
            "--state-file": (own_file, found.state_file),
            "--throttle": (throttle, found.throttle),
            "--faults": (faults, None),
        }
        others = [option for option, (asked, there) in wanted.items() if asked not in (None, there)]
        left = f", with another {' and '.join(others)}: stop it first to change that" if others else ""
        say(f"The emulator runs already{left}.")
    _print(settings, found)


@click.command("stop", cls=Command)
def stop() -> None:
    """Stop the emulator when its state is saved. Jobs that run in it go on when it is started again."""
    from azjobs.accounts import emulated
    from azjobs.emulator import launcher

    try:
        if not launcher.stop(emulated.folder()):
            say("The emulator does not run.")
    except launcher.EmulatorError as error:
        raise EmulatorUnavailable(str(error)) from None


@click.command("status", cls=Command)
@click.pass_obj
def status(settings: Settings) -> None:
    """Show where the emulator listens; the exit code is 1 when it does not run."""
    from azjobs.accounts import emulated
    from azjobs.emulator import launcher

    try:
        found = launcher.status(emulated.folder())
    except launcher.EmulatorError as error:
        raise EmulatorUnavailable(str(error)) from None
    if found is None:
        say("The emulator does not run: `azjobs emulator start` starts it.")
        raise click.exceptions.Exit(exits.FAILED)
    _print(settings, found)


def _print(settings: Settings, found: RunningEmulator) -> None:
    described: dict[str, Any] = {
        "endpoint": found.endpoint,
        "port": found.port,
        "pid": found.pid,
        "speed": found.speed,
        "caFile": str(found.ca_file),
        "stateFile": None if found.state_file is None else str(found.state_file),
        "tenantId": found.tenant_id,
        "subscriptionId": found.subscription_id,
        "clientId": found.client_id,
    }
    width = max(map(len, described))
    emit(
        settings,
        lambda: described,
        lambda: "\n".join(
            f"{_title(key):<{width}} : {'' if value is None else value}".rstrip() for key, value in described.items()
        ),
    )


def _title(key: str) -> str:
    return key[0].upper() + key[1:]
