"""The journal's schema and every statement that is run against it, each named and described."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x617A6A62  # "azjb": tells our file from anybody else's
VERSION: Final = 1

CREATE: Final = """
CREATE TABLE jobs (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id    TEXT NOT NULL UNIQUE,
    parent_id      INTEGER REFERENCES jobs (id),
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,
    type_name      TEXT NOT NULL,
    location       TEXT NOT NULL,
    command        TEXT NOT NULL,
    state          TEXT NOT NULL,
    history        TEXT NOT NULL,
    status_message TEXT NOT NULL DEFAULT '',
    reason         TEXT,
    detail         TEXT NOT NULL,
    owner          TEXT,
    epoch          INTEGER NOT NULL DEFAULT 1,
    stop_request   TEXT,
    next_look      REAL,
    created        REAL NOT NULL,
    begun          REAL,
    ended          REAL,
    records        INTEGER NOT NULL DEFAULT 0,
    unreceived     INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_unfinished ON jobs (id) WHERE ended IS NULL;
CREATE INDEX jobs_children ON jobs (parent_id) WHERE parent_id IS NOT NULL;
CREATE TABLE records (
    job_id   INTEGER NOT NULL REFERENCES jobs (id),
    sequence INTEGER NOT NULL,
    stream   TEXT NOT NULL,
    time     REAL NOT NULL,
    encoding TEXT NOT NULL,
    payload  BLOB,
    file     TEXT,
    received INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job_id, sequence)
) WITHOUT ROWID;
CREATE INDEX records_unreceived ON records (job_id, sequence) WHERE received = 0;
"""

COLUMNS: Final = (
    "id, instance_id, parent_id, kind, name, type_name, location, command, state, history, status_message, reason, "
    "detail, owner, epoch, stop_request, next_look, created, begun, ended, records, unreceived"
)

# A new job; its id is the next of the journal's one sequence.
INSERT_JOB: Final = (
    "INSERT INTO jobs "
    "(instance_id, parent_id, kind, name, type_name, location, command, state, history, detail, owner, created) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, 'NotStarted', 'NotStarted', ?, ?, ?)"
)
# PowerShell's default name.
NAME_JOB: Final = "UPDATE jobs SET name = ? WHERE id = ?"
SELECT_JOB: Final = f"SELECT {COLUMNS} FROM jobs WHERE id = ?"
SELECT_BY_INSTANCE: Final = f"SELECT {COLUMNS} FROM jobs WHERE instance_id = ?"
SELECT_ALL: Final = f"SELECT {COLUMNS} FROM jobs ORDER BY id"
SELECT_UNFINISHED: Final = f"SELECT {COLUMNS} FROM jobs WHERE ended IS NULL ORDER BY id"
SELECT_CHILDREN: Final = f"SELECT {COLUMNS} FROM jobs WHERE parent_id = ? ORDER BY id"
# What other processes ask of the jobs that this one owns.
SELECT_STOP_REQUESTS: Final = (
    "SELECT id, stop_request FROM jobs WHERE ended IS NULL AND owner = ? AND stop_request IN ('stop', 'cancel')"
)

# Everything that an owner may change, checked by the epoch in the same transaction.
UPDATE_JOB: Final = (
    "UPDATE jobs SET state = ?, history = ?, status_message = ?, reason = ?, detail = ?, owner = ?, stop_request = ?, "
    "next_look = ?, begun = ?, ended = ?, records = ?, unreceived = ? WHERE id = ? AND epoch = ?"
)
# An orphan changes hands: compare-and-swap on owner and epoch, so that two adopters cannot both win.
CLAIM: Final = (
    "UPDATE jobs SET owner = ?, epoch = epoch + 1, state = ?, history = ?, stop_request = NULL "
    "WHERE id = ? AND owner IS ? AND epoch = ? AND ended IS NULL"
)
# The owner reads it and does what is asked.
REQUEST_STOP: Final = "UPDATE jobs SET stop_request = ? WHERE id = ? AND ended IS NULL"
# What an owner leaves in a request's place when it could not do what was asked; the reason follows.
REFUSED: Final = "refused: "
ANSWER_STOP: Final = "UPDATE jobs SET stop_request = ? WHERE id = ? AND stop_request IS ? AND ended IS NULL"
DELETE_JOB: Final = "DELETE FROM jobs WHERE id = ?"
DELETE_RECORDS: Final = "DELETE FROM records WHERE job_id = ?"
SELECT_FILES: Final = "SELECT file FROM records WHERE job_id = ? AND file IS NOT NULL"

INSERT_RECORD: Final = (
    "INSERT INTO records (job_id, sequence, stream, time, encoding, payload, file) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
SELECT_RECORDS: Final = (
    "SELECT job_id, sequence, stream, time, encoding, payload, file, received FROM records "
    "WHERE job_id = ? AND sequence > ? ORDER BY sequence LIMIT ?"
)
SELECT_UNRECEIVED: Final = (
    "SELECT job_id, sequence, stream, time, encoding, payload, file, received FROM records "
    "WHERE job_id = ? AND received = 0 ORDER BY sequence"
)
SELECT_STREAM: Final = (
    "SELECT job_id, sequence, stream, time, encoding, payload, file, received FROM records "
    "WHERE job_id = ? AND stream = ? ORDER BY sequence"
)
SELECT_LAST_OF_STREAM: Final = (
    "SELECT job_id, sequence, stream, time, encoding, payload, file, received FROM records "
    "WHERE job_id = ? AND stream = ? ORDER BY sequence DESC LIMIT 1"
)
MARK_RECEIVED: Final = "UPDATE records SET received = 1 WHERE job_id = ? AND sequence = ? AND received = 0"
COUNT_RECEIVED: Final = "UPDATE jobs SET unreceived = unreceived - ? WHERE id = ?"
