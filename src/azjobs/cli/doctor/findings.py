"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        level: how bad it is.
        subject: what was checked.
        text: what was found.
        advice: what to do; empty when nothing is to be done.
    """

    level: Level
    subject: str
    text: str
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the finding as an object."""
        return {"level": str(self.level), "check": self.subject, "message": self.text, "advice": self.advice or None}


def ok(subject: str, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(level=Level.OK, subject=subject, text=text)


def warn(subject: str, text: str, advice: str) -> Finding:
    """Return a finding of what may become a problem."""
    return Finding(level=Level.WARN, subject=subject, text=text, advice=advice)


def fail(subject: str, text: str, advice: str) -> Finding:
    """Return a finding of what does not work."""
    return Finding(level=Level.FAIL, subject=subject, text=text, advice=advice)
