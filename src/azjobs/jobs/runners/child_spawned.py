"""A job's process that was started as a new interpreter: it watches for the end of its owner itself."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import NoReturn

from azjobs.jobs.runners import child, process_tree
from azjobs.jobs.runners.process_linux import become_subreaper


def main(outbox: int) -> NoReturn:
    """Run the job that is described on standard input; never returns.

    Args:
        outbox: the file descriptor (on Windows: the handle) that frames are written to.
    """
    if sys.platform == "win32":
        import msvcrt

        outbox = msvcrt.open_osfhandle(outbox, os.O_WRONLY)
    os.set_inheritable(outbox, False)
    inbox = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    become_subreaper()
    request = child.read_request(inbox)
    threading.Thread(target=_end_with_owner, args=(inbox,), name="azjobs-owner", daemon=True).start()
    child.run(request, outbox)


def _end_with_owner(inbox: int) -> None:
    while os.read(inbox, 4096):
        pass
    process_tree.kill_below(os.getpid())
    if sys.platform == "win32":
        os._exit(1)
    os.kill(os.getpid(), signal.SIGKILL)
