"""The Azure command line in a virtual environment of its own: 700 MB, so it is kept in the user's cache folder."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from azjobs.emulator.locking import FileLock

VERSION = "2.91.0"
_LONGEST_INSTALLATION = 1800.0
_POLL_SECONDS = 0.5


class InstallationError(Exception):
    """The Azure command line cannot be installed. The message says why."""


def folder() -> Path:
    """The virtual environment of this version, made or not."""
    return platformdirs.user_cache_path("azjobs") / f"azure-cli-{VERSION}"


def python() -> Path:
    """The virtual environment's interpreter."""
    return folder() / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_complete() -> bool:
    """Whether an installation came to its end there."""
    return _marker().exists() and python().exists()


def install() -> None:
    """Make the virtual environment and install the Azure command line into it, unless that is done already.

    Raises:
        InstallationError: It did not work.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with _alone():
        if is_complete():
            return
        _run(sys.executable, "-m", "venv", str(folder()))
        pip = (str(python()), "-m", "pip", "--disable-pip-version-check", "--quiet")
        _run(*pip, "install", f"azure-cli=={VERSION}")
        _run(str(python()), "-Ic", "import azure.cli.core")
        _marker().touch()


def _marker() -> Path:
    return folder() / ".complete"


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other processes, such as pytest's workers, from installing at the same time."""
    lock = FileLock(folder().with_suffix(".lock"))
    end = time.monotonic() + _LONGEST_INSTALLATION
    while not lock.acquire():
        if time.monotonic() > end:
            raise InstallationError(f"Another process has been installing into {folder()} for too long: stop it.")
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        lock.release()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_INSTALLATION, check=False)
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip()[-2000:]
        raise InstallationError(f"'{' '.join(command)}' ended with {done.returncode}: {last}")
