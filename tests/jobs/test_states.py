from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azjobs.errors import IllegalTransition
from azjobs.jobs.states import JobState, transition

states = st.sampled_from(list(JobState))


@given(st.lists(states, max_size=12))
def test_nothing_leaves_a_finished_state(steps: list[JobState]) -> None:
    state = JobState.NOT_STARTED
    for step in steps:
        before = state
        try:
            state = transition(state, step)
        except IllegalTransition:
            state = before
        if before.finished:
            assert state is before


@given(states)
def test_every_unfinished_job_can_fail(state: JobState) -> None:
    if state.finished:
        with pytest.raises(IllegalTransition):
            transition(state, JobState.FAILED)
    else:
        assert transition(state, JobState.FAILED) is JobState.FAILED


def test_an_illegal_transition_tells_the_jobs_history() -> None:
    with pytest.raises(IllegalTransition, match=r"Job 7 cannot become Running.*NotStarted → Running → Completed"):
        transition(JobState.COMPLETED, JobState.RUNNING, job_id=7, history=["NotStarted", "Running", "Completed"])


def test_a_disconnected_job_runs_again() -> None:
    assert transition(JobState.DISCONNECTED, JobState.RUNNING) is JobState.RUNNING


def test_a_disconnected_job_ends_a_wait_but_is_not_finished() -> None:
    assert JobState.DISCONNECTED.settled
    assert not JobState.DISCONNECTED.finished
