from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from azjobs.jobs.engine import engine
from azjobs.jobs.job import Job, handle
from azjobs.jobs.journal import Journal
from azjobs.jobs.rows import NewJob
from azjobs.jobs.runners.thread import ThreadWork

StartThread: TypeAlias = Callable[..., Job[Any]]


@pytest.fixture
def start_thread() -> StartThread:
    """Return a function that runs a call as a thread job."""

    def start(function: Callable[..., Any], *args: Any, name: str = "") -> Job[Any]:
        work = ThreadWork(function=function, args=args, kwargs={}, context=contextvars.copy_context())
        new = NewJob(kind="thread", name=name, command=function.__name__, type_name="ThreadJob", location="PowerShell")
        return handle(engine().submit(new, work))

    return start


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path)
    yield opened
    opened.close()
