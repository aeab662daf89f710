"""Finding out by looking what became of a first request whose answer was lost. Never a guess."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azjobs.errors import AccountError, EmulatorUnavailable, ServiceUnreachable
from azjobs.jobs.states import JobState
from azjobs.operations import failures
from azjobs.operations.answers import Answer, provisioning_state
from azjobs.operations.delays import retry_after
from azjobs.operations.detail import Acceptance
from azjobs.operations.evidence import changed_since, names_job
from azjobs.operations.following import Over
from azjobs.operations.lro import Ended, Event, Look, LookFailed, Operation, Succeeded, Why, unanswered
from azjobs.operations.retrying import backoff

if TYPE_CHECKING:
    from azjobs.operations.channel import Channel
    from azjobs.operations.clock import Clock
    from azjobs.operations.detail import Intent
    from azjobs.operations.tracked import Tracked

GRACE = 10.0  # seconds after the request left in which Azure may not show yet what it took
_LOOK_AGAIN = 1.0


async def resolve(job: Tracked, channel: Channel, clock: Clock, *, why: str) -> Event:
    """Look until it is known what became of the first request; write Running when Azure took it; return what follows.

    A PUT and a DELETE are told by what stands at their URL. A POST leaves nothing to look at.

    Args:
        job: the job, whose detail has the intent.
        channel: how Azure is asked.
        clock: what is waited with.
        why: what happened to the answer, for the texts.

    Raises:
        Over: the request never took effect, or nobody can tell.
    """
    intent = job.detail.intent
    assert intent is not None
    operation = unanswered(intent.method, intent.url)
    job.settle()  # from here on any later process can go on just as well
    if operation is None:
        raise Over(
            failures.outcome_unknown(
                f"{why} Whether Azure took the {intent.method} cannot be told: look before you send it again."
            )
        )
    failed = 0
    began = clock.elapsed()

    def grace_is_over() -> bool:
        # Either clock will do: that of the wall may have been set back since the request left.
        return max(clock.now() - intent.time, clock.elapsed() - began) > GRACE

    while True:
        try:
            answer = await channel.send("GET", operation.poll_url)
        except (ServiceUnreachable, AccountError, EmulatorUnavailable) as error:
            failed += 1
            await job.say(f"{why} Looking what became of the request: {error}")
            await clock.timer(backoff(failed))
            continue
        looked, event = operation.feed(answer)
        match event:
            case LookFailed(why=Why.GONE):
                if grace_is_over():
                    raise Over(failures.never_sent(f"{why} It never took effect: nothing was created or changed."))
                await job.say(f"{why} Azure does not show anything of it yet; looking again.")
                await clock.timer(_LOOK_AGAIN)
            case LookFailed(why=Why.STILL_THERE):
                if grace_is_over():
                    raise Over(failures.never_sent(f"{why} It never took effect: the resource still stands."))
                await clock.timer(_LOOK_AGAIN)
            case LookFailed():
                failed += 1
                await job.say(f"{why} Looking what became of the request: Azure answered {answer.status}.")
                await clock.timer(retry_after(answer.headers) or backoff(failed))
            case Look() | Succeeded() | Ended():
                _check_evidence(job, intent, answer, clock, why)
                return await _accepted(job, looked, event, clock)


def _check_evidence(job: Tracked, intent: Intent, answer: Answer, clock: Clock, why: str) -> None:
    """Raise Over when what stands at the URL may be older than the request."""
    if intent.method == "DELETE" or names_job(intent.url, job.instance_id or "-"):
        return
    changed = changed_since(answer, intent.time, clock.now())
    if changed:
        return
    state = provisioning_state(answer.body) or "Succeeded"
    if changed is False and state.lower() in {"succeeded", "failed", "canceled"}:
        raise Over(failures.never_sent(f"{why} It never took effect: the resource was last changed before."))
    if state.lower() in {"succeeded", "failed", "canceled"}:
        raise Over(
            failures.outcome_unknown(
                f"{why} The resource stands ({state}), but Azure does not tell whether it is as this request wanted "
                "it: look at it, or send the request again."
            )
        )


async def _accepted(job: Tracked, operation: Operation, event: Event, clock: Clock) -> Event:
    acceptance = job.detail.acceptance or Acceptance(time=clock.now())
    detail = replace(job.detail, operation=operation, acceptance=acceptance)
    await job.commit(state=JobState.RUNNING, message=operation.status, detail=detail)
    return event
