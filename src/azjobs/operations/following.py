"""Watching one operation until Azure ends it: looks when they are due, survives what goes wrong, writes the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azjobs.errors import AccountError, AzJobsError, EmulatorUnavailable, ServiceUnreachable
from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import NewRecord, Payload, Progress, Stream
from azjobs.jobs.states import JobState
from azjobs.operations import failures
from azjobs.operations.answers import Answer, arm_error, member
from azjobs.operations.arm import absolute
from azjobs.operations.delays import retry_after
from azjobs.operations.http import ForeignAddress
from azjobs.operations.lro import Ended, Event, Look, LookFailed, Operation, Succeeded, Via, Why, lost
from azjobs.operations.retrying import backoff

if TYPE_CHECKING:
    from azjobs.operations.channel import Channel
    from azjobs.operations.clock import Clock
    from azjobs.operations.progress import Progressing
    from azjobs.operations.tracked import Tracked

PATIENCE_GONE = 3  # looks at an operation that Azure does not know (yet), or at a result that is not there (yet)
PATIENCE_GARBLED = 5
LONGEST_PAUSE = 60.0


class Over(Exception):
    """The job ends as Failed; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Follower:
    """Follows one accepted operation to its end.

    Args:
        job: the job.
        channel: how Azure is asked.
        clock: what is waited with.
        progressing: tells what a deployment's resources do, while somebody looks.
        hint: what to do when Azure cannot be reached (the emulator must be started), or None.
        afterwards: what the command does once the operation has succeeded, before the job is Completed.
    """

    def __init__(
        self,
        job: Tracked,
        channel: Channel,
        clock: Clock,
        *,
        progressing: Progressing | None = None,
        hint: Callable[[], str | None] = lambda: None,
        afterwards: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._job = job
        self._channel = channel
        self._clock = clock
        self._progressing = progressing
        self._hint = hint
        self._afterwards = afterwards
        self._unreachable_since: float | None = None
        self._failures = 0
        self._strikes = 0
        self._percent: float | None = None

    async def follow(self, event: Event) -> None:
        """Do what `event` asks for, and go on until the job has ended.

        Raises:
            LostOwnership: the job belongs to another process now.
        """
        while True:
            match event:
                case Look():
                    event = await self._look(event)
                case LookFailed():
                    event = await self._overcome(event)
                case Succeeded():
                    return await self._succeed(event)
                case Ended():
                    return await self._end(event)

    # -- looking -----------------------------------------------------------------------------------------------------

    @property
    def _operation(self) -> Operation:
        operation = self._job.detail.operation
        assert operation is not None
        return operation

    async def _look(self, look: Look) -> Event:
        await self._wait(look)
        answer = await self._ask(look.url)
        operation, event = self._operation.feed(answer)
        if not isinstance(event, LookFailed):
            self._failures = self._strikes = 0
        await self._note(operation, event, answer)
        return event

    async def _wait(self, look: Look) -> None:
        if look.delay <= 0:
            return
        if self._progressing is None or look.final:
            await self._job.pause(look.delay)
            return
        await self._progressing.while_waiting(look.delay)

    async def _note(self, operation: Operation, event: Event, answer: Answer) -> None:
        """Write down where the operation stands, if that is something new; the end is written with the result."""
        if isinstance(event, LookFailed):
            return
        detail = replace(self._job.detail, operation=operation)
        if isinstance(event, (Ended, Succeeded)):
            self._job.detail = detail
            return
        percent = _percent(answer)
        if percent is not None and percent != self._percent:
            self._percent = percent
            progress = Progress(activity=self._job.control.row.name, status=operation.status, percent=percent)
            self._job.add(NewRecord(stream=Stream.PROGRESS, payload=progress.to_payload(), time=self._clock.now()))
        next_look = self._clock.now() + event.delay
        if operation != self._operation:
            await self._job.commit(detail=detail, message=operation.status, next_look=next_look)
        else:
            # Who adopts a job for one look only (`azjobs list`) must leave to the next when to look again.
            await self._job.say(operation.status, next_look=next_look if self._job.adopted else None)

    async def _ask(self, url: str) -> Answer:
        """GET a URL; as long as nobody answers, try again and say so."""
        while True:
            try:
                answer = await self._channel.send("GET", url)
            except ForeignAddress as error:
                raise Over(Reason(code=error.code, message=str(error), kind="OutcomeUnknown")) from error
            except (ServiceUnreachable, AccountError, EmulatorUnavailable) as error:
                await self._unreached(error)
                continue
            if self._unreachable_since is not None:
                self._unreachable_since = None
                self._failures = 0
                await self._job.say(self._operation.status)
            return answer

    async def _unreached(self, error: AzJobsError) -> None:
        self._failures += 1
        if self._unreachable_since is None:
            self._unreachable_since = self._clock.now()
        pause = backoff(self._failures, longest=LONGEST_PAUSE)
        since = datetime.fromtimestamp(self._unreachable_since, UTC).astimezone().strftime("%H:%M:%S")
        if isinstance(error, AccountError):
            text = f"Nobody is logged in who could look: log in as {self._job.detail.azure.whom}. {error}"
        else:
            hint = self._hint()
            text = f"Azure cannot be reached since {since}; looking again in {pause:.0f} s. {hint or error}"
        await self._job.say(text)
        await self._job.pause(pause)

    # -- looks that told nothing -------------------------------------------------------------------------------------

    async def _overcome(self, failed: LookFailed) -> Event:
        match failed.why:
            case Why.LATER | Why.UNAUTHORIZED:
                return await self._later(failed)
            case Why.GONE | Why.GARBLED:
                limit = PATIENCE_GARBLED if failed.why is Why.GARBLED else PATIENCE_GONE
                self._strikes += 1
                if self._strikes < limit and self._operation.via is not Via.RESOURCE:
                    return await self._later(failed)
                return await self._without_operation(failed)
            case Why.STILL_THERE:
                raise Over(
                    failures.outcome_unknown(
                        "Azure no longer knows the deletion, and the resource still stands: look at it."
                    )
                )
            case Why.REFUSED:
                error = dict(failed.error or {})
                error["message"] = (
                    "Azure ended the operation as Succeeded, but did not show its result: "
                    f"{member(failed.error, 'message') or f'status {failed.answer.status}'}"
                )
                error.setdefault("code", member(failed.error, "code") or "ResultRefused")
                raise Over(failures.from_error(error, answer=failed.answer))

    async def _later(self, failed: LookFailed) -> Event:
        self._failures += 1
        asked = retry_after(failed.answer.headers)
        pause = asked if asked is not None else backoff(self._failures, longest=LONGEST_PAUSE)
        code = member(failed.error, "code")
        what = {
            Why.UNAUTHORIZED: f"Azure refuses the token ({code or 401}): log in as {self._job.detail.azure.whom};",
            Why.GONE: "Azure does not know the operation at the moment;",
            Why.GARBLED: "Azure's answer cannot be read;",
        }.get(failed.why, f"Azure answered {failed.answer.status}{f' ({code})' if code else ''};")
        await self._job.say(f"{what} looking again in {pause:.0f} s.")
        await self._job.pause(pause)
        return self._operation.look_now()

    async def _without_operation(self, failed: LookFailed) -> Event:
        """Azure no longer knows the operation: ask the resource, first the operation's own, then the result's."""
        operation = self._operation
        if operation.final:
            missing = {
                "code": "ResultNotFound",
                "message": "Azure ended the operation as Succeeded; its result is not there.",
            }
            raise Over(failures.from_error(failed.error or missing, answer=failed.answer))
        self._strikes = 0
        look_url = self._look_url()
        if operation.via is Via.RESOURCE:
            if look_url is None or operation.poll_url == look_url:
                raise Over(
                    failures.outcome_unknown(
                        "Azure knows neither the operation nor the resource any more: look whether it was deleted."
                    )
                )
            following: Operation | None = lost(operation, look_url=look_url)
        else:
            following = lost(operation)
        if following is None:
            raise Over(
                failures.outcome_unknown(
                    "Azure no longer knows the operation, and only it could tell how it ended: look at the resource."
                )
            )
        await self._job.commit(detail=replace(self._job.detail, operation=following))
        return following.look_now()

    def _look_url(self) -> str | None:
        result = self._job.detail.result
        path = result and (result.look or result.path)
        if not result or not path:
            return None
        return absolute(self._channel.host, path, api_version=result.api_version)

    # -- the end -----------------------------------------------------------------------------------------------------

    async def _succeed(self, event: Succeeded) -> None:
        if self._afterwards is not None:
            await self._afterwards()
        body, extras = await self._result(event)
        if self._progressing is not None and (last := self._progressing.finished()) is not None:
            self._job.add(last)
        await complete(self._job, self._clock, body, extras)

    async def _result(self, event: Succeeded) -> tuple[Any, dict[str, Any]]:
        result = self._job.detail.result
        if result is None:
            return event.body, {}
        outputs = member(member(event.body, "properties"), "outputs")
        found = {
            extra: member(member(outputs, output), "value") for extra, output in result.extras_from_outputs.items()
        }
        extras = {**result.extras, **{name: value for name, value in found.items() if value is not None}}
        looked_at = self._operation.via is Via.RESOURCE and self._operation.poll_url == self._look_url()
        if result.path is None or (looked_at and result.look in {None, result.path} and not result.query):
            return event.body, extras
        url = absolute(self._channel.host, result.path, api_version=result.api_version, query=result.query)
        return await self._read_result(url), extras

    async def _read_result(self, url: str) -> Any:
        strikes = 0
        while True:
            answer = await self._ask(url)
            if answer.ok and not answer.garbled:
                return answer.body
            passing = answer.status in {401, 408, 429} or answer.status >= 500
            strikes += not passing
            if strikes >= PATIENCE_GONE:
                error = arm_error(answer.body) or {"code": f"Http{answer.status}"}
                text = (
                    f"Azure ended the operation as Succeeded, but its result cannot be read: {member(error, 'message')}"
                )
                raise Over(failures.from_error({**error, "message": text}, answer=answer))
            self._failures += 1
            pause = retry_after(answer.headers) or backoff(self._failures)
            await self._job.say(f"The result cannot be read yet ({answer.status}); looking again in {pause:.0f} s.")
            await self._job.pause(pause)

    async def _end(self, event: Ended) -> None:
        errors = await self._deployment_errors(event)
        reason = failures.ended(event, deployment_errors=errors)
        if event.canceled and self._job.detail.cancelling:
            await self._job.commit(
                state=JobState.STOPPED, detail=self._job.detail, message="Azure has cancelled the deployment."
            )
            return
        raise Over(reason)

    async def _deployment_errors(self, event: Ended) -> tuple[Reason, ...]:
        deployment = self._job.detail.deployment
        if deployment is None or event.canceled or self._progressing is None or member(event.error, "details"):
            return ()
        try:
            return await self._progressing.errors()
        except AzJobsError:
            return ()  # the deployment's own error is told all the same


async def complete(job: Tracked, clock: Clock, body: Any, extras: Mapping[str, Any]) -> None:
    """Write the result and Completed together.

    Raises:
        LostOwnership: the job belongs to another process now.
    """
    kind = job.detail.result_type
    payload = Payload.json(None) if kind is None or body is None else Payload.model(kind, body, extras)
    record = NewRecord(stream=Stream.OUTPUT, payload=payload, time=clock.now())
    await job.commit(state=JobState.COMPLETED, detail=job.detail, message="", records=[record])


def _percent(answer: Answer) -> float | None:
    """Return how far the service itself says that the operation is."""
    percent = member(answer.body, "percentComplete")
    if isinstance(percent, bool) or not isinstance(percent, (int, float)):
        return None
    return min(100.0, max(0.0, float(percent)))
