"""Having Azure cancel an operation, where it can: deployments."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from azjobs.errors import AzureError, IllegalTransition, UsageError
from azjobs.jobs.states import JobState
from azjobs.operations.answers import Answer
from azjobs.operations.arm import absolute, refusal
from azjobs.operations.delays import retry_after
from azjobs.operations.http import Unanswered
from azjobs.operations.retrying import backoff

if TYPE_CHECKING:
    from azjobs.operations.channel import Channel
    from azjobs.operations.clock import Clock
    from azjobs.operations.tracked import Tracked

ATTEMPTS = 5
_LOOK_AGAIN = 2.0  # seconds between looks while somebody waits for the cancellation
_OVER = 409  # DeploymentCannotBeCancelled: it has ended already


async def cancel_in_azure(job: Tracked, clock: Clock) -> None:
    """Ask Azure to cancel a job's deployment, and return when the job has ended.

    The job is Stopping from Azure's answer on, and Stopped when Azure says Canceled; when the deployment ended before
    it could be cancelled, the job ends as that did.

    Raises:
        UsageError: this operation cannot be cancelled; it goes on and is watched as before.
        RequestRefused: Azure refused; it goes on.
        ServiceUnreachable: no answer came; it goes on.
    """
    await job.followed.wait()
    intent, channel = job.detail.intent, job.channel
    if job.finished.is_set():
        return
    if intent is None or intent.deployment is None or channel is None:
        raise UsageError(
            f"Job {job.job_id} ({job.control.row.command}) cannot be cancelled: Azure cancels only deployments. "
            f"It goes on; stop_job({job.job_id}) without cancel ends the watching."
        )
    version = parse_qs(urlsplit(intent.url).query).get("api-version", ["2021-04-01"])[0]
    url = absolute(channel.host, f"{intent.deployment}/cancel", api_version=version)
    # Before the request: the next look may find it cancelled before this coroutine goes on.
    job.detail = replace(job.detail, cancelling=True)
    try:
        answer = await _post(channel, url, clock)
        if not answer.ok and answer.status != _OVER:
            raise refusal("POST", url, answer)
    except AzureError:
        job.detail = replace(job.detail, cancelling=False)
        raise
    if answer.ok and not job.finished.is_set():
        with contextlib.suppress(IllegalTransition):  # the job ended meanwhile
            message = "Azure is cancelling the deployment."
            await job.commit(state=JobState.STOPPING, message=message, detail=job.detail)
    while not job.finished.is_set():
        job.hurry()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(job.finished.wait(), _LOOK_AGAIN)


async def _post(channel: Channel, url: str, clock: Clock) -> Answer:
    """Send the cancellation; it may be sent twice, cancelling twice is cancelling once."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = await channel.send("POST", url)
        except Unanswered:
            if attempt == ATTEMPTS:
                raise
            await clock.timer(backoff(attempt))
            continue
        if attempt == ATTEMPTS or not (answer.status == 429 or answer.status >= 500):
            return answer
        await clock.timer(retry_after(answer.headers) or backoff(attempt))
    raise AssertionError("unreachable")
