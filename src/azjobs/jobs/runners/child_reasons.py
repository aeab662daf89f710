"""How a job's own work ended, as its process sees it."""

from __future__ import annotations

import pickle
import signal
import traceback
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from azjobs.jobs.reasons import Reason

_LARGEST_EXCEPTION = 256 * 1024  # bytes; a larger one is kept as text only
_OURS = ("azjobs.jobs.runners.child", "runpy", "asyncio.runners", "asyncio.base_events")


class Unpicklable(Exception):
    """A value cannot be pickled."""


class Terminated(SystemExit):
    """The process was asked to end."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How the work ended.

    Attributes:
        reason: why it failed; None when it completed.
        result: "value" when the output is one object, "items" when it is a list of them; None after `sys.exit()`.
        exit_code: what the process exits with.
        error: the text of an error record that says it.
    """

    reason: Reason | None = None
    result: str | None = None
    exit_code: int = 0
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as the owner reads it."""
        return {
            "reason": self.reason.to_json() if self.reason else None,
            "result": self.result,
            "exit_code": self.exit_code,
        }

    @classmethod
    def of_command(cls, code: int) -> Ending:
        """Return the ending of a command line by its exit code, negative for a signal."""
        if code == 0:
            return cls(result="items")
        if code < 0:
            reason = Reason(code="ProcessDied", message=f"The command was ended by {signal_name(-code)}.")
            return cls(result="items", exit_code=128 - code, reason=reason)
        reason = Reason(code="ExitCode", message=f"The command ended with exit code {code}.")
        return cls(result="items", exit_code=code, reason=reason)


def signal_name(number: int) -> str:
    """Return a signal as a person reads it.

    Example:
        >>> signal_name(9)
        'signal 9 (SIGKILL)'
    """
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"


def ending_of(error: BaseException) -> Ending:
    """Return the ending of work that raised."""
    if isinstance(error, Terminated):
        reason = Reason(code="ProcessDied", message=f"The job was ended by {signal_name(error.number)}.")
        return Ending(reason=reason, exit_code=128 + error.number)
    if isinstance(error, SystemExit):
        return _exited(error.code)
    name = type(error).__name__
    trace = _without_ours(error.__traceback__)
    text = "".join(traceback.format_exception(type(error), error, trace))
    reason = Reason(code=name, message=_text(error) or name, traceback=text, exception=_pickled(error))
    return Ending(reason=reason, exit_code=1, error="".join(traceback.format_exception_only(error)).rstrip())


def unpicklable(error: Unpicklable) -> Ending:
    """Return the ending of a function whose return value is lost."""
    message = f"The return value is lost: {error}. Return plain data, or write it to a file in the job."
    return Ending(reason=Reason(code="OutputNotPicklable", message=message), exit_code=1, error=message)


def _exited(code: object) -> Ending:
    if code is None or code == 0:
        return Ending()
    if isinstance(code, int):
        reason = Reason(code="ExitCode", message=f"The job ended with exit code {code}.")
        return Ending(reason=reason, exit_code=code & 0xFF)
    return Ending(reason=Reason(code="ExitCode", message=str(code)), exit_code=1, error=str(code))


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _pickled(error: BaseException) -> bytes | None:
    import cloudpickle

    try:
        pickled = bytes(cloudpickle.dumps(error))
        if len(pickled) > _LARGEST_EXCEPTION or type(pickle.loads(pickled)) is not type(error):
            return None
    except Exception:
        return None
    return pickled


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback from the caller's own code on."""
    start = trace
    while start is not None:
        module = str(start.tb_frame.f_globals.get("__name__", ""))
        frozen = start.tb_frame.f_code.co_filename.startswith("<frozen runpy")
        if module not in _OURS and not frozen:
            return start
        start = start.tb_next
    return trace
