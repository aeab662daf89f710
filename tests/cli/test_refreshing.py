from __future__ import annotations

import time
from dataclasses import replace

import pytest
from tests.cli.conftest import Jobs

from azjobs.cli.jobs.refresh import MOST, due, looked_at
from azjobs.jobs.engine import engine
from azjobs.jobs.rows import JobRow
from azjobs.jobs.states import JobState


@pytest.fixture
def row(jobs: Jobs) -> JobRow:
    """A running job whose owner is gone."""
    job = jobs.add(JobState.RUNNING)
    engine().disowned(job)
    return replace(engine().journal.get(job), owner=None)


def test_only_running_orphans_whose_time_has_come_are_looked_at(row: JobRow) -> None:
    now = time.time()
    rows = [
        row,
        replace(row, id=2, next_look=now - 1),
        replace(row, id=3, next_look=now + 60),
        replace(row, id=4, state=JobState.COMPLETED),
        replace(row, id=5, state=JobState.DISCONNECTED),
        replace(row, id=6, owner=engine().owner_token),
        replace(row, id=7, state=JobState.NOT_STARTED),
    ]
    assert {found.id for found in due(engine(), rows)} == {row.id, 2, 7}


def test_at_most_twenty_are_looked_at_those_that_wait_longest_first(row: JobRow) -> None:
    now = time.time()
    rows = [replace(row, id=number, next_look=now - number) for number in range(1, 101)]
    assert [found.id for found in due(engine(), rows)] == list(range(100, 100 - MOST, -1))


def test_a_look_shows_in_the_state_the_message_or_the_time_of_the_next_one(row: JobRow) -> None:
    taken = replace(row, owner="somebody", epoch=row.epoch + 1)
    assert not looked_at(row, taken)
    assert looked_at(row, replace(taken, state=JobState.COMPLETED))
    assert looked_at(row, replace(taken, status_message="Azure cannot be reached"))
    assert looked_at(row, replace(taken, next_look=1.0))
    assert looked_at(row, replace(taken, owner=None))
