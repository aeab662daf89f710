"""The folder that keeps azjobs' state: the journal, contexts, owners and the emulator's files."""

from __future__ import annotations

import os
from pathlib import Path

from azjobs.errors import InvalidArgument

VARIABLE = "AZJOBS_HOME"


def home() -> Path:
    """Return the state folder, made with mode 0700 when it is missing.

    `AZJOBS_HOME` overrides the platform's own place (`~/.local/state/azjobs` on Linux).

    Raises:
        InvalidArgument: the folder cannot be made or is not a folder.

    Example:
        >>> home().is_dir()
        True
    """
    folder = _configured()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidArgument(
            f"The state folder {folder} cannot be used: {error.strerror or error}. "
            f"Set {VARIABLE} to a folder that you can write to."
        ) from error
    return folder


def _configured() -> Path:
    override = os.environ.get(VARIABLE)
    if override:
        return Path(override).expanduser().absolute()
    from platformdirs import user_state_path

    return user_state_path("azjobs", appauthor=False)
