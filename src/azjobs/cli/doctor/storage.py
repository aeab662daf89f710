"""Checks of what is on the disk: the state folder, the journal, and who looks after its jobs."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from azjobs.cli.doctor.findings import Finding, fail, ok, warn
from azjobs.errors import AzJobsError
from azjobs.home import home
from azjobs.jobs.engine import Engine, engine
from azjobs.jobs.journal import NAME

_LARGE = 1 << 30


def check() -> Iterator[Finding]:
    """Check the state folder, then the journal in it, then its jobs."""
    try:
        folder = home()
    except AzJobsError as error:
        yield fail("State folder", error.message, "Make the folder usable, or set AZJOBS_HOME to another one.")
        return
    yield _folder(folder)
    try:
        current = engine()
        yield from _journal(current)
        yield _jobs(current)
    except AzJobsError as error:
        yield fail("Journal", error.message, "Nothing was changed in the file.")


def _folder(folder: Path) -> Finding:
    subject = "State folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return fail(subject, f"{folder} cannot be written to.", f"Make it writable: chmod u+rwx {folder}")
    if os.name == "posix":
        open_ones = [path for path in (folder, *folder.iterdir()) if _others_may(path)]
        if open_ones:
            return warn(
                subject,
                f"Other users of this machine may read {', '.join(map(str, open_ones[:3]))}.",
                f"Keep it to yourself: chmod -R go-rwx {folder}",
            )
    return ok(subject, f"{folder}, readable by you alone.")


def _others_may(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077) and not path.is_symlink()
    except FileNotFoundError:
        return False


def _journal(current: Engine) -> Iterator[Finding]:
    subject = "Journal"
    path = current.home / NAME
    problem = _integrity(path)
    size = sum(file.stat().st_size for file in (path, path.with_name(f"{NAME}-wal")) if file.exists())
    count = len(current.journal.all())
    text = f"{count} {'job' if count == 1 else 'jobs'}, {_size(size)}"
    if problem is not None:
        yield fail(
            subject,
            f"{path} is damaged: {problem}.",
            f"Move it away ({path.name} and its -wal and -shm) to start a new one; what runs in Azure goes on.",
        )
    elif size > _LARGE:
        yield warn(
            subject,
            f"{text}, intact.",
            "Remove what is no longer needed: azjobs remove $(azjobs list -q --state Completed)",
        )
    else:
        yield ok(subject, f"{text}, intact.")


def _integrity(path: Path) -> str | None:
    """What SQLite says is wrong with the file, or None."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else " ".join(found.split())


def _jobs(current: Engine) -> Finding:
    unfinished = current.journal.unfinished()
    orphans = [row for row in unfinished if current.is_orphan(row)]
    if orphans:
        number = "1 job goes" if len(orphans) == 1 else f"{len(orphans)} jobs go"
        return warn(
            "Jobs",
            f"{number} on in Azure and nobody watches: {', '.join(str(row.id) for row in orphans[:20])}.",
            "`azjobs list` looks at them, `azjobs wait --all` watches them to their end.",
        )
    watched = len(unfinished)
    return ok("Jobs", f"{watched} unfinished, each watched by a process." if watched else "None is unfinished.")


def _size(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
