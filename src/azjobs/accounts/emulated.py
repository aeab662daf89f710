"""The environment that azjobs brings along: the emulator, seen as an Azure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from azjobs.accounts.environments import EMULATOR, Environment, is_emulator
from azjobs.errors import EmulatorUnavailable
from azjobs.home import home

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.emulator.launcher import RunningEmulator

SPEED = 20.0
"""Seconds of emulator time per second when `connect` starts the emulator."""


def folder() -> Path:
    """Return the folder of the emulator that `connect` uses."""
    return home() / "emulator"


def running() -> RunningEmulator:
    """Return the emulator that runs.

    Raises:
        EmulatorUnavailable: none runs.
    """
    from azjobs.emulator import launcher

    try:
        found = launcher.status(folder())
    except launcher.EmulatorError as error:
        raise EmulatorUnavailable(str(error)) from None
    if found is None:
        raise EmulatorUnavailable("The emulator does not run: start it with `azjobs emulator start`.")
    return found


def start() -> RunningEmulator:
    """Return the emulator that runs, started now when none does; it keeps its state in a file.

    Raises:
        EmulatorUnavailable: it does not start.
    """
    from azjobs.emulator import launcher

    try:
        return launcher.start(folder(), speed=SPEED, state_file=folder() / "state.json")
    except launcher.EmulatorError as error:
        raise EmulatorUnavailable(str(error)) from None


def environment(emulator: RunningEmulator) -> Environment:
    """Return a running emulator as an environment."""
    return Environment(
        name=EMULATOR,
        resource_manager=emulator.endpoint,
        authority=emulator.endpoint,
        audience=emulator.endpoint,
        ca_file=str(emulator.ca_file),
        instance_discovery=False,
    )


def unreachable_hint(context: Context) -> str | None:
    """Return what to do when the context's Azure does not answer; None when it is not the emulator."""
    return hint(context.environment)


def hint(environment: Environment) -> str | None:
    """Return what to do when the environment does not answer; None when it is not the emulator."""
    if not is_emulator(environment.name):
        return None
    return (
        f"The emulator at {environment.resource_manager} does not answer: start it with `azjobs emulator start`; "
        "it goes on from where it was."
    )
