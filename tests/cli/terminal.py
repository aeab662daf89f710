"""Running azjobs on a pseudo-terminal."""

from __future__ import annotations

import os
import select
import subprocess
import time

from tests.cli.conftest import command, environment


def at_terminal(
    *arguments: str, expect: str | None = None, answer: str = "", columns: int = 100, env: dict[str, str] | None = None
) -> tuple[int, str]:
    """Run azjobs on a terminal.

    Args:
        *arguments: what follows `azjobs`.
        expect: the question that is answered when it is seen.
        answer: what is typed then.
        columns: how wide the terminal is.
        env: further variables.

    Returns:
        The exit code, and everything that was shown.
    """
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    variables = {name: value for name, value in environment().items() if name != "COLUMNS"}

    def make_it_the_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        command(*arguments),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**variables, "TERM": "xterm-256color", **(env or {})},
        start_new_session=True,
        preexec_fn=make_it_the_terminal,
    )
    os.close(theirs)
    shown, deadline = "", time.monotonic() + 40
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 65536).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                break
        if expect is not None and expect in shown:
            time.sleep(0.3)  # Python loses a Ctrl-C that comes in the instant in which it begins to read
            os.write(ours, answer.encode())
            expect = None
    os.close(ours)
    return process.wait(timeout=10), shown.replace("\r\n", "\n")
