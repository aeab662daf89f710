"""Large payloads in files of their own, written and synced before the row that names them."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from azjobs.jobs.records import NewRecord

LIMIT: Final = 256 * 1024  # bytes; a larger payload would make every checkpoint of the database copy it again


class PayloadFiles:
    """The folder `payloads/` beside the journal."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "payloads"

    def store(self, record: NewRecord) -> tuple[Any, ...]:
        """Return the values of a record's row: stream, time, encoding, payload, file."""
        moment = time.time() if record.time is None else record.time
        data = record.payload.data
        if len(data) <= LIMIT:
            return record.stream, moment, record.payload.encoding, data, None
        return record.stream, moment, record.payload.encoding, None, self._write(data)

    def read(self, name: str) -> bytes:
        """Return the bytes of a stored payload."""
        return (self._folder / name).read_bytes()

    def delete(self, names: Iterable[str]) -> None:
        """Delete the files of removed records."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def _write(self, data: bytes) -> str:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = uuid.uuid4().hex
        descriptor = os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
        except BaseException:
            (self._folder / name).unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        return name
