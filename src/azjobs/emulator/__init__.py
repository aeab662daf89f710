"""An Azure of one's own, which speaks the wire protocol of Azure Resource Manager and Microsoft Entra ID.

Unmodified clients work against it: azure-identity, the azure-mgmt packages, the Azure command line. It stands alone:
nothing in here knows the rest of azjobs. Importing the package is light: what is heavy is loaded when it is first used.

`Emulator` is one in this process, in virtual time; `EmulatorServer` one over TLS on loopback for as long as it is
wanted; `start` and `stop` are for one that outlives the process.

Example:
    >>> from pathlib import Path
    >>> from azjobs.emulator import start, stop
    >>> running = start(Path("home"))  # doctest: +SKIP
    >>> running.endpoint  # doctest: +SKIP
    'https://127.0.0.1:40123'
    >>> stop(Path("home"))  # doctest: +SKIP
    True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from azjobs.emulator.launcher import EmulatorError, RunningEmulator, start, status, stop
from azjobs.emulator.wellknown import (
    CLIENT_ID,
    CLIENT_SECRET,
    EXPIRED_CLIENT_SECRET,
    SECOND_SUBSCRIPTION_ID,
    SECOND_SUBSCRIPTION_NAME,
    SUBSCRIPTION_ID,
    SUBSCRIPTION_NAME,
    TENANT_ID,
)

if TYPE_CHECKING:
    from azjobs.emulator.controls import ControlError, EmulatedOperation, RequestCount
    from azjobs.emulator.embedded import Emulator
    from azjobs.emulator.hosted import EmulatorServer
    from azjobs.emulator.timeline import EmulatorTimeError

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "EXPIRED_CLIENT_SECRET",
    "SECOND_SUBSCRIPTION_ID",
    "SECOND_SUBSCRIPTION_NAME",
    "SUBSCRIPTION_ID",
    "SUBSCRIPTION_NAME",
    "TENANT_ID",
    "ControlError",
    "EmulatedOperation",
    "Emulator",
    "EmulatorError",
    "EmulatorServer",
    "EmulatorTimeError",
    "RequestCount",
    "RunningEmulator",
    "start",
    "status",
    "stop",
]

_HOMES: Final = {
    "ControlError": "controls",
    "EmulatedOperation": "controls",
    "RequestCount": "controls",
    "Emulator": "embedded",
    "EmulatorServer": "hosted",
    "EmulatorTimeError": "timeline",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
