"""The command line. Light: a sub-command's module is imported when the sub-command is called."""

from __future__ import annotations

from collections.abc import Sequence

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: what follows the program's name; `sys.argv` when nothing is given.

    Example:
        >>> main(["--version"])
        azjobs 0.1.0
        0
    """
    try:
        from azjobs.cli.entry import run

        return run(arguments)
    except KeyboardInterrupt:  # while modules were imported, or at the very end
        return _INTERRUPTED


__all__ = ["main"]
