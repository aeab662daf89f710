"""The owner's side of one running process job: it reads what the process says, writes it down, and settles the job."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from azjobs.errors import UsageError
from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import NewRecord, Payload, Stream
from azjobs.jobs.rows import LostOwnership
from azjobs.jobs.runner import JobControl
from azjobs.jobs.runners.process_frames import Frame, FrameDecoder, FrameKind, LineCutter
from azjobs.jobs.runners.process_launching import Ends, Launcher, close_own
from azjobs.jobs.runners.process_order import OrderedSource
from azjobs.jobs.runners.process_outcome import Cause, Death, Outcome, outcome
from azjobs.jobs.runners.process_sources import PollSource, Source, ThreadSource
from azjobs.jobs.runners.process_work import ProcessWork
from azjobs.jobs.states import JobState

if TYPE_CHECKING:
    from azjobs.jobs.engine import Engine

# What may wait to be written before the reading stops, and with it, when its pipes are full, the job.
_MOST_RECORDS = 5000
_MOST_BYTES = 4 * 1024 * 1024
_LONGEST_REMARK = 300


class ProcessWatch:
    """Supervises one job from its start to its settled end."""

    def __init__(self, engine: Engine, control: JobControl, work: ProcessWork, launcher: Launcher) -> None:
        self.done = threading.Event()
        self._control = control
        self._work = work
        self._launcher = launcher
        self._loop = engine.loop
        self._wake = asyncio.Event()
        self._decoder = FrameDecoder()
        self._cutters = {Stream.INFORMATION: LineCutter(), Stream.ERROR: LineCutter()}
        self._printed = Stream.INFORMATION if work.kind == "function" else Stream.OUTPUT
        self._records: list[NewRecord] = []
        self._bytes = 0
        self._paused = False
        self._garbled = False
        self._started: Mapping[str, Any] | None = None
        self._ended: Mapping[str, Any] | None = None
        self._death: Death | None = None
        self._cause: Cause | None = None
        self._last_error: str | None = None
        self._ends = self._launch()

    def _launch(self) -> Ends:
        row = self._control.row
        ends = self._launcher.launch(
            row.id,
            azure=self._work.uses_azure,
            instance_id=row.instance_id,
            grace=self._work.grace,
            died=self._died,
        )
        head = pickle.dumps({"work": self._work.request, "job_id": row.id, "instance_id": row.instance_id})
        self._request = memoryview(len(head).to_bytes(8, "big") + head)
        if sys.platform != "win32":
            os.set_blocking(ends.inbox, False)
            self._request = self._request[_write(ends.inbox, self._request) :]
        return ends

    async def run(self, settled: Callable[[], None]) -> None:
        """Supervise the job until it has ended and its end is written down.

        Args:
            settled: called when nothing more will be done for the job.
        """
        self._sources = self._make_sources()
        self._send_request()
        self._resume()
        limit = self._loop.call_later(self._work.timeout, self.end, Cause.TIMEOUT) if self._work.timeout else None
        try:
            await self._write_down()
        except LostOwnership:
            # The job was removed, or is another process's: what runs for it has nobody to tell.
            await self._kill()
        except Exception as error:
            await self._give_up(error)
        finally:
            if limit is not None:
                limit.cancel()
            self._close()
            settled()
            self.done.set()

    @property
    def grace(self) -> float:
        """Seconds that the job's processes have to end by themselves."""
        return self._work.grace

    @property
    def gone(self) -> bool:
        """Whether the job's processes are gone, though what became of it may not be written down yet."""
        return self._death is not None

    def end(self, cause: Cause) -> None:
        """End the job's processes; called on the engine's loop."""
        if self._cause is None and self._death is None:
            self._cause = cause
            self._launcher.stop(self._control.job_id, self._work.grace)
            self._wake.set()

    # -- writing down ------------------------------------------------------------------------------------------------

    async def _write_down(self) -> None:
        while self._death is None:
            await self._wake.wait()
            self._wake.clear()
            await self._commit()
            if self._garbled:
                raise UsageError("the job wrote into a file descriptor that it had not opened")
        for each in self._sources:
            each.drain()
        for stream, cutter in self._cutters.items():
            self._add_lines(stream, cutter.finish())
        await self._settle(
            outcome(
                self._ended,
                self._death,
                cause=self._cause,
                timeout=self._work.timeout,
                last_error=self._last_error,
            )
        )

    async def _commit(self) -> None:
        state = self._state_to_write()
        records = self._take_records()
        if state is None and not records:
            return
        detail = self._detail() if state is JobState.RUNNING else None
        # While the disk takes nothing the job waits, as soon as its pipes are full.
        await self._control.insist_async(state=state, detail=detail, records=records)
        if self._paused and self._death is None:
            self._resume()

    def _state_to_write(self) -> JobState | None:
        state = self._control.row.state
        if self._cause in (Cause.STOP, Cause.OWNER_EXITS):
            return JobState.STOPPING if state is not JobState.STOPPING else None
        if self._started is not None and state is JobState.NOT_STARTED:
            return JobState.RUNNING
        return None

    async def _settle(self, end: Outcome) -> None:
        if self._control.row.state is JobState.NOT_STARTED and self._started is not None:
            await self._control.insist_async(state=JobState.RUNNING, detail=self._detail())
        assert self._death is not None
        if self._death.left and self._cause is None:
            text = f"The job left running what it had started, which was ended with it: {', '.join(self._death.left)}."
            self._add(Stream.WARNING, Payload.text(text))
        await self._control.insist_async(
            state=end.state,
            reason=end.reason,
            status_message=end.status_message,
            detail={**self._detail(), **end.detail},
            records=self._take_records(),
        )

    def _detail(self) -> dict[str, Any]:
        detail: dict[str, Any] = {**self._control.row.detail, "launcher": self._launcher.name, "owner_pid": os.getpid()}
        if self._started is not None:
            detail["pid"] = self._started["pid"]
        return detail

    def _take_records(self) -> list[NewRecord]:
        records, self._records = self._records, []
        self._bytes = 0
        return records

    async def _kill(self) -> None:
        self._launcher.stop(self._control.job_id, 0)
        while self._death is None:
            self._wake.clear()
            await self._wake.wait()

    async def _give_up(self, error: Exception) -> None:
        """What the job says cannot be understood or written down: end it, and say why."""
        await self._kill()
        text = f"What the job said could not be written down, and it was ended: {error}"
        with contextlib.suppress(Exception):
            await self._control.insist_async(
                state=JobState.FAILED, reason=Reason(code=type(error).__name__, message=text)
            )

    # -- reading -----------------------------------------------------------------------------------------------------

    def _make_sources(self) -> list[Source]:
        raw: list[tuple[int, Callable[[bytes], None]]] = [
            (self._ends.output, partial(self._take_raw, Stream.INFORMATION)),
            (self._ends.error, partial(self._take_raw, Stream.ERROR)),
        ]
        if sys.platform == "win32":
            takers = [(self._ends.outbox, self._take_frames), *raw]
            return [ThreadSource(self._loop, fd, take) for fd, take in takers]
        channel = PollSource(self._loop, self._ends.outbox, self._take_frames)
        lock = self._ends.output
        return [channel, *(OrderedSource(self._loop, fd, take, lock=lock, channel=channel) for fd, take in raw)]

    def _send_request(self) -> None:
        if sys.platform == "win32":
            rest, fd = bytes(self._request), self._ends.inbox
            threading.Thread(target=_write_all, args=(fd, rest), name="azjobs-request", daemon=True).start()
        elif self._request:
            self._loop.add_writer(self._ends.inbox, self._send_more)

    def _send_more(self) -> None:
        self._request = self._request[_write(self._ends.inbox, self._request) :]
        if not self._request:
            self._loop.remove_writer(self._ends.inbox)

    def _take_frames(self, data: bytes) -> None:
        try:
            for frame in self._decoder.feed(data):
                self._take(frame)
        except (ValueError, IndexError, KeyError, TypeError):
            # The job wrote into a file descriptor that is not its own: what follows cannot be told apart.
            self._garbled = True
        self._noticed()

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case FrameKind.RAW:
                self._add_lines(frame.stream, self._cutters[frame.stream].feed(frame.data), frame.time)
            case FrameKind.NOTE:
                self._take_note(json.loads(frame.data))
            case FrameKind.RECORD:
                self._add(frame.stream, Payload(frame.encoding, frame.data), frame.time)

    def _take_note(self, note: Mapping[str, Any]) -> None:
        if note["event"] == "started":
            self._started = note
        else:
            self._ended = note

    def _take_raw(self, stream: Stream, data: bytes) -> None:
        self._add_lines(stream, self._cutters[stream].feed(data))
        self._noticed()

    def _add_lines(self, stream: Stream, lines: list[str], moment: float | None = None) -> None:
        said = self._printed if stream is Stream.INFORMATION else stream
        for line in lines:
            self._add(said, Payload.text(line), moment)

    def _add(self, stream: Stream, payload: Payload, moment: float | None = None) -> None:
        self._records.append(NewRecord(stream=stream, payload=payload, time=moment))
        self._bytes += len(payload.data)
        if stream is Stream.ERROR and (text := payload.data.decode(errors="replace").strip()):
            self._last_error = text[:_LONGEST_REMARK]

    def _noticed(self) -> None:
        if len(self._records) > _MOST_RECORDS or self._bytes > _MOST_BYTES:
            self._paused = True
            for each in self._sources:
                each.pause()
        self._wake.set()

    def _resume(self) -> None:
        self._paused = False
        for each in self._sources:
            each.resume()

    def _died(self, death: Death) -> None:
        def on_loop() -> None:
            self._death = death
            self._wake.set()

        with contextlib.suppress(RuntimeError):  # the loop is closed: the owner ends
            self._loop.call_soon_threadsafe(on_loop)

    def _close(self) -> None:
        if sys.platform != "win32":
            self._loop.remove_writer(self._ends.inbox)
        for each in self._sources:
            each.close()
        close_own(self._ends.inbox, self._ends.outbox, self._ends.output, self._ends.error)


def _write(fd: int, data: memoryview) -> int:
    """Write what the descriptor takes now; a process that is gone takes everything."""
    try:
        return os.write(fd, data)
    except BlockingIOError:
        return 0
    except OSError:
        return len(data)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[_write(fd, view) :]
