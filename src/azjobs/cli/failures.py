"""What went wrong, told in one sentence on standard error (a tree where Azure nests errors), and its exit code."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import click

from azjobs.cli import exits
from azjobs.cli.phrasing import for_shell
from azjobs.cli.redaction import redact
from azjobs.cli.settings import Settings
from azjobs.errors import AzJobsError, JobFailed, JobNotFound, JobTimeout, RequestRefused, UsageError

if TYPE_CHECKING:
    from azjobs.jobs.reasons import Reason

Action: TypeAlias = Callable[[], int | None]


class CommandFailed(AzJobsError):
    """A command that ran without a job of its own failed; `reason` says why."""

    code = "CommandFailed"

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


def report(error: BaseException, settings: Settings) -> int:
    """Tell an error on standard error and return the exit code for it.

    Raises:
        BaseException: the error itself, when it is none of ours to tell (SystemExit of a library).
    """
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message(), err=True)
            return exits.USAGE
        case KeyboardInterrupt():
            return exits.INTERRUPTED
        case click.Abort():  # a question was left with Ctrl-C or the end of the input
            say("Nothing was done: the question was not answered.")
            return exits.INTERRUPTED
        case SystemExit():
            raise error
    if settings.debug:
        click.echo(redact("".join(traceback.format_exception(error))), err=True, nl=False)
    for line in _sentences(error):
        say(line)
    return exit_code(error)


def exit_code(error: BaseException) -> int:
    """Return the exit code that an error ends the program with."""
    match error:
        case JobNotFound():
            return exits.NO_SUCH_JOB
        case JobTimeout():
            return exits.TIMED_OUT
        case UsageError() | click.UsageError() | click.BadParameter():
            return exits.USAGE
        case BaseExceptionGroup() if error.exceptions:
            codes = {exit_code(one) for one in error.exceptions}
            return codes.pop() if len(codes) == 1 else exits.FAILED
        case _:
            return exits.FAILED


def say(text: str) -> None:
    """Write a sentence on standard error, as the program's own."""
    click.echo(f"azjobs: {redact(text)}", err=True)


def tree(reason: Reason) -> str:
    """Return a reason with what is nested in it, one line each, as a tree."""
    return "\n".join(_branches(reason, "", ""))


def _branches(reason: Reason, first: str, rest: str) -> Iterator[str]:
    # What a function raised is its own words; Azure's and ours may speak of Python's arguments.
    message = reason.message if reason.traceback else for_shell(reason.message)
    lines = f"{reason.code}: {message}".splitlines()
    yield first + lines[0]
    yield from (rest + line for line in lines[1:])
    corner, tee, bar = ("└─ ", "├─ ", "│  ") if _draws_lines() else ("`- ", "|- ", "|  ")
    for index, detail in enumerate(reason.details):
        last = index == len(reason.details) - 1
        yield from _branches(detail, rest + (corner if last else tee), rest + ("   " if last else bar))


def _draws_lines() -> bool:
    encoding = getattr(sys.stderr, "encoding", None) or ""
    return encoding.lower().replace("-", "").startswith("utf")


def _sentences(error: BaseException) -> Iterator[str]:
    match error:
        case BaseExceptionGroup():
            for one in error.exceptions:
                yield from _sentences(one)
        case JobFailed() if error.reason is not None:
            subject = for_shell(error.message).split(" failed.")[0]
            yield f"{subject} failed. {tree(error.reason)}"
        case CommandFailed():
            yield tree(error.reason)
        case RequestRefused() if error.error.get("details"):
            from azjobs.jobs.reasons import Reason

            yield tree(Reason.from_arm(error.error))
        case AzJobsError():
            yield for_shell(error.message)
        case click.BadParameter() if isinstance(kind := getattr(error.param, "type", None), click.Choice):
            shown = ", ".join(str(choice) for choice in kind.choices)
            name = max(error.param.opts, key=len) if error.param else "this option"
            given = error.message.partition(" is not one of ")[0]
            yield f"{given} is no value for {name}: choose one of {shown}."
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "azjobs"
            yield f"{_sentence(error.format_message())} `{command} --help` shows what there is."
        case click.ClickException():
            yield _sentence(error.format_message())
        case OSError() if error.filename is not None:
            yield f"{error.filename}: {error.strerror or error}."
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            yield f"The output cannot be written: {error.strerror}."
        case _:
            yield from _of_a_job(error)


def _of_a_job(error: BaseException) -> Iterator[str]:
    notes = getattr(error, "__notes__", [])
    raised = next((note for note in notes if note.startswith("raised in job ")), None)
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if raised is not None:  # the function of a job raised it: no fault of this program
        job = raised.splitlines()[0].removeprefix("raised in job ").rstrip(":")
        yield f"Job {job} failed. {what}"
    else:
        yield f"Something unexpected happened ({what}): run it again with --debug to see where."


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "?", "!")) else f"{text}."
