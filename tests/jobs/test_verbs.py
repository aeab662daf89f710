from __future__ import annotations

import io
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import pytest

import azjobs
from azjobs import (
    InvalidArgument,
    JobFailed,
    JobNotFinished,
    JobNotFound,
    JobState,
    JobTimeout,
    NothingToReceive,
    UsageError,
    get_job,
    receive_job,
    remove_job,
    stop_job,
    wait_job,
)
from azjobs.jobs import engine as engine_module
from azjobs.jobs.job import Job
from azjobs.jobs.runners import thread as thread_module

StartThread = Callable[..., Job[Any]]


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def double(value: int) -> int:
    return 2 * value


def fail(text: str) -> NoReturn:
    raise ValueError(text)


def count(to: int) -> Iterator[int]:
    yield from range(to)


def test_a_job_gives_what_the_plain_call_gives(start_thread: StartThread) -> None:
    assert receive_job(wait_job(start_thread(double, 21))) == 42


def test_a_call_that_returns_none_gives_none(start_thread: StartThread) -> None:
    assert receive_job(wait_job(start_thread(lambda: None))) is None


def test_a_generator_function_gives_its_items(start_thread: StartThread) -> None:
    assert receive_job(wait_job(start_thread(count, 3))) == [0, 1, 2]


def test_what_was_received_is_not_given_again_but_result_gives_it_again(start_thread: StartThread) -> None:
    job = wait_job(start_thread(double, 1))
    assert job.has_more_data
    assert receive_job(job) == 2
    assert not job.has_more_data
    with pytest.raises(NothingToReceive, match=r"keep=True"):
        receive_job(job)
    assert job.result() == 2
    assert job.result() == 2


def test_keep_leaves_the_output_for_the_next_time(start_thread: StartThread) -> None:
    job = wait_job(start_thread(double, 1))
    assert receive_job(job, keep=True) == 2
    assert job.has_more_data
    assert receive_job(job) == 2


def test_a_running_job_has_nothing_yet_and_the_error_names_wait(
    start_thread: StartThread, gate: threading.Event
) -> None:
    job = start_thread(gate.wait)
    with pytest.raises(NothingToReceive, match=r"wait=True.*keep=True"):
        receive_job(job)
    gate.set()
    assert receive_job(job, wait=True) is True


def test_a_failure_is_raised_as_itself_and_never_consumed(start_thread: StartThread) -> None:
    job = wait_job(start_thread(fail, "no luck"))
    for _ in range(2):
        with pytest.raises(ValueError, match="no luck") as caught:
            receive_job(job)
        assert f"job {job.id}" in "".join(caught.value.__notes__)
    assert job.state is JobState.FAILED
    assert job.reason is not None
    assert job.reason.code == "ValueError"
    assert isinstance(job.exception(), ValueError)


def test_an_error_that_cannot_be_pickled_comes_as_job_failed_with_its_text(start_thread: StartThread) -> None:
    class Local(Exception):
        pass

    def go() -> NoReturn:
        raise Local("inner")

    with pytest.raises(JobFailed, match="Local: inner"):
        start_thread(go).result()


def test_a_list_of_jobs_gives_a_list(start_thread: StartThread) -> None:
    jobs = [start_thread(double, k) for k in range(4)]
    assert receive_job(wait_job(jobs)) == [0, 2, 4, 6]


def test_failures_come_together_and_carry_the_results_of_the_others(start_thread: StartThread) -> None:
    jobs = [start_thread(double, 1), start_thread(fail, "a"), start_thread(fail, "b")]
    with pytest.raises(ExceptionGroup, match="2 of 3 jobs") as caught:
        receive_job(jobs, wait=True)
    assert [str(error) for error in caught.value.exceptions] == ["a", "b"]
    assert caught.value.results == {jobs[0].id: 2}  # type: ignore[attr-defined]


def test_get_job_lists_this_processs_jobs_by_id(start_thread: StartThread) -> None:
    jobs = [start_thread(double, k) for k in range(3)]
    wait_job(jobs)
    assert get_job() == jobs
    assert [job.id for job in get_job(newest=2)] == [jobs[1].id, jobs[2].id]


def test_get_job_selects_by_name_with_wildcards_state_and_command(start_thread: StartThread) -> None:
    first, second = start_thread(double, 1, name="Nightly build"), start_thread(fail, "x", name="nightly test")
    wait_job([first, second])
    assert get_job("NIGHTLY*") == [first, second]
    assert get_job("nightly*", state="failed") == [second]
    assert get_job(command="dou*") == [first]
    assert get_job(first.instance_id) == [first]
    assert get_job([first, second.id]) == [first, second]
    assert get_job("nothing*") == []
    assert get_job(first.id) == first


