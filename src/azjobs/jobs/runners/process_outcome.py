"""What a process job has come to, from what its process said and how it ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from azjobs.jobs.reasons import Reason
from azjobs.jobs.runners.child_reasons import signal_name
from azjobs.jobs.states import JobState


class Cause(StrEnum):
    """Why the owner ended a job's process."""

    STOP = "stop"
    TIMEOUT = "timeout"
    OWNER_EXITS = "owner exits"


@dataclass(frozen=True, kw_only=True, slots=True)
class Death:
    """How a job's process ended.

    Attributes:
        status: its exit code, or the negative number of the signal that ended it; None when nobody can know.
        left: what it left running, by name; ended with it.
        lost: why nobody could see the end: the helper that supervised the process is gone or could not start it.
    """

    status: int | None = None
    left: Sequence[str] = ()
    lost: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The end of a job, as it is written down."""

    state: JobState
    reason: Reason | None = None
    status_message: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def outcome(
    note: Mapping[str, Any] | None,
    death: Death,
    *,
    cause: Cause | None = None,
    timeout: float | None = None,
    last_error: str | None = None,
) -> Outcome:
    """Return what a job has come to.

    Args:
        note: the `ended` note of its process; None when it died without one.
        death: how its process ended.
        cause: why the owner ended it, if it did. Work that was done before the owner's signal came stays done.
        timeout: its time limit in seconds, for the text.
        last_error: the last line that it wrote to its standard error, for the text of a failed command.
    """
    detail: dict[str, Any] = {"exit_code": death.status}
    if note is not None and note["result"] is not None:
        detail["result"] = note["result"]
    if note is not None and note["reason"] is None:
        return Outcome(state=JobState.COMPLETED, detail=detail)
    match cause:
        case Cause.STOP:
            return Outcome(state=JobState.STOPPED, detail=detail)
        case Cause.OWNER_EXITS:
            reason = Reason(code="OwnerExited", message="the process that owned it exited before the job ended.")
            message = "Stopped: the process that owned it exited."
            return Outcome(state=JobState.STOPPED, reason=reason, status_message=message, detail=detail)
        case Cause.TIMEOUT:
            text = f"The job ran longer than its timeout of {timeout:g} s and was ended."
            return Outcome(state=JobState.FAILED, reason=Reason(code="Timeout", message=text), detail=detail)
    if note is not None:
        return Outcome(state=JobState.FAILED, reason=_told(note, last_error), detail=detail)
    return Outcome(state=JobState.FAILED, reason=_died(death), detail=detail)


def _told(note: Mapping[str, Any], last_error: str | None) -> Reason:
    reason = Reason.from_json(note["reason"])
    if note["result"] == "items" and last_error and reason.code in ("ExitCode", "ProcessDied"):
        return Reason(code=reason.code, message=f"{reason.message} It last said: {last_error}")
    return reason


def _died(death: Death) -> Reason:
    if death.lost is not None:
        text = death.lost
    elif death.status is None:
        text = "The job's process ended, and nobody saw how."
    elif death.status < 0:
        text = f"The job's process was ended by {signal_name(-death.status)}."
        if death.status == -9:
            text += " Where nobody sent it, the system was out of memory."
    else:
        text = f"The job's process ended by itself, without returning, with exit code {death.status}."
    return Reason(code="ProcessDied", message=text)


def owner_gone(owner: int | None) -> Reason:
    """Return the reason of a job whose owner, a process by its id, ended before the job did."""
    who = f" (process {owner})" if owner is not None else ""
    text = f"The process that ran this job{who} ended before the job did, and the job with it."
    return Reason(code="OwnerGone", kind="OwnerGone", message=text)
