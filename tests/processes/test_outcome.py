"""What a job has come to follows from what its process said and how it ended, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from azjobs.jobs.reasons import Reason
from azjobs.jobs.runners.process_outcome import Cause, Death, outcome
from azjobs.jobs.states import JobState

DONE: dict[str, Any] = {"event": "ended", "reason": None, "result": "value", "exit_code": 0}
FAILED: dict[str, Any] = {**DONE, "reason": Reason(code="ValueError", message="bad").to_json(), "exit_code": 1}


@pytest.mark.parametrize("cause", [None, *Cause])
def test_work_that_was_done_stays_done_whatever_came_after(cause: Cause | None) -> None:
    end = outcome(DONE, Death(status=-15), cause=cause, timeout=1)
    assert (end.state, end.detail["result"]) == (JobState.COMPLETED, "value")


@pytest.mark.parametrize("note", [None, FAILED])
@pytest.mark.parametrize(
    ("cause", "state", "code"),
    [
        (Cause.STOP, JobState.STOPPED, None),
        (Cause.OWNER_EXITS, JobState.STOPPED, "OwnerExited"),
        (Cause.TIMEOUT, JobState.FAILED, "Timeout"),
    ],
)
def test_a_job_that_its_owner_ended_says_why(note: Any, cause: Cause, state: JobState, code: str | None) -> None:
    end = outcome(note, Death(status=-9), cause=cause, timeout=2)
    assert (end.state, end.reason.code if end.reason else None) == (state, code)


@pytest.mark.parametrize(
    ("death", "words"),
    [
        (Death(status=-11), "signal 11 (SIGSEGV)"),
        (Death(status=-9), "out of memory"),
        (Death(status=-200), "signal 200"),
        (Death(status=3), "exit code 3"),
        (Death(status=None), "nobody saw"),
        (Death(lost="The helper is gone."), "The helper is gone."),
    ],
)
def test_a_process_that_died_without_a_word_is_failed_with_what_is_known(death: Death, words: str) -> None:
    end = outcome(None, death)
    assert end.state is JobState.FAILED
    assert end.reason is not None
    assert end.reason.code == "ProcessDied"
    assert words in end.reason.message


def test_a_function_that_raised_keeps_its_reason() -> None:
    end = outcome(FAILED, Death(status=1), last_error="something else")
    assert end.reason == Reason(code="ValueError", message="bad")
