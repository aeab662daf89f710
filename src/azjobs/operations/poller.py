"""The runner of Azure's operations: starts them, follows them to their end, takes up those that nobody follows."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from azjobs.errors import AccountError, AzJobsError, RequestRefused, ServiceUnreachable
from azjobs.jobs.records import NewRecord, Payload, Stream
from azjobs.jobs.rows import LostOwnership
from azjobs.jobs.states import JobState
from azjobs.operations import failures
from azjobs.operations.arm import Arm
from azjobs.operations.cancelling import cancel_in_azure
from azjobs.operations.channel import Channel, ClientChannel, ContextChannel
from azjobs.operations.clock import Clock, SystemClock
from azjobs.operations.detail import Detail
from azjobs.operations.following import Follower, Over, complete
from azjobs.operations.http import Http, Unanswered
from azjobs.operations.lro import Event
from azjobs.operations.pacing import Pacing
from azjobs.operations.plan import Finished, FirstRequest, OperationPlan
from azjobs.operations.progress import Budget, Progressing
from azjobs.operations.resolving import resolve
from azjobs.operations.retrying import BACKGROUND, Patience, backoff
from azjobs.operations.sending import AnswerLost, send_first
from azjobs.operations.tracked import Tracked, Withdrawn
from azjobs.operations.whom import find_context
from azjobs.operations.workers import Workers

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.jobs.engine import Engine
    from azjobs.jobs.runner import JobControl
    from azjobs.operations.sdk import Call

STARTERS = 32  # threads for the SDK's own requests
GOES_ON = "Nobody watches any more; Azure goes on. wait_job takes the job up again."
LOST_WITH_PROCESS = "The process that started this job ended before Azure's answer was written down."


class OperationRunner:
    """Runs Azure's long-running operations on the engine's loop, each as one task.

    Args:
        engine: this process's engine.

    Attributes:
        clock: what all runners of the process wait with; the seam for tests that must not wait.
    """

    clock: ClassVar[Clock] = SystemClock()

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._clock = self.clock
        self._jobs: dict[int, Tracked] = {}
        self._workers = Workers(STARTERS, "azjobs-starter")
        self._pacing = Pacing(self._clock)
        self._progress = Budget()
        self._http: Http | None = None
        # Not the standard pool: that one takes no work from a script that has reached its last line.
        engine.loop.call_soon_threadsafe(engine.loop.set_default_executor, self._workers)

    # -- the runner's verbs ------------------------------------------------------------------------------------------

    def start(self, control: JobControl, work: OperationPlan[Any] | Call) -> None:
        """Start a new job: make its first request and follow what it starts."""
        job = Tracked(control, Detail.from_json(control.row.detail), self._clock)
        self._jobs[job.job_id] = job
        if isinstance(work, OperationPlan):
            self._engine.spawn(self._guard(job, self._run_plan(job, work)))
        else:
            self._engine.spawn(self._guard(job, self._run_call(job, work)))

    def adopt(self, control: JobControl) -> None:
        """Take up a job whose owner is gone, from what its detail says."""
        try:
            detail = Detail.from_json(control.row.detail)
        except (KeyError, TypeError, ValueError):
            message = "What this job remembers was written by another version of azjobs: use that one to wait for it."
            control.write(status_message=message, release=True)
            return
        job = Tracked(control, detail, self._clock, adopted=True)
        job.settle()
        self._jobs[job.job_id] = job
        self._engine.spawn(self._guard(job, self._take_up(job)))

    def stop(self, control: JobControl, *, cancel: bool) -> None:
        """End the watching (Disconnected), or have Azure cancel the deployment; return when that is done.

        Raises:
            UsageError: Azure cannot cancel this operation; it goes on and is watched as before.
        """
        self._engine.run(self._stop(control, cancel=cancel))

    def accepted(self, control: JobControl) -> bool:
        """Whether Azure has answered the first request, or it has definitely failed."""
        job = self._jobs.get(control.job_id)
        return job is None or job.settled or job.finished.is_set()

    def close(self) -> None:
        """End the watching; Azure goes on, and any later process takes the jobs up."""
        with contextlib.suppress(Exception):
            self._engine.spawn(self._close()).result(timeout=10)
        self._workers.shutdown(wait=False)

    # -- for commands ------------------------------------------------------------------------------------------------

    def channel(self, context: Context) -> ContextChannel:
        """Return the way to Azure as a context; call it on the engine's loop."""
        if self._http is None:
            from azjobs.accounts import tokens

            self._http = Http(tokens)
        return ContextChannel(self._http, context)

    # -- running -----------------------------------------------------------------------------------------------------

    async def _guard(self, job: Tracked, work: Awaitable[None]) -> None:
        """Run a job's work; whatever goes wrong, the job ends in a state that is true."""
        job.task = asyncio.current_task()
        try:
            await work
        except Over as over:
            await self._fail(job, over)
        except Withdrawn:
            await _end(job, state=JobState.STOPPED, message=f"Stopped. {failures.not_sent(job.changes)}.")
        except (LostOwnership, asyncio.CancelledError):
            pass  # somebody else watches it, or it was stopped
        except Exception as error:
            await self._stumble(job, error)
        finally:
            job.settle()
            job.followed.set()
            job.finished.set()
            self._jobs.pop(job.job_id, None)

    async def _run_plan(self, job: Tracked, plan: OperationPlan[Any]) -> None:
        channel = self.channel(plan.context)
        arm = Arm(plan.context, channel, sink=job, clock=self._clock, patience=BACKGROUND)
        job.changes = arm.changes
        try:
            prepared = await plan.prepare(arm)
        except Exception as error:
            raise Over(failures.before_sending(error, changes=job.changes)) from error
        if isinstance(prepared, Finished):
            await self._finish(job, prepared)
            return
        await self._send_and_follow(job, channel, lambda: self._first(job, channel, prepared))

    async def _first(self, job: Tracked, channel: Channel, request: FirstRequest) -> Event:
        gate = self._pacing.gate(channel.host, job.detail.azure.subscription, request.method)
        return await send_first(job, channel, request, gate=gate, clock=self._clock, patience=self._patience(job))

    async def _run_call(self, job: Tracked, call: Call) -> None:
        from azjobs.operations.starting import method_of, send_call

        channel: Channel
        if call.context is not None:
            channel = self.channel(call.context)
        else:
            channel = ClientChannel(call.pipeline_client, call.host)
        gate = self._pacing.gate(call.host, call.subscription, method_of(call))
        await self._send_and_follow(
            job,
            channel,
            lambda: send_call(job, call, gate=gate, clock=self._clock, patience=self._patience(job)),
        )

    async def _send_and_follow(self, job: Tracked, channel: Channel, send: Callable[[], Awaitable[Event]]) -> None:
        try:
            event = await send()
        except AnswerLost as lost:
            event = await resolve(job, channel, self._clock, why=lost.why)
        except Unanswered as error:
            text = f"{failures.not_sent(job.changes)}. {self._hint(job) or error}"
            raise Over(failures.never_sent(text)) from error
        except RequestRefused as error:
            raise Over(failures.before_sending(error)) from error
        except (Withdrawn, LostOwnership, Over):
            raise
        except Exception as error:
            if job.detail.intent is None:
                raise Over(failures.before_sending(error)) from error
            raise
        await self._follow(job, channel, event)

    async def _follow(self, job: Tracked, channel: Channel, event: Event) -> None:
        job.channel = channel
        job.followed.set()
        progressing = None
        if job.detail.deployment is not None:
            progressing = Progressing(
                job,
                channel,
                self._clock,
                watching=lambda: self._engine.watching(job.job_id),
                budget=self._progress,
            )
        follower = Follower(
            job,
            channel,
            self._clock,
            progressing=progressing,
            hint=lambda: self._hint(job),
            afterwards=lambda: self._afterwards(job, channel),
        )
        await follower.follow(event)

    async def _afterwards(self, job: Tracked, channel: Channel) -> None:
        """Do what the command does after its operation; while Azure cannot be reached, wait and do it again."""
        if job.detail.afterwards is None or not isinstance(channel, ContextChannel):
            return
        module, _, name = job.detail.afterwards.partition(":")
        function = getattr(import_module(module), name)
        arm = Arm(channel.context, channel, sink=job, clock=self._clock, patience=BACKGROUND)
        attempts = 0
        while True:
            try:
                await function(arm, job.detail.plan)
                return
            except (ServiceUnreachable, AccountError) as error:
                attempts += 1
                pause = backoff(attempts)
                await job.say(f"{self._hint(job) or error} Going on in {pause:.0f} s.")
                await job.pause(pause)
            except AzJobsError as error:
                raise Over(failures.before_sending(error)) from error

    async def _finish(self, job: Tracked, finished: Finished) -> None:
        for warning in finished.warnings:
            job.add(NewRecord(stream=Stream.WARNING, payload=Payload.text(warning), time=self._clock.now()))
        job.settle()
        await complete(job, self._clock, finished.body, finished.extras)

    # -- taking up ---------------------------------------------------------------------------------------------------

    async def _take_up(self, job: Tracked) -> None:
        detail = job.detail
        if detail.intent is None:
            raise Over(
                failures.never_sent(
                    "The process that started this job ended before it sent the first request: nothing was started."
                )
            )
        context = await asyncio.get_running_loop().run_in_executor(None, find_context, detail.azure)
        if context is None:
            message = f"Log in as {detail.azure.whom} to learn how this job stands: nobody else may look."
            await job.commit(message=message if message != job.control.row.status_message else None, release=True)
            return
        channel = self.channel(context)
        if detail.operation is None or detail.acceptance is None:
            event = await resolve(job, channel, self._clock, why=LOST_WITH_PROCESS)
        else:
            event = replace(detail.operation.look_now(), delay=self._until(job.control.row.next_look))
            if job.control.row.state is JobState.NOT_STARTED:
                await job.commit(state=JobState.RUNNING)
        await self._follow(job, channel, event)

    def _until(self, next_look: float | None) -> float:
        return 0.0 if next_look is None else min(60.0, max(0.0, next_look - self._clock.now()))

    # -- ends --------------------------------------------------------------------------------------------------------

    async def _stop(self, control: JobControl, *, cancel: bool) -> None:
        job = self._jobs.get(control.job_id)
        if job is None:
            return
        if cancel and not job.withdraw():
            await cancel_in_azure(job, self._clock)
            return
        withdrawn = job.withdraw()
        if not withdrawn:
            await job.answered.wait()
        if job.task is not None:
            job.task.cancel()
        await job.finished.wait()
        if job.control.row.state.settled:
            return
        if withdrawn:
            await _end(job, state=JobState.STOPPED, message=f"Stopped. {failures.not_sent(job.changes)}.")
        else:
            await _end(job, state=JobState.DISCONNECTED, message=GOES_ON, release=True)

    async def _stumble(self, job: Tracked, error: Exception) -> None:
        """An error of our own: it says nothing about the operation, which goes on in Azure if it was sent."""
        text = "".join(traceback.format_exception(error))
        if job.detail.intent is None:
            await self._fail(job, Over(failures.before_sending(error)))
            return
        record = NewRecord(stream=Stream.ERROR, payload=Payload.text(text), time=self._clock.now())
        message = (
            f"azjobs failed while it watched the job ({error}); Azure goes on: `azjobs wait {job.job_id}` looks again."
        )
        await _end(job, state=JobState.DISCONNECTED, message=message, release=True, records=[record])

    async def _fail(self, job: Tracked, over: Over) -> None:
        reason = over.reason
        first = reason.message.partition("\n")[0]
        record = NewRecord(stream=Stream.ERROR, payload=Payload.text(str(reason)), time=self._clock.now())
        await _end(
            job,
            state=JobState.FAILED,
            reason=reason,
            message=f"{reason.code}: {first}",
            detail=job.detail,
            records=[record],
        )

    async def _close(self) -> None:
        now = self._clock.now()
        waiting = [job for job in self._jobs.values() if job.due is not None and job.due > now + 1 and job.settled]
        with contextlib.suppress(Exception):
            await asyncio.gather(*(job.control.write_async(next_look=job.due) for job in waiting))
        for job in list(self._jobs.values()):
            if job.task is not None:
                job.task.cancel()
        await asyncio.gather(*(job.finished.wait() for job in list(self._jobs.values())))
        if self._http is not None:
            await self._http.close()

    def _patience(self, job: Tracked) -> Patience:
        # An emulator that does not answer does not run; nobody needs to wait to be told.
        return BACKGROUND if self._hint(job) is None else replace(BACKGROUND, unreachable=2)

    def _hint(self, job: Tracked) -> str | None:
        from azjobs.accounts.environments import is_emulator

        azure = job.detail.azure
        if azure.environment is None or not is_emulator(azure.environment):
            return None
        return (
            f"The emulator at {azure.host} does not answer: start it with `azjobs emulator start`; "
            "it goes on from where it was."
        )


async def _end(job: Tracked, **changes: Any) -> None:
    with contextlib.suppress(LostOwnership):
        await job.commit(**changes)
