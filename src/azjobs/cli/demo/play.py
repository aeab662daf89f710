"""The demo itself: the seed's last scenario, ten virtual machines at once, step by step."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from azjobs.cli.demo.durations import spoken, together_and_apart
from azjobs.cli.jobs.rows import job_table
from azjobs.cli.live import LiveJobs
from azjobs.jobs.engine import Engine, engine
from azjobs.jobs.rows import JobRow
from azjobs.jobs.states import JobState
from azjobs.jobs.verbs import receive_job

if TYPE_CHECKING:
    from azjobs.commands import VirtualMachine
    from azjobs.emulator.launcher import RunningEmulator
    from azjobs.jobs.job import Job

_EVERY: Final = 1.0  # seconds between two lines where no terminal is


def play(emulator: RunningEmulator, count: int) -> None:
    """Connect, make the virtual machines as jobs, wait for them, receive them, and say what it would have taken.

    Args:
        emulator: the Azure.
        count: how many virtual machines.
    """
    from azjobs.accounts import connect

    _step(f"Started an Azure at {emulator.endpoint}; its clock runs {emulator.speed:g} times as fast.")
    context = connect(environment="Emulator")
    _step(f"Connected to subscription {context.subscription_name} as {context.account}.")
    jobs = _start(count)
    current = engine()
    ids = [job.id for job in jobs]
    current.wait(ids, until=lambda row: row.state is not JobState.NOT_STARTED)
    rows = current.journal.many(ids)
    _step(f"Started {_number(count)} as jobs; each call returned at once.")
    with _shown(current, ids, rows) as on_look:
        ended = current.wait(ids, on_look=on_look)
    machines = [receive_job(job) for job in jobs]
    _say_results(machines, ended, emulator.speed)


def _start(count: int) -> list[Job[VirtualMachine]]:
    from azjobs.accounts import Credential
    from azjobs.commands import new_vm

    credential = Credential("azureuser", f"{secrets.token_urlsafe(12)}-aA1")
    return [new_vm(f"MyVm{number}", credential=credential, as_job=True) for number in range(count)]


@contextmanager
def _shown(engine: Engine, ids: Sequence[int], rows: Sequence[JobRow]) -> Iterator[Callable[[], None]]:
    """Show the jobs while they run: a table that renews itself, or the table and a line a second."""
    if sys.stdout.isatty() and sys.stderr.isatty():
        screen = LiveJobs(engine, ids, transient=False)
        try:
            yield screen.renew
        finally:
            screen.close()
            click.echo()
        return
    click.echo(f"{job_table(rows)}\n")
    yield _Lines(engine, ids).renew
    click.echo(f"{job_table(engine.journal.many(ids))}\n")


class _Lines:
    """A line for a log, once a second at most, when something has changed."""

    def __init__(self, engine: Engine, ids: Sequence[int]) -> None:
        self._engine = engine
        self._ids = ids
        self._began = time.monotonic()
        self._next = self._began + _EVERY
        self._told = ""

    def renew(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        text = self._counts()
        if text != self._told:
            self._told = text
            click.echo(f"{now - self._began:4.0f} s  {text}")

    def _counts(self) -> str:
        from azjobs.cli.pictures import newest_progress

        rows = self._engine.journal.many(self._ids)
        completed = sum(row.state is JobState.COMPLETED for row in rows)
        made: dict[str, int] = {}
        for row in rows:
            progress = newest_progress(self._engine, row)
            for name, state in progress.items.items() if progress is not None else ():
                kind = name.partition("/")[0]
                done = row.state is JobState.COMPLETED or state.lower() == "succeeded"
                made[kind] = made.get(kind, 0) + done
        parts = ", ".join(f"{number} {kind}" for kind, number in sorted(made.items()) if number)
        return f"{completed} of {len(rows)} jobs completed{f'; made so far: {parts}' if parts else ''}"


def _say_results(machines: Sequence[VirtualMachine], rows: Sequence[JobRow], speed: float) -> None:
    from azjobs.commands import get_vm

    _step(f"All jobs completed; received {_number(len(machines))}:")
    click.echo(f"{get_vm()!r}\n")
    together, apart = together_and_apart(rows, speed)
    click.echo(f"One after another: {spoken(apart)} of Azure's time (the sum of the jobs).")
    click.echo(f"As jobs, together: {spoken(together)} of Azure's time, {apart / together:.1f} times as fast;")
    click.echo(f"                   {spoken(together / speed)} on your clock.")


def _step(text: str) -> None:
    click.echo(f"{text}\n")


def _number(count: int) -> str:
    return "1 virtual machine" if count == 1 else f"{count} virtual machines"
