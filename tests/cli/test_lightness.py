"""What a command imports decides how quickly it answers; the budget is in modules: seconds depend on the machine."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.cli.conftest import Jobs, environment

HEAVY = {"asyncio", "aiohttp", "azure", "rich", "requests", "msal", "ssl", "cryptography", "yaml", "jmespath", "http"}
BUDGET = 260


def imported(*arguments: str) -> set[str]:
    """Return the modules that a call of azjobs imports."""
    command = [sys.executable, "-X", "importtime", "-m", "azjobs", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(), timeout=50)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines[1:]}


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("vm", "--help"), ("list",), ("show", "1")])
def test_a_look_at_the_journal_imports_neither_asyncio_nor_an_sdk(arguments: tuple[str, ...], jobs: Jobs) -> None:
    jobs.add(results=["done"])
    modules = imported(*arguments)
    assert {module.partition(".")[0] for module in modules} & HEAVY == set()
    assert len(modules) < BUDGET


def test_a_command_group_imports_only_the_sub_command_that_is_called() -> None:
    modules = imported("context", "--help")
    assert "azjobs.cli.jobs.list" not in modules
    assert "azjobs.cli.vm" not in modules
    assert "azjobs.jobs.engine" not in modules
