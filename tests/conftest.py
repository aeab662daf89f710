"""What every test gets: a state folder of its own, and an engine that is closed afterwards."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# What is started in the background of a shell inherits that SIGINT is ignored; Ctrl-C is to be tested there too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def azjobs_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test its own AZJOBS_HOME."""
    folder = tmp_path / "azjobs-home"
    monkeypatch.setenv("AZJOBS_HOME", str(folder))
    monkeypatch.delenv("AZURE_CLIENT_SECRET", raising=False)
    yield folder
    if "azjobs.jobs.engine" in sys.modules:
        from azjobs.jobs import engine

        engine.close()
