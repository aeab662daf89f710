"""Reading passwords and client secrets: from a file, standard input or a prompt; never from an argument."""

from __future__ import annotations

import sys
from pathlib import Path

from azjobs.cli.redaction import hide
from azjobs.errors import InvalidArgument


def read_secret(file: str | None, from_stdin: bool, *, what: str, file_option: str) -> str | None:
    """Return the secret that the options name, without the end of its line; None when neither option was given.

    Args:
        file: the path; `-` is standard input.
        from_stdin: whether standard input was asked for.
        what: what to call it in an error, `password`.
        file_option: the option that gives the file.

    Raises:
        InvalidArgument: both were given, the file cannot be read, or there is no secret in it.
    """
    if file is not None and from_stdin:
        raise InvalidArgument(f"The {what} was given twice: leave out {file_option} or the option for standard input.")
    if file is None and not from_stdin:
        return None
    if file is None or file == "-":
        return _from_stdin(what, file_option)
    try:
        text = Path(file).expanduser().read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidArgument(f"The {what} cannot be read from {file}: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise InvalidArgument(f"The {what} cannot be read from {file}: the file is not text in UTF-8.") from None
    return _checked(text, f"The file {file} holds no {what}: write it on the first line.", what)


def can_ask() -> bool:
    """Whether somebody sits at a terminal who can be asked."""
    return all(stream is not None and not stream.closed and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _from_stdin(what: str, file_option: str) -> str:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise InvalidArgument(
            f"Standard input is a terminal, which would show the {what}: pipe it in, or use {file_option}."
        )
    return _checked(sys.stdin.readline(), f"Standard input holds no {what}: pipe it in on one line.", what)


def _checked(text: str, empty: str, what: str) -> str:
    lines = text.splitlines()
    if len(lines) > 1 and any(line.strip() for line in lines[1:]):
        raise InvalidArgument(f"There is more than one line where the {what} is read from: give the {what} alone.")
    secret = lines[0] if lines else ""
    if not secret.strip():
        raise InvalidArgument(empty)
    return hide(secret)
