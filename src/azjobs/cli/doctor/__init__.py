"""`azjobs doctor`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from azjobs.cli import exits
from azjobs.cli.doctor.findings import Finding, Level
from azjobs.cli.output import emit
from azjobs.cli.parsing import Command
from azjobs.cli.settings import Settings

_COLORS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@click.command("doctor", cls=Command, epilog="azjobs doctor -o json --query \"[?level=='fail']\"")
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Check the login, the clock, proxies, certificates, permissions and the journal; say what to do.

    Nothing is changed. The exit code is 1 when a check fails.
    """
    from azjobs.cli.doctor import azure, network, storage

    findings = [*storage.check(), *network.check(), *azure.check()]
    emit(settings, lambda: [finding.to_json() for finding in findings], lambda: _lines(findings))
    if any(finding.level is Level.FAIL for finding in findings):
        raise click.exceptions.Exit(exits.FAILED)


def _lines(findings: Sequence[Finding]) -> str:
    width = max(len(finding.subject) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{_mark(finding.level)}  {finding.subject:<{width}}  {finding.text}")
        if finding.advice:
            lines.append(f"      {'':<{width}}  -> {finding.advice}")
    return "\n".join(lines)


def _mark(level: Level) -> str:
    from azjobs.cli.colors import colored

    return colored(f"{level:<4}", _COLORS[level], sys.stdout)
