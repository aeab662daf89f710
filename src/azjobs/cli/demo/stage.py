"""What the demo happens in: a state folder and an emulator of its own, torn down whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

from azjobs.cli.failures import say
from azjobs.errors import EmulatorUnavailable
from azjobs.home import VARIABLE

if TYPE_CHECKING:
    from azjobs.emulator.launcher import RunningEmulator

_IDLE_SECONDS: Final = 120.0
"""When even the tearing down is killed, the emulator ends by itself after this."""


@contextmanager
def stage(*, speed: float) -> Iterator[RunningEmulator]:
    """Start an emulator in a new state folder; end it, and the folder, afterwards.

    Raises:
        EmulatorUnavailable: it does not start.
    """
    from azjobs.accounts import emulated
    from azjobs.emulator import launcher

    before = os.environ.get(VARIABLE)
    folder = Path(tempfile.mkdtemp(prefix="azjobs-demo-"))
    os.environ[VARIABLE] = str(folder)
    try:
        with _ended_by_signals():
            try:
                emulator = launcher.start(emulated.folder(), speed=speed, idle_seconds=_IDLE_SECONDS)
            except launcher.EmulatorError as error:
                raise EmulatorUnavailable(str(error)) from None
            yield emulator
    except KeyboardInterrupt:
        say("Interrupted: the demo and everything that it made are being taken down.")
        raise
    finally:
        with _undisturbed():
            _tear_down(folder)
            if before is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = before


def _tear_down(folder: Path) -> None:
    from azjobs.accounts import emulated
    from azjobs.emulator import launcher
    from azjobs.jobs import engine

    with suppress(Exception):
        engine.close()
    try:
        launcher.stop(emulated.folder())
    except launcher.EmulatorError as error:
        say(str(error))
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A closed terminal or a polite kill tears down too."""
    names = ("SIGTERM", "SIGHUP")
    before = {number: signal.getsignal(number) for name in names if (number := getattr(signal, name, None))}
    for number in before:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not leave half of it standing."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
