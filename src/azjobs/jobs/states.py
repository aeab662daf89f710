"""The states of a job and the one function that says which may follow which."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from azjobs.errors import IllegalTransition


class JobState(StrEnum):
    """The state of a job, in PowerShell's words."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    DISCONNECTED = "Disconnected"
    STOPPING = "Stopping"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"

    @property
    def finished(self) -> bool:
        """Whether nothing can follow: Completed, Failed or Stopped."""
        return self in FINISHED

    @property
    def settled(self) -> bool:
        """Whether a wait without force ends here: finished or Disconnected (PowerShell's persistent states)."""
        return self in FINISHED or self is JobState.DISCONNECTED


FINISHED = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.STOPPED})

_MAY_FOLLOW: dict[JobState, frozenset[JobState]] = {
    JobState.NOT_STARTED: frozenset({JobState.RUNNING, JobState.DISCONNECTED, JobState.STOPPING, *FINISHED}),
    JobState.RUNNING: frozenset({JobState.DISCONNECTED, JobState.STOPPING, *FINISHED}),
    # An adopter may find at its first look that Azure has already ended the operation.
    JobState.DISCONNECTED: frozenset({JobState.RUNNING, JobState.STOPPING, *FINISHED}),
    JobState.STOPPING: FINISHED | {JobState.DISCONNECTED},
    JobState.COMPLETED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.STOPPED: frozenset(),
}


def transition(current: JobState, to: JobState, *, job_id: int | None = None, history: Sequence[str] = ()) -> JobState:
    """Return `to` when it may follow `current`.

    Args:
        current: the job's state.
        to: the state asked for. The state that the job has already is allowed while it is not finished.
        job_id: for the error's text.
        history: earlier states, oldest first, for the error's text.

    Raises:
        IllegalTransition: `to` may not follow; the text carries the job's history.

    Example:
        >>> transition(JobState.NOT_STARTED, JobState.RUNNING)
        <JobState.RUNNING: 'Running'>
    """
    if to in _MAY_FOLLOW[current] or (to is current and not current.finished):
        return to
    story = " → ".join([*history, str(current)]) if history else str(current)
    subject = f"Job {job_id}" if job_id is not None else "A job"
    raise IllegalTransition(f"{subject} cannot become {to}: it is {current} (history: {story}).", job_id=job_id)
