"""Fixtures for tests of code that uses the azure-mgmt packages. Registered with pytest when azjobs is installed.

`azure_emulator` is an Azure in the test's own process, new for each test, in virtual time; `azure_emulator_server` one
over HTTPS, in a process of its own, for the whole session. Nothing is loaded until a test asks for one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azjobs.emulator.embedded import Emulator
    from azjobs.emulator.hosted import EmulatorServer

SERVER_SPEED = 1000.0
"""Seconds of emulator time per real second of the session's server."""


@pytest.fixture
def azure_emulator() -> Iterator[Emulator]:
    """An Azure in this process with nothing in it; waiting for its operations takes no time."""
    from azjobs.emulator.embedded import Emulator

    with Emulator() as azure:
        yield azure


@pytest.fixture(scope="session")
def azure_emulator_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    """An Azure over HTTPS, one for each test process; tests share what is in it, so let each make its own group."""
    from azjobs.emulator.hosted import EmulatorServer

    with EmulatorServer(tmp_path_factory.mktemp("azure-emulator"), speed=SERVER_SPEED) as azure:
        yield azure
