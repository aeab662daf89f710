"""The one thread of a process that writes to the journal: units queued meanwhile share a transaction (group commit)."""

from __future__ import annotations

import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from azjobs.errors import JournalUnreadable

T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], T]

_BATCH = 256
_PATIENCE = 30.0  # seconds that a transaction waits for other processes' ones


@dataclass(frozen=True, slots=True)
class _Queued:
    unit: Unit[Any]
    durable: bool
    future: Future[Any]


class Writer:
    """Runs units of work, each whole or not at all, in the order in which they were handed over."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], committed: Callable[[], None]) -> None:
        self._connect = connect
        self._committed = committed
        self._queue: queue.SimpleQueue[_Queued | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, unit: Unit[T], *, durable: bool) -> Future[T]:
        """Queue a unit; the future ends when it is committed (durable: and synced to the disk)."""
        future: Future[T] = Future()
        # It cannot be cancelled: who waits for it may give up the waiting, and the write goes on.
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._closed:
                future.set_exception(JournalUnreadable("The journal is closed: the process is ending."))
                return future
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="azjobs-journal", daemon=True)
                self._thread.start()
            self._queue.put(_Queued(unit, durable, future))
        return future

    def close(self) -> None:
        """Commit what is queued and end the thread."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while batch := self._next_batch():
            try:
                connection = connection or self._connect()
                self._commit(connection, batch)
            except Exception as error:
                # Whatever it is, who waits must hear of it: a thread that is gone would keep them waiting for ever.
                _refuse(batch, unwritable(error) if isinstance(error, sqlite3.Error) else error)
        if connection is not None:
            connection.close()

    def _next_batch(self) -> list[_Queued]:
        batch: list[_Queued] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == _BATCH:
                return batch
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch
        if batch:
            self._queue.put(None)  # the end comes after this batch
        return batch

    def _commit(self, connection: sqlite3.Connection, batch: list[_Queued]) -> None:
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            connection.execute(f"PRAGMA synchronous = {'FULL' if any(item.durable for item in batch) else 'NORMAL'}")
            patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
            outcomes.extend((item.future, *_run_unit(connection, item.unit)) for item in batch)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            _refuse(batch, unwritable(error))
            return
        for future, result, problem in outcomes:
            if problem is not None:
                future.set_exception(problem)
            else:
                future.set_result(result)
        self._committed()


def _refuse(batch: list[_Queued], error: Exception) -> None:
    for item in batch:
        if not item.future.done():
            item.future.set_exception(error)


def _run_unit(connection: sqlite3.Connection, unit: Unit[Any]) -> tuple[Any, BaseException | None]:
    connection.execute("SAVEPOINT unit")
    try:
        result = unit(connection)
    except sqlite3.Error:
        raise
    except Exception as problem:
        connection.execute("ROLLBACK TO unit")
        connection.execute("RELEASE unit")
        return None, problem
    connection.execute("RELEASE unit")
    return result, None


def patiently(action: Callable[[], object]) -> None:
    """Do what needs the database's lock, waiting for other processes with a jitter of our own.

    SQLite's own back-off is unfair at saturation (one writer of eight got one commit in three seconds), and it is not
    asked at all where a waiting process could deadlock, as when two make the database at once.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            action()
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.0002, 0.0015))


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process holds the lock."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def unwritable(error: sqlite3.Error) -> JournalUnreadable:
    """Return what a person is told about an error of SQLite while writing."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL"):
        return JournalUnreadable("The disk that holds the journal is full: free some space; nothing stored was lost.")
    if name.startswith("SQLITE_READONLY"):
        return JournalUnreadable("The journal is read-only: make its folder writable, or set AZJOBS_HOME to another.")
    return JournalUnreadable(f"The journal cannot be written ({error}): see `azjobs doctor`.")
