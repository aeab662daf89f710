"""The durable store of jobs and their records: SQLite in WAL mode. Only this module and `writer` run SQL."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from azjobs.errors import JobNotFound, JournalForeign, JournalUnreadable
from azjobs.jobs import schema
from azjobs.jobs.payload_files import PayloadFiles
from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import Encoding, NewRecord, Payload, Record, Stream, from_epoch
from azjobs.jobs.rows import JobRow, LostOwnership, NewJob
from azjobs.jobs.states import JobState, transition
from azjobs.jobs.writer import Writer, is_busy, patiently, unwritable

__all__ = ["Change", "JobRow", "Journal", "LostOwnership", "NewJob"]

NAME = "journal.sqlite3"
_LARGEST = (1 << 63) - 1  # of the numbers that SQLite takes


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an owner writes about its job in one transaction; None leaves a field as it is."""

    state: JobState | None = None
    reason: Reason | None = None
    status_message: str | None = None
    detail: Mapping[str, Any] | None = None
    records: Sequence[NewRecord] = ()
    next_look: float | None = None
    release: bool = False

    @property
    def durable(self) -> bool:
        """Whether the disk must have it before the call returns: a change of state, or what an adopter needs."""
        return self.state is not None or self.detail is not None


class Journal:
    """Jobs and their records in `journal.sqlite3`; safe for many threads and many processes.

    Example:
        >>> journal = Journal.open(Path("/tmp/state"))
        >>> journal.all()
        []
    """

    def __init__(self, home: Path, reader: sqlite3.Connection, committed: Callable[[], None]) -> None:
        self.home = home
        self.path = home / NAME
        self._reader = reader
        self._reading = threading.RLock()
        self._files = PayloadFiles(home)
        self._writer = Writer(lambda: _connect(self.path), committed)

    @classmethod
    def open(cls, home: Path, committed: Callable[[], None] = lambda: None) -> Self:
        """Open the journal in a folder, made when it is missing.

        Args:
            home: the state folder.
            committed: called on the writer's thread after each commit.

        Raises:
            JournalUnreadable: damaged, or not permitted.
            JournalForeign: the file is another program's or a newer azjobs'.
        """
        path = home / NAME
        try:
            reader = _connect(path)
            try:
                patiently(lambda: _prepare(reader, path))
            except BaseException:
                reader.close()
                raise
        except sqlite3.DatabaseError as error:
            raise _unreadable(path, error) from error
        return cls(home, reader, committed)

    def close(self) -> None:
        """Commit what is queued and close the file."""
        self._writer.close()
        with self._reading:
            self._reader.close()

    # -- reading -----------------------------------------------------------------------------------------------------

    def get(self, job_id: int) -> JobRow:
        """Return a job, or raise JobNotFound."""
        rows = self._query(schema.SELECT_JOB, (job_id,)) if 0 < job_id <= _LARGEST else []
        if not rows:
            text = f"There is no job with the id {job_id}: `azjobs list` shows those there are."
            raise JobNotFound(text, job_id=job_id)
        return JobRow.from_columns(rows[0])

    def find_instance(self, instance_id: str) -> JobRow | None:
        """Return the job with an instance id, or None."""
        rows = self._query(schema.SELECT_BY_INSTANCE, (instance_id,))
        return JobRow.from_columns(rows[0]) if rows else None

    def all(self) -> list[JobRow]:
        """Return every job, by id."""
        return [JobRow.from_columns(row) for row in self._query(schema.SELECT_ALL)]

    def unfinished(self) -> list[JobRow]:
        """Return the jobs that are not finished, by id."""
        return [JobRow.from_columns(row) for row in self._query(schema.SELECT_UNFINISHED)]

    def children(self, job_id: int) -> list[JobRow]:
        """Return the children of a job, by id."""
        return [JobRow.from_columns(row) for row in self._query(schema.SELECT_CHILDREN, (job_id,))]

    def many(self, ids: Iterable[int]) -> list[JobRow]:
        """Return the jobs with these ids that exist, in the order given."""
        wanted = list(ids)
        found: dict[int, JobRow] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            for row in self._query(f"SELECT {schema.COLUMNS} FROM jobs WHERE id IN ({marks})", tuple(part)):
                found[row[0]] = JobRow.from_columns(row)
        return [found[job_id] for job_id in wanted if job_id in found]

    def records(
        self, job_id: int, *, after: int = 0, stream: Stream | None = None, limit: int | None = None
    ) -> list[Record]:
        """Return a job's records in order.

        Args:
            job_id: the job.
            after: only records with a higher sequence.
            stream: only records of this stream (all of them; not with after or limit).
            limit: at most so many.
        """
        if stream is not None:
            rows = self._query(schema.SELECT_STREAM, (job_id, stream))
        else:
            rows = self._query(schema.SELECT_RECORDS, (job_id, after, _LARGEST if limit is None else limit))
        return [self._record(row) for row in rows]

    def unreceived(self, job_id: int) -> list[Record]:
        """Return the records that `receive_job` has not handed out."""
        return [self._record(row) for row in self._query(schema.SELECT_UNRECEIVED, (job_id,))]

    def last(self, job_id: int, stream: Stream) -> Record | None:
        """Return the newest record of a stream, or None."""
        rows = self._query(schema.SELECT_LAST_OF_STREAM, (job_id, stream))
        return self._record(rows[0]) if rows else None

    def stop_requests(self, owner: str) -> list[tuple[int, str]]:
        """Return (job id, "stop" or "cancel") that other processes ask of this owner."""
        return [(row[0], row[1]) for row in self._query(schema.SELECT_STOP_REQUESTS, (owner,))]

    def data_version(self) -> int:
        """Return a number that changes when anybody else has committed; costs microseconds."""
        return int(self._query("PRAGMA data_version")[0][0])

    # -- writing -----------------------------------------------------------------------------------------------------

    def create(self, new: NewJob, owner: str) -> JobRow:
        """Write a new job, NotStarted and owned; it is on the disk when this returns."""
        instance_id = str(uuid.uuid4())
        detail = _dump(new.detail)

        def unit(connection: sqlite3.Connection) -> JobRow:
            texts = map(_clean, (new.kind, new.name, new.type_name, new.location, new.command))
            values = (instance_id, new.parent_id, *texts)
            cursor = connection.execute(schema.INSERT_JOB, (*values, detail, owner, time.time()))
            job_id = int(cursor.lastrowid or 0)
            if not new.name:
                connection.execute(schema.NAME_JOB, (f"Job{job_id}", job_id))
            return _read(connection, job_id)

        return self._writer.submit(unit, durable=True).result()

    def change(self, job_id: int, epoch: int, change: Change) -> Future[JobRow]:
        """Queue an owner's change; the future gives the job as it is then.

        The future raises LostOwnership when the epoch is not the job's any more, IllegalTransition when the state may
        not follow; nothing of the change is written then.
        """
        stored = [self._files.store(record) for record in change.records]

        def unit(connection: sqlite3.Connection) -> JobRow:
            row = _read(connection, job_id)
            if row.epoch != epoch:
                raise LostOwnership(f"Job {job_id} belongs to another process now.", job_id=job_id)
            return _apply(connection, row, change, stored)

        future = self._writer.submit(unit, durable=change.durable)
        if files := [file for *_, file in stored if file is not None]:
            future.add_done_callback(lambda done: self._files.delete(files if done.exception() else ()))
        return future

    def claim(self, row: JobRow, owner: str) -> JobRow | None:
        """Take over a job whose owner is gone; None when somebody else was quicker. A Disconnected job runs again."""
        state = JobState.RUNNING if row.state is JobState.DISCONNECTED else row.state
        history = row.history if state is row.state else (*row.history, state)

        def unit(connection: sqlite3.Connection) -> JobRow | None:
            values = (owner, state, ",".join(history), row.id, row.owner, row.epoch)
            if connection.execute(schema.CLAIM, values).rowcount == 0:
                return None
            return _read(connection, row.id)

        return self._writer.submit(unit, durable=True).result()

    def request_stop(self, job_id: int, *, cancel: bool) -> None:
        """Ask the process that owns the job to stop it."""
        values = ("cancel" if cancel else "stop", job_id)
        self._writer.submit(lambda connection: connection.execute(schema.REQUEST_STOP, values), durable=False).result()

    def answer_stop(self, job_id: int, request: str, refusal: str | None = None) -> None:
        """Take a request off the job, which is being dealt with, or leave there why it was refused."""
        answer = None if refusal is None else schema.REFUSED + _clean(refusal)
        values = (answer, job_id, request)
        self._writer.submit(lambda connection: connection.execute(schema.ANSWER_STOP, values), durable=False).result()

    def receive(self, job_id: int, records: Sequence[Record]) -> list[Record]:
        """Mark records as received; return those that nobody else had received meanwhile."""

        def unit(connection: sqlite3.Connection) -> list[Record]:
            taken = [
                record
                for record in records
                if connection.execute(schema.MARK_RECEIVED, (job_id, record.sequence)).rowcount
            ]
            connection.execute(schema.COUNT_RECEIVED, (len(taken), job_id))
            return taken

        return self._writer.submit(unit, durable=False).result()

    def remove(self, job_id: int) -> None:
        """Delete a job with its children, records and payload files."""

        def unit(connection: sqlite3.Connection) -> list[str]:
            files = []
            for row in connection.execute(schema.SELECT_CHILDREN, (job_id,)).fetchall():
                files += _delete(connection, row[0])
            return files + _delete(connection, job_id)

        self._files.delete(self._writer.submit(unit, durable=True).result())

    # -- inside ------------------------------------------------------------------------------------------------------

    def _query(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._reading:
                return self._reader.execute(statement, values).fetchall()
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.DatabaseError as error:
            raise _unreadable(self.path, error) from error

    def _record(self, row: tuple[Any, ...]) -> Record:
        job_id, sequence, stream, moment, encoding, payload, file, received = row
        return Record(
            job_id=job_id,
            sequence=sequence,
            stream=Stream(stream),
            time=from_epoch(moment),
            payload=Payload(Encoding(encoding), payload if file is None else self._files.read(file)),
            received=bool(received),
        )


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA busy_timeout = 5000")
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if found == schema.APPLICATION_ID and version == schema.VERSION:
        return
    if found == schema.APPLICATION_ID and version > schema.VERSION:
        raise JournalForeign(
            f"The journal {path} was written by a newer azjobs (schema {version}, this one reads {schema.VERSION}): "
            "upgrade azjobs, or set AZJOBS_HOME to another folder."
        )
    os.chmod(path, 0o600)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have made the tables while this one waited for the lock.
        if connection.execute("PRAGMA user_version").fetchone()[0] != schema.VERSION:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise JournalForeign(
                    f"{path} is a database of another program: move it away, or set AZJOBS_HOME to another folder."
                )
            for statement in schema.CREATE.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _unreadable(path: Path, error: sqlite3.DatabaseError) -> JournalUnreadable:
    if is_busy(error):
        return JournalUnreadable(f"The journal {path} is locked by another program: close it and try again.")
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_FULL", "SQLITE_READONLY")):
        return unwritable(error)
    if name.startswith("SQLITE_CANTOPEN"):
        return JournalUnreadable(
            f"The journal {path} cannot be opened: make its folder readable and writable for you, "
            "or set AZJOBS_HOME to another folder."
        )
    return JournalUnreadable(
        f"The journal {path} cannot be read ({error}): move the file away to start a new one (jobs in Azure go on), "
        "or set AZJOBS_HOME to another folder."
    )


def _read(connection: sqlite3.Connection, job_id: int) -> JobRow:
    row = connection.execute(schema.SELECT_JOB, (job_id,)).fetchone()
    if row is None:
        raise LostOwnership(f"Job {job_id} was removed.", job_id=job_id)
    return JobRow.from_columns(row)


def _apply(connection: sqlite3.Connection, row: JobRow, change: Change, stored: Sequence[tuple[Any, ...]]) -> JobRow:
    now = time.time()
    state, history = row.state, row.history
    if change.state is not None and change.state is not row.state:
        state = transition(row.state, change.state, job_id=row.id, history=row.history)
        history = (*history, state)
    elif row.state.finished and (change.state is not None or change.records):
        transition(row.state, change.state or JobState.RUNNING, job_id=row.id, history=row.history)
    for offset, values in enumerate(stored, start=1):
        connection.execute(schema.INSERT_RECORD, (row.id, row.records + offset, *values))
    begun = row.begin_time.timestamp() if row.begin_time else (now if state is JobState.RUNNING else None)
    ended = row.end_time.timestamp() if row.end_time else (now if state.finished else None)
    reason = change.reason or row.reason
    connection.execute(
        schema.UPDATE_JOB,
        (
            state,
            ",".join(history),
            row.status_message if change.status_message is None else _clean(change.status_message),
            _dump(reason.to_json()) if reason else None,
            row.detail_json if change.detail is None else _dump(change.detail),
            None if change.release or state.finished else row.owner,
            None if state.settled else row.stop_request,
            row.next_look if change.next_look is None else change.next_look,
            begun,
            ended,
            row.records + len(stored),
            row.unreceived + len(stored),
            row.id,
            row.epoch,
        ),
    )
    return _read(connection, row.id)


def _delete(connection: sqlite3.Connection, job_id: int) -> list[str]:
    files = [row[0] for row in connection.execute(schema.SELECT_FILES, (job_id,))]
    connection.execute(schema.DELETE_RECORDS, (job_id,))
    connection.execute(schema.DELETE_JOB, (job_id,))
    return files


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))  # ASCII: lone surrogates are nothing that SQLite takes


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
