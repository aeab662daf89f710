"""The emulator's files in a home folder, and the record of how it is reached. Light: the launcher needs it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeFiles:
    """The emulator's files in a home folder."""

    home: Path

    @property
    def record(self) -> Path:
        """Where the emulator says how it is reached; stays behind for its port."""
        return self.home / "emulator.json"

    @property
    def log(self) -> Path:
        """What the server process says."""
        return self.home / "emulator.log"

    @property
    def alive(self) -> Path:
        """Locked by the emulator for as long as it lives."""
        return self.home / "emulator.alive"

    @property
    def starting(self) -> Path:
        """Locked by whoever starts or stops the emulator."""
        return self.home / "emulator.lock"

    @property
    def ca_certificate(self) -> Path:
        """The certificate authority that clients trust."""
        return self.home / "emulator-ca.pem"

    @property
    def ca_key(self) -> Path:
        """The private key of the certificate authority."""
        return self.home / "emulator-ca-key.pem"


def read_record(files: HomeFiles) -> dict[str, Any] | None:
    """How the emulator is, or was, reached; None when nothing says so."""
    try:
        record = json.loads(files.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    good = isinstance(record, dict) and isinstance(record.get("port"), int)
    return record if good and isinstance(record.get("speed"), int | float) else None


def write_record(files: HomeFiles, record: dict[str, Any]) -> None:
    """Write how the emulator is reached, whole or not at all."""
    draft = files.record.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(record, file)
    draft.replace(files.record)
