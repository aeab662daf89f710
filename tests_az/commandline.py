"""Running the real ``az`` as a user does: a process for each command, its exit code, its JSON, its words."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azjobs.emulator import RunningEmulator
from tests_az import installation

CLOUD = "AzureEmulator"
_LONGEST_COMMAND = 150.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one command gave.

    Args:
        command: Its arguments.
        code: Its exit code.
        output: What it wrote.
        errors: What it wrote to stderr.
    """

    command: tuple[str, ...]
    code: int
    output: str
    errors: str


@dataclass(frozen=True, kw_only=True)
class AzureCommandLine:
    """``az`` with a configuration of its own, which trusts an emulator's certificate.

    Args:
        emulator: The emulator.
        home: A folder for its configuration and for the SSH keys that it makes.
    """

    emulator: RunningEmulator
    home: Path

    def run(self, *arguments: str) -> Outcome:
        """Run a command, whatever becomes of it."""
        command = (str(installation.python()), "-Im", "azure.cli", *arguments)
        done = subprocess.run(
            command,
            env=self._environment(),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LONGEST_COMMAND,
            check=False,
        )
        return Outcome(command=arguments, code=done.returncode, output=done.stdout, errors=done.stderr)

    def text(self, *arguments: str) -> str:
        """Run a command that must succeed: what it wrote."""
        outcome = self.run(*arguments)
        assert outcome.code == 0, outcome
        return outcome.output

    def json(self, *arguments: str) -> Any:
        """Run a command that must succeed: the JSON that it wrote, None when that is nothing."""
        output = self.text(*arguments, "--output", "json")
        return json.loads(output) if output.strip() else None

    def error(self, *arguments: str, code: int = 1) -> str:
        """Run a command that must fail with an exit code: its error."""
        outcome = self.run(*arguments)
        assert outcome.code == code, outcome
        return outcome.errors

    def sign_in(self) -> None:
        """Register the emulator as a cloud, and log in there."""
        self.use_emulator()
        self.text("login", *self.login_arguments(self.emulator.client_secret))

    def use_emulator(self) -> None:
        """Register the emulator as a cloud, and make it the current one."""
        self.text("cloud", "register", "--name", CLOUD, "--endpoint-resource-manager", self.emulator.endpoint)
        self.text("cloud", "set", "--name", CLOUD)

    def login_arguments(self, secret: str) -> tuple[str, ...]:
        """The arguments of a login as the emulator's application."""
        application = ("--service-principal", "--username", self.emulator.client_id)
        return (*application, "--password", secret, "--tenant", self.emulator.tenant_id)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(("AZURE_", "ARM_"))}
        return {
            **kept,
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "AZURE_CONFIG_DIR": str(self.home / "azure"),
            # The emulator is an authority that Microsoft's list of authorities does not know.
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_SURVEY_MESSAGE": "false",
            "AZURE_CORE_NO_COLOR": "true",
            "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
            "REQUESTS_CA_BUNDLE": str(self.emulator.ca_file),
            "NO_PROXY": "127.0.0.1,localhost",
        }
