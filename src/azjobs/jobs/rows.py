"""A job as the journal keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azjobs.errors import JobError
from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import from_epoch
from azjobs.jobs.schema import REFUSED
from azjobs.jobs.states import JobState


class LostOwnership(JobError):
    """The job belongs to another process now, or was removed: what this process learnt about it no longer counts."""

    code = "LostOwnership"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewJob:
    """A job that is still to be written.

    Attributes:
        kind: the name of its runner: thread, process or operation.
        name: what a person calls it; need not be unique.
        command: what it runs.
        type_name: PowerShell's PSJobTypeName: AzureLongRunningJob, BackgroundJob, ThreadJob.
        location: where it runs.
        detail: what the runner needs to know in another process; JSON-able, never a secret.
        parent_id: the job that it is a child of.
    """

    kind: str
    name: str
    command: str
    type_name: str
    location: str = "localhost"
    detail: Mapping[str, Any] = field(default_factory=dict)
    parent_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRow:
    """A job as it was when it was read."""

    id: int
    instance_id: str
    parent_id: int | None
    kind: str
    name: str
    type_name: str
    location: str
    command: str
    state: JobState
    history: tuple[str, ...]
    status_message: str
    reason: Reason | None
    detail_json: str = field(repr=False)
    owner: str | None
    epoch: int
    stop_request: str | None
    next_look: float | None
    created: datetime
    begin_time: datetime | None
    end_time: datetime | None
    records: int
    unreceived: int

    @property
    def detail(self) -> dict[str, Any]:
        """What the runner keeps about the job; a new dictionary each time."""
        value: dict[str, Any] = json.loads(self.detail_json)
        return value

    @property
    def refusal(self) -> str | None:
        """Why the job's owner did not do what another process asked last; None when nothing was refused."""
        if self.stop_request is None or not self.stop_request.startswith(REFUSED):
            return None
        return self.stop_request.removeprefix(REFUSED)

    @property
    def has_more_data(self) -> bool:
        """Whether `receive_job` may have something: unread records, or a job that runs (PowerShell's HasMoreData)."""
        return self.unreceived > 0 or not (self.state.finished or self.state is JobState.NOT_STARTED)

    @classmethod
    def from_columns(cls, columns: tuple[Any, ...]) -> JobRow:
        """Return the job that a row of `schema.COLUMNS` holds."""
        id_, instance_id, parent_id, kind, name, type_name, location, command, state, history, status = columns[:11]
        reason, detail, owner, epoch, stop_request, next_look, created, begun, ended, records, unreceived = columns[11:]
        return cls(
            id=id_,
            instance_id=instance_id,
            parent_id=parent_id,
            kind=kind,
            name=name,
            type_name=type_name,
            location=location,
            command=command,
            state=JobState(state),
            history=tuple(history.split(",")),
            status_message=status,
            reason=Reason.from_json(json.loads(reason)) if reason else None,
            detail_json=detail,
            owner=owner,
            epoch=epoch,
            stop_request=stop_request,
            next_look=next_look,
            created=from_epoch(created),
            begin_time=from_epoch(begun) if begun is not None else None,
            end_time=from_epoch(ended) if ended is not None else None,
            records=records,
            unreceived=unreceived,
        )
