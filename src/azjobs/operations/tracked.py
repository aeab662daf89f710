"""One operation's job in this process: what it knows, what it still has to write, and what it waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azjobs.errors import JournalError
from azjobs.jobs.records import NewRecord
from azjobs.jobs.states import JobState
from azjobs.operations.clock import wake
from azjobs.operations.detail import Acceptance, Detail, Intent

if TYPE_CHECKING:
    from azjobs.jobs.reasons import Reason
    from azjobs.jobs.rows import JobRow
    from azjobs.jobs.runner import JobControl
    from azjobs.operations.channel import Channel
    from azjobs.operations.clock import Clock

_JOURNAL_PAUSE = 5.0  # seconds before a write that the journal refused (a full disk) is tried again


class Withdrawn(Exception):
    """The job was stopped before its first request was sent; nothing is to be sent."""


class Tracked:
    """A job that this process looks after.

    Args:
        control: the hold on the job.
        detail: what the job remembers.
        clock: what is waited with.
        adopted: whether another process started it.
    """

    def __init__(self, control: JobControl, detail: Detail, clock: Clock, *, adopted: bool = False) -> None:
        self.control = control
        self.adopted = adopted
        self.detail = detail
        self.task: asyncio.Task[None] | None = None
        self.finished = asyncio.Event()
        self.answered = asyncio.Event()
        self.followed = asyncio.Event()
        self.channel: Channel | None = None
        self.due: float | None = None  # when the pause ends
        self.changes: Sequence[str] = ()  # what was sent to prepare the first request
        self.settled = detail.acceptance is not None
        self.instance_id: str | None = control.row.instance_id
        self._clock = clock
        self._pending: list[NewRecord] = []
        self._timer: asyncio.Future[None] | None = None
        self._message = control.row.status_message
        self._sending = threading.Lock()
        self._hurried = False
        self._withdrawn = False
        self._sent = detail.intent is not None

    @property
    def job_id(self) -> int:
        """The job's id."""
        return self.control.job_id

    # -- records and state -------------------------------------------------------------------------------------------

    def add(self, record: NewRecord) -> None:
        """Keep a record until the next flush or commit."""
        self._pending.append(record)

    async def flush(self) -> None:
        """Write the records that were kept."""
        if self._pending:
            await self.commit()

    async def commit(
        self,
        *,
        state: JobState | None = None,
        reason: Reason | None = None,
        message: str | None = None,
        detail: Detail | None = None,
        records: Sequence[NewRecord] = (),
        next_look: float | None = None,
        release: bool = False,
    ) -> JobRow:
        """Write what is given and the records that were kept, in one transaction; wait while the journal cannot.

        Raises:
            LostOwnership: the job belongs to another process now.
        """
        pending, self._pending = self._pending, []
        if detail is not None:
            self.detail = detail  # at once: another change may be prepared while this one is written
        while True:
            changes: dict[str, Any] = {
                "state": state,
                "reason": reason,
                "status_message": message,
                "detail": None if detail is None else detail.to_json(),
                "records": [*pending, *records],
                "next_look": next_look,
            }
            if release:
                changes["release"] = True
            try:
                row = await self.control.write_async(**changes)
            except JournalError:
                await self._clock.timer(_JOURNAL_PAUSE)
                continue
            if message is not None:
                self._message = message
            return row

    async def say(self, message: str, *, next_look: float | None = None) -> None:
        """Write what the job does or waits for, when it is something new, and when it looks next, if that is given."""
        new = message if message != self._message else None
        if new is not None or next_look is not None or self._pending:
            await self.commit(message=new, next_look=next_look)

    # -- the first request -------------------------------------------------------------------------------------------

    def withdraw(self) -> bool:
        """Forbid the first request; False when it was sent already."""
        with self._sending:
            if not self._sent:
                self._withdrawn = True
            return self._withdrawn

    def retract(self) -> None:
        """Azure surely has not taken the first request: until it is sent again, a stop finds nothing sent."""
        with self._sending:
            self._sent = False

    def intend(self, intent: Intent, **changes: Any) -> None:
        """Write down the first request before it leaves (blocking: for a thread of the starter's).

        Raises:
            Withdrawn: the job was stopped meanwhile.
            LostOwnership: the job belongs to another process now.
        """
        detail = self._intended(intent, changes)
        if detail is not None:
            self.control.write(detail=detail.to_json())
            self.detail = detail

    async def intend_async(self, intent: Intent, **changes: Any) -> None:
        """Write down the first request before it leaves (on the loop)."""
        detail = self._intended(intent, changes)
        if detail is not None:
            await self.commit(detail=detail)

    def _intended(self, intent: Intent, changes: dict[str, Any]) -> Detail | None:
        with self._sending:
            if self._withdrawn:
                raise Withdrawn
            self._sent = True
        known = self.detail.intent
        if known is not None and (known.method, known.url) == (intent.method, intent.url):
            return None  # sent again: the first time counts
        return replace(self.detail, intent=intent, **changes)

    def settle(self) -> None:
        """What becomes of the first request is known, or any later process can find it out."""
        self.settled = True
        self.answered.set()

    def accepted(self, acceptance: Acceptance, **changes: Any) -> Detail:
        """Return the detail with Azure's answer to the first request."""
        return replace(self.detail, acceptance=acceptance, **changes)

    # -- waiting -----------------------------------------------------------------------------------------------------

    async def pause(self, seconds: float) -> bool:
        """Wait, or until `hurry`; return whether it was hurried."""
        self._hurried = False
        self._timer = self._clock.timer(seconds)
        self.due = self._clock.now() + seconds
        try:
            await self._timer
        finally:
            self._timer = None
            self.due = None
        return self._hurried

    def hurry(self) -> None:
        """End the pause, if there is one: something happened that makes a look worth while."""
        self._hurried = True
        if self._timer is not None:
            wake(self._timer)
