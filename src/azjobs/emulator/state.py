"""The emulator's state as one JSON document, and the file that it is kept in."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from azjobs.emulator.documents import without_secrets
from azjobs.emulator.operations import operation_from_json
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

VERSION = 1


class StateError(Exception):
    """A state file that cannot be used. The message says what to do."""


def snapshot(azure: Azure) -> JSON:
    """Everything that the emulator knows, but for secrets and faults.

    Args:
        azure: The emulated Azure.
    """
    return {
        "version": VERSION,
        "time": azure.clock.now(),
        "registrations": azure.registrations,
        "resources": [_without_secrets(resource.to_json()) for resource in azure.store],
        "operations": [operation.to_json() for operation in azure.operations],
        "timers": [[event.due, event.name, event.argument] for event in azure.operations.timers()],
    }


def restore(azure: Azure, document: JSON) -> None:
    """Put a snapshot in place of what the emulator knows. Its clock must have been set to the snapshot's time.

    Args:
        azure: The emulated Azure.
        document: The snapshot.

    Raises:
        StateError: It is none of this version.
    """
    azure.reset()
    try:
        for resource in document["resources"]:
            azure.store.put(Resource(**resource))
        for operation in document["operations"]:
            azure.operations.add(operation_from_json(operation))
        for due, name, argument in document["timers"]:
            azure.operations.schedule(due, name, argument)
        azure.registrations = document["registrations"]
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(f"The state is damaged ({error!r}).") from None


def load(path: Path) -> JSON | None:
    """The snapshot in a state file; None when there is no such file.

    Raises:
        StateError: The file is no state file.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StateError(
            f"The state file {path} cannot be read ({error}): move it away, or name another one."
        ) from None
    if (
        not isinstance(document, dict)
        or document.get("version") != VERSION
        or not isinstance(document.get("time"), int | float)
    ):
        raise StateError(
            f"The state file {path} was not written by this version of the emulator: move it away, or name another one."
        )
    return document


def save(path: Path, content: bytes) -> None:
    """Write a state file, whole or not at all, readable by its owner alone.

    Args:
        path: The file.
        content: An encoded snapshot.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def encode(azure: Azure) -> bytes:
    """The snapshot of an emulated Azure, encoded for its file."""
    return json.dumps(snapshot(azure), separators=(",", ":")).encode()


def _without_secrets(resource: JSON) -> JSON:
    """A second line of defence: no resource type keeps a secret in its document."""
    return {**resource, "document": without_secrets(resource["document"])}
