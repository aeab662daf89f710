"""What starts processes for jobs: the seam between the runner and its two launchers (zygotes, spawn)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import azjobs
from azjobs.jobs.runners.process_outcome import Death

VARIABLE = "AZJOBS_LAUNCHER"  # "spawn" forces a new interpreter per job where the warm helper would fork

JOB_VARIABLE = "AZJOBS_JOB"  # in the environment of every process of a job: the job's instance id


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """The owner's ends of what connects it with a job's process: file descriptors.

    Attributes:
        inbox: where the request is written; its end of file tells the process that the owner is gone.
        outbox: where frames are read; the same descriptor as the inbox when it is a socket.
        output: what was written to standard output as bytes.
        error: what was written to standard error as bytes.
    """

    inbox: int
    outbox: int
    output: int
    error: int


class Launcher(Protocol):
    """Starts processes for jobs and ends them."""

    name: str

    def launch(self, key: int, *, azure: bool, instance_id: str, grace: float, died: Callable[[Death], None]) -> Ends:
        """Start a process; return at once.

        Args:
            key: the job's id.
            azure: whether the process should have the Azure SDK loaded.
            instance_id: the job's instance id.
            grace: seconds that what the job leaves behind has to end by itself.
            died: called once, on any thread, when the process and everything below it are gone.

        Raises:
            OSError: it cannot be started.
        """

    def stop(self, key: int, grace: float) -> None:
        """Ask a job's processes to end and kill them after `grace` seconds; called on the engine's loop."""

    def close(self) -> None:
        """Kill what is left and give everything back (blocking call)."""


def interpreter() -> list[str]:
    """Return the command that starts this interpreter with its own options, isolated from the caller's folder.

    Raises:
        OSError: nobody knows which program the interpreter is.
    """
    if not sys.executable:
        raise FileNotFoundError("Python does not know its own program (sys.executable is empty)")
    options: list[str] = getattr(subprocess, "_args_from_interpreter_flags", list)()
    return [sys.executable, *(option for option in options if option not in ("-I", "-E", "-s", "-P")), "-I"]


def import_path() -> list[str]:
    """Return where a helper finds modules that its own isolated path does not hold; searched last, it hides nothing."""
    own = str(Path(azjobs.__file__).resolve().parent.parent)
    return list(dict.fromkeys([own, *(entry for entry in sys.path[1:] if os.path.isabs(entry))]))


_in_owner: set[int] = set()


def keep_from_forks(*fds: int) -> None:
    """Close descriptors in every fork of this process: a copy would hold up the end of file that tells of its end."""
    _in_owner.update(fds)


def leave_to_forks(*fds: int) -> None:
    """Undo `keep_from_forks` for descriptors that are about to be closed: their numbers will be somebody else's."""
    _in_owner.difference_update(fds)


def close_own(*fds: int) -> None:
    """Close descriptors of this process."""
    for fd in set(fds):
        if fd in _in_owner:
            _in_owner.discard(fd)
            os.close(fd)


def _in_forked_child() -> None:
    for fd in _in_owner:
        with contextlib.suppress(OSError):
            os.close(fd)
    _in_owner.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_forked_child)
