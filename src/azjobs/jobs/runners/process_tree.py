"""Processes and their descendants: finding them, asking them to end, killing them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

# Such a process is meant to outlive the job that started it (a detached emulator, a detached job's supervisor).
DETACHED = "AZJOBS_DETACHED"


def children(pid: int) -> list[int]:
    """Return the processes that a process is the parent of, zombies included."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return _linux_children(pid)
        return []
    return [child for child, parent in _table() if parent == pid]


def descendants(pid: int) -> list[int]:
    """Return the processes below a process, nearest first, zombies included."""
    if sys.platform == "linux":
        return _closure(pid, children)
    below: dict[int, list[int]] = {}
    for child, parent in _table():
        below.setdefault(parent, []).append(child)
    return _closure(pid, lambda parent: below.get(parent, []))


def alive(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    if sys.platform == "linux":
        return _linux_state(pid) not in ("", "Z", "X")
    if sys.platform == "win32":
        return any(child == pid for child, _ in _table())
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def name(pid: int) -> str:
    """Return what a process is called, or an empty text."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
        return file.read().strip()
    return ""


def is_detached(pid: int) -> bool:
    """Whether a process says in its environment that it is meant to outlive its job."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        return any(entry.startswith(f"{DETACHED}=".encode()) for entry in file.read().split(b"\0"))
    return False


def terminate(pids: Iterable[int]) -> None:
    """Ask processes to end."""
    for pid in pids:
        send(pid, signal.SIGTERM)
        if sys.platform != "win32":
            send(pid, signal.SIGCONT)  # a stopped process sees no other signal


def send(pid: int, number: int) -> None:
    """Send a signal; a process that is gone is left alone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def kill_tree(pid: int) -> None:
    """Kill a process and everything below it.

    Everything is stopped before anything is killed, until nothing new is found: a stopped process starts no other, and
    while its parent is there nobody moves away to another one.
    """
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(pid)], capture_output=True, check=False)
        return
    send(pid, signal.SIGSTOP)
    kill_below(pid)
    send(pid, signal.SIGKILL)


def kill_below(pid: int) -> None:
    """Kill everything below a process, as `kill_tree` does."""
    if sys.platform == "win32":
        for child in reversed(descendants(pid)):
            send(child, signal.SIGTERM)
        return
    stopped: set[int] = set()
    for _ in range(1000):
        found = [child for child in descendants(pid) if child not in stopped]
        if not found:
            break
        for child in found:
            send(child, signal.SIGSTOP)
        stopped.update(found)
    for victim in stopped:
        send(victim, signal.SIGKILL)


def with_variable(variable: str, value: str) -> list[int]:
    """Return the processes whose environment has a variable with this value (Linux only; an empty list elsewhere)."""
    wanted = f"{variable}={value}".encode()
    found = []
    for pid in _linux_pids() if sys.platform == "linux" else ():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            if wanted in file.read().split(b"\0"):
                found.append(pid)
    return found


def kill_marked(variable: str, value: str) -> None:
    """Kill the processes that carry a variable, and all below them, but for those meant to outlive their job."""
    for pid in with_variable(variable, value):
        if not is_detached(pid):
            kill_tree(pid)


def gone_within(pids: Callable[[], Iterable[int]], seconds: float) -> bool:
    """Wait until none of the processes is alive; return whether that came about in time."""
    deadline = time.monotonic() + seconds
    pause = 0.001
    while any(alive(pid) for pid in pids()):
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
    return True


def _closure(pid: int, below: Callable[[int], list[int]]) -> list[int]:
    found: list[int] = []
    seen = {pid}
    queue = [pid]
    while queue:
        fresh = [child for child in below(queue.pop(0)) if child not in seen]
        seen.update(fresh)
        found += fresh
        queue += fresh
    return found


def _linux_children(pid: int) -> list[int]:
    found: list[int] = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
        except FileNotFoundError:
            if not os.path.exists("/proc/self/task/" + str(os.getpid()) + "/children"):
                return [child for child in _linux_pids() if _linux_parent(child) == pid]
    return found


def _linux_pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]


def _linux_fields(pid: int) -> list[str]:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(") ")[2].split()
    return []


def _linux_parent(pid: int) -> int:
    fields = _linux_fields(pid)
    return int(fields[1]) if fields else 0


def _linux_state(pid: int) -> str:
    fields = _linux_fields(pid)
    return fields[0] if fields else ""


def _table() -> list[tuple[int, int]]:
    """Return (process, parent) of every process, from the system's own tool."""
    if sys.platform == "win32":
        script = 'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId)" }'
        command = ["powershell", "-NoProfile", "-Command", script]
    else:
        command = ["ps", "-A", "-o", "pid=,ppid="]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    pairs = [line.split() for line in answer.stdout.splitlines()]
    return [(int(pair[0]), int(pair[1])) for pair in pairs if len(pair) == 2]
