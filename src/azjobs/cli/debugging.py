"""`--debug`: the requests that are sent and answered, on standard error, without secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Final

from azjobs.cli.redaction import redact

_TALKATIVE: Final = ("azjobs", "azure", "msal", "urllib3.connectionpool")


class _Redacting(logging.Formatter):
    """Formats a record, then takes the secrets out of the whole text, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def show_requests() -> Callable[[], None]:
    """Write what the HTTP clients log to standard error; return what ends that."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)

    def end() -> None:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)

    return end