def test_an_unknown_id_or_name_is_one_sentence(start_thread: StartThread) -> None:
    with pytest.raises(JobNotFound, match="no job with the id 99"):
        get_job(99)
    with pytest.raises(JobNotFound, match="no job with the name 'MyVm'"):
        wait_job("MyVm")
    with pytest.raises(InvalidArgument, match="'Runing' is no state: use one of NotStarted, Running"):
        get_job(state="Runing")


def test_wait_job_returns_the_jobs_in_the_order_given(start_thread: StartThread) -> None:
    jobs = [start_thread(double, k) for k in range(3)]
    assert wait_job(list(reversed(jobs))) == list(reversed(jobs))
    assert wait_job([]) == []


def test_wait_any_returns_those_that_have_ended(start_thread: StartThread, gate: threading.Event) -> None:
    slow, quick = start_thread(gate.wait), start_thread(double, 1)
    assert wait_job([slow, quick], any=True) == [quick]


def test_a_wait_that_runs_out_says_which_jobs_go_on(start_thread: StartThread, gate: threading.Event) -> None:
    job = start_thread(gate.wait)
    with pytest.raises(JobTimeout, match=rf"job {job.id} \(\w+\) had not ended. It goes on."):
        wait_job(job, timeout=0.05)
    with pytest.raises(TimeoutError):
        job.result(timeout=0)
    gate.set()
    assert wait_job(job, timeout=20).state is JobState.COMPLETED
    assert wait_job(job, timeout=0) == job


def test_the_same_job_twice_is_waited_for_once(start_thread: StartThread) -> None:
    job = start_thread(double, 1)
    assert wait_job([job, job, job.id]) == [job]


def test_an_unfinished_job_is_not_removed(start_thread: StartThread, gate: threading.Event) -> None:
    job, done = start_thread(gate.wait), wait_job(start_thread(double, 1))
    with pytest.raises(JobNotFinished, match="force=True"):
        remove_job([done, job])
    assert get_job(done.id) == done
    gate.set()
    wait_job(job)
    remove_job([done, job])
    assert get_job() == []
    with pytest.raises(JobNotFound):
        job.state  # noqa: B018


def test_a_running_thread_cannot_be_stopped_and_says_so(start_thread: StartThread, gate: threading.Event) -> None:
    job = start_thread(gate.wait)
    while job.state is JobState.NOT_STARTED:
        pass
    with pytest.raises(UsageError, match="start_job"):
        stop_job(job)


def test_a_thread_job_that_waits_for_a_thread_can_be_stopped(
    start_thread: StartThread, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_module, "THREADS", 1)
    first, queued, last = start_thread(gate.wait), start_thread(double, 1), start_thread(double, 2)
    assert queued.state is JobState.NOT_STARTED
    assert not queued.has_more_data
    stop_job(queued)
    gate.set()
    wait_job([first, queued, last])
    assert (queued.state, last.result()) == (JobState.STOPPED, 4)
    with pytest.raises(azjobs.JobStopped):
        receive_job(queued)


def test_output_that_cannot_be_pickled_is_there_in_its_own_process(start_thread: StartThread) -> None:
    job = start_thread(threading.Lock)
    with pytest.warns(azjobs.JobWarning, match="cannot be pickled"):
        value = receive_job(wait_job(job))
    assert value.locked() is False


def test_a_job_is_the_same_job_after_pickling(start_thread: StartThread) -> None:
    job = start_thread(double, 4)
    again = pickle.loads(pickle.dumps(job))
    assert again == job
    assert hash(again) == hash(job)
    assert again.result() == 8


def test_a_job_shows_itself_as_the_seeds_table(start_thread: StartThread) -> None:
    job = wait_job(start_thread(double, 4, name="MyJob"))
    heading, dashes, line = repr(job).splitlines()
    assert heading.split() == ["Id", "Name", "PSJobTypeName", "State", "HasMoreData", "Location", "Command"]
    assert dashes.startswith("-- ----")
    assert line.split() == [str(job.id), "MyJob", "ThreadJob", "Completed", "True", "PowerShell", "double"]
    assert "<td" in job._repr_html_()
    assert repr(get_job()) == repr(job)


def test_a_removed_job_is_shown_as_removed(start_thread: StartThread) -> None:
    job = wait_job(start_thread(double, 4))
    remove_job(job)
    assert "(removed)" in repr(job)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_neither_owns_nor_ends_its_parents_jobs(
    start_thread: StartThread, gate: threading.Event
) -> None:
    job = start_thread(gate.wait)
    wait_running(job)
    token = engine_module.engine().owner_token
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            own = engine_module.engine()
            if own.owner_token != token and not own.mine() and not own.is_orphan(own.journal.get(job.id)):
                code = 0
            engine_module.close()
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    gate.set()
    assert wait_job(job).state is JobState.COMPLETED


