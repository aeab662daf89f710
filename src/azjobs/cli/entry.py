"""The entry point: parses, runs, and turns what went wrong into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from azjobs.cli import exits, failures
from azjobs.cli.program import PROGRAM, program
from azjobs.cli.settings import Settings
from azjobs.cli.warning_sentences import warnings_as_sentences


def run(arguments: Sequence[str] | None = None) -> int:
    """Parse, do what was asked, tell what went wrong; return the exit code.

    Args:
        arguments: what follows the program's name; `sys.argv` when nothing is given.
    """
    settings = Settings()
    _prepare_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    with warnings_as_sentences():
        code = _guarded(lambda: _do(words, settings), settings)
        # What was started is safe only when the engine has closed; its troubles are told like any other.
        closing = _guarded(_close_engine, settings)
        flushing = _guarded(_flush, settings)
    for end in settings.at_end:
        end()
    return code or closing or flushing


def _do(arguments: list[str], settings: Settings) -> int:
    if complete := os.environ.get(f"_{PROGRAM.upper()}_COMPLETE"):
        from click.shell_completion import shell_complete

        return shell_complete(program, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE", complete)
    with program.make_context(PROGRAM, arguments, obj=settings) as context:
        program.invoke(context)
    return exits.DONE


def _guarded(action: failures.Action, settings: Settings) -> int:
    try:
        return action() or exits.DONE
    except BrokenPipeError:
        code = exits.BROKEN_PIPE  # nobody reads any more: that is no error to tell
    except BaseException as error:
        try:
            code = failures.report(error, settings)
        except BrokenPipeError:
            code = exits.BROKEN_PIPE
    _let_go_of_streams()
    return code


def _let_go_of_streams() -> None:
    """Send what can be written nowhere to nowhere, or the interpreter's last flush would tell of it."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            try:
                stream.flush()
            except OSError:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)


def _prepare_streams() -> None:
    """A name that the terminal's encoding cannot show is no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _close_engine() -> int | None:
    if "azjobs.jobs.engine" in sys.modules:
        from azjobs.jobs import engine

        engine.close()
    return None


def _flush() -> int | None:
    stream: TextIO | None = sys.stdout
    if stream is not None and not stream.closed:
        stream.flush()
    return None
