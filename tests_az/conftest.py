"""The real Azure command line against a running emulator."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from azjobs.emulator import RunningEmulator, start, stop
from tests_az import installation
from tests_az.commandline import AzureCommandLine

SPEED = 3000.0


def pytest_sessionstart(session: pytest.Session) -> None:
    """Install the Azure command line before the first test: that takes minutes, and tests have a limit of time."""
    if session.config.option.collectonly or installation.is_complete():
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"Installing azure-cli {installation.VERSION} into {installation.folder()}: 700 MB, once.")
    try:
        installation.install()
    except installation.InstallationError as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    home = tmp_path_factory.mktemp("emulator")
    yield start(home, speed=SPEED)
    stop(home)


@pytest.fixture(scope="session")
def az(emulator: RunningEmulator, tmp_path_factory: pytest.TempPathFactory) -> AzureCommandLine:
    """The Azure command line, logged in."""
    command_line = AzureCommandLine(emulator=emulator, home=tmp_path_factory.mktemp("az"))
    command_line.sign_in()
    return command_line


@pytest.fixture(scope="module")
def group(az: AzureCommandLine) -> str:
    """The name of a new resource group, for the tests of one module."""
    name = f"g-{uuid.uuid4().hex[:8]}"
    az.text("group", "create", "--name", name, "--location", "eastus")
    return name