def wait_running(job: Job[Any]) -> None:
    while job.state is JobState.NOT_STARTED:
        pass


def test_a_generator_that_gives_nothing_gives_an_empty_list(start_thread: StartThread) -> None:
    job = wait_job(start_thread(count, 0))
    assert receive_job(job) == []
    assert job.result() == []


def test_of_several_jobs_those_that_can_be_stopped_are_and_the_others_are_named(
    start_thread: StartThread, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_module, "THREADS", 1)
    running, *queued = (start_thread(gate.wait) for _ in range(3))
    wait_running(running)
    with pytest.raises(UsageError, match=f"Job {running.id} "):
        stop_job([running, *queued])
    assert [job.state for job in queued] == [JobState.STOPPED] * 2


@pytest.mark.parametrize("code", [None, 0])
def test_a_function_that_leaves_without_an_error_completes(start_thread: StartThread, code: int | None) -> None:
    assert start_thread(sys.exit, code).result() is None


def test_a_function_that_leaves_with_an_error_does_not_end_who_receives_it(start_thread: StartThread) -> None:
    job = start_thread(sys.exit, 3)
    with pytest.raises(JobFailed, match="SystemExit"):
        job.result()
    assert isinstance(job.exception(), JobFailed)


def test_an_error_whose_text_is_no_utf_8_is_raised_as_itself(start_thread: StartThread) -> None:
    job = start_thread(fail, os.fsdecode(b"caf\xe9"))
    with pytest.raises(ValueError, match="caf\udce9"):
        receive_job(wait_job(job))


class Unspeakable(Exception):
    """Nothing about it can be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


def test_an_error_that_cannot_be_shown_ends_its_job(start_thread: StartThread) -> None:
    def speak() -> NoReturn:
        raise Unspeakable(threading.Lock())

    def give() -> Any:
        found = Unspeakable(threading.Lock())
        return [found]

    assert get_job(start_thread(speak).wait(timeout=20)).state is JobState.FAILED
    assert get_job(start_thread(give).wait(timeout=20)).state is JobState.FAILED


def test_names_that_are_no_utf_8_are_shown_escaped(start_thread: StartThread) -> None:
    assert start_thread(double, 1, name=os.fsdecode(b"caf\xe9")).name == "caf\\udce9"


def test_jobs_that_wait_for_each_other_get_a_thread_each(start_thread: StartThread) -> None:
    for number in range(1, 24):  # each time one more than there are idle threads, and all at once
        barrier = threading.Barrier(number)
        with ThreadPoolExecutor(number) as callers:
            jobs = list(callers.map(lambda each: start_thread(each.wait, 10), [barrier] * number))
        assert sorted(job.result() for job in jobs) == list(range(number))


def test_what_a_job_printed_is_received_on_a_terminal_that_cannot_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    job = azjobs.start_job(lambda: print("Zürich") or 5).wait()
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    assert receive_job(job) == 5
    stream.flush()
    assert stream.buffer.getvalue() == b"Z\\xfcrich\n"


def test_output_that_cannot_be_read_here_is_left_to_who_can(
    start_thread: StartThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shy:
        def __reduce__(self) -> tuple[Any, ...]:
            return load, ()

    job = start_thread(Shy).wait()
    monkeypatch.setitem(_may_load, "here", False)
    with pytest.raises(ImportError):
        receive_job(job)
    monkeypatch.setitem(_may_load, "here", True)
    assert receive_job(job) == "loaded"


def load() -> str:
    if not _may_load["here"]:
        raise ImportError("not here")
    return "loaded"


_may_load = {"here": True}


def test_a_handle_of_another_journal_is_not_mistaken_for_a_job_of_this_one(
    start_thread: StartThread, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = start_thread(double, 1).wait()
    monkeypatch.setenv("AZJOBS_HOME", str(tmp_path / "another"))
    ours = start_thread(double, 2).wait()
    assert ours.id == theirs.id
    for act in (receive_job, remove_job, stop_job, wait_job, get_job, Job.result):
        with pytest.raises(JobNotFound, match="another AZJOBS_HOME"):
            act(theirs)
    assert ours.result() == 4


@pytest.mark.parametrize("selector", [1.5, None, object()])
def test_what_is_no_job_is_refused_with_one_sentence(selector: Any) -> None:
    with pytest.raises(InvalidArgument, match="A job, an id or a name is needed"):
        wait_job(selector)


def test_an_id_beyond_all_numbers_is_no_job() -> None:
    with pytest.raises(JobNotFound, match="There is no job"):
        get_job(1 << 80)
