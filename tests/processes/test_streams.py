"""Everything a job says is a record, on the right stream and in the order in which it was said."""

from __future__ import annotations

import socket
import sys

import pytest
from tests.processes.conftest import Jobs

from azjobs.jobs.records import Stream
from azjobs.jobs.states import JobState


def test_what_is_said_in_many_ways_is_kept_in_one_order(jobs: Jobs) -> None:
    def talk() -> int:
        import logging
        import warnings

        print("printed")
        logging.warning("logged %s", 1)
        warnings.warn("warned", stacklevel=1)
        logging.error("worse")
        sys.stderr.write("on standard error\n")
        print("two\nlines")
        return 5

    said = jobs.said(jobs.run(talk))
    assert [stream for stream, _ in said] == [
        *("information", "warning", "warning", "error", "error", "information", "information", "output")
    ]
    assert [text for _, text in said if not str(text).startswith("UserWarning")] == [
        *("printed", "logged 1", "worse", "on standard error", "two", "lines", 5)
    ]
    assert any(str(text).startswith("UserWarning: warned (test_streams.py:") for _, text in said)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the order between the two ways is not known")
def test_what_other_programs_write_is_kept_in_order_too(jobs: Jobs) -> None:
    def talk() -> None:
        import subprocess

        for number in range(15):
            print("before", number)
            subprocess.run(["sh", "-c", f"echo within {number}"], check=True)
        print("last")

    texts = jobs.texts(jobs.run(talk), Stream.INFORMATION)
    assert texts == [f"{word} {number}" for number in range(15) for word in ("before", "within")] + ["last"]


def test_log_levels_have_their_streams_and_basic_config_opens_them(jobs: Jobs) -> None:
    def talk() -> None:
        import logging

        logging.info("not shown")
        logging.basicConfig(level=5, format="%(levelname)s %(message)s")
        for level in (logging.DEBUG, 15, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger("mine").log(level, "said")

    streams = [stream for stream, _ in jobs.said(jobs.run(talk))]
    assert streams == ["debug", "verbose", "information", "warning", "error", "output"]


def test_a_progress_bar_leaves_its_last_state_and_a_line_without_end_is_kept(jobs: Jobs) -> None:
    def talk() -> None:
        for percent in (10, 50, 100):
            print(f"\r{percent} %", end="", flush=True)
        print()
        print("no end", end="")

    assert jobs.texts(jobs.run(talk), Stream.INFORMATION) == ["100 %", "no end"]


def test_bytes_that_are_no_text_are_shown_as_escapes(jobs: Jobs) -> None:
    def talk() -> None:
        import os

        os.write(1, b"a\xffb\n")

    assert jobs.texts(jobs.run(talk), Stream.INFORMATION) == ["a\\xffb"]


def test_twenty_thousand_lines_are_all_there_in_order(jobs: Jobs) -> None:
    def talk() -> None:
        for number in range(20_000):
            print(number)

    assert jobs.texts(jobs.run(talk), Stream.INFORMATION) == [str(number) for number in range(20_000)]


def test_threads_that_print_do_not_tear_each_others_lines(jobs: Jobs) -> None:
    def talk() -> None:
        import threading

        def speak(name: str) -> None:
            for number in range(200):
                print(f"{name} {number}\n", end="")

        threads = [threading.Thread(target=speak, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()

    texts = jobs.texts(jobs.run(talk), Stream.INFORMATION)
    for name in "abc":
        assert [text for text in texts if text.startswith(name)] == [f"{name} {number}" for number in range(200)]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_fork_of_the_job_may_print_but_does_not_end_it(jobs: Jobs) -> None:
    def split() -> str:
        import os

        if sys.platform == "win32":
            return "nothing"
        pid = os.fork()
        if pid == 0:
            print("from the fork")
            return "the fork's"
        os.waitpid(pid, 0)
        print("from the job")
        return "the job's"

    row = jobs.run(split)
    assert jobs.output(row) == ["the job's"]
    assert jobs.texts(row, Stream.INFORMATION) == ["from the fork", "from the job"]


def test_exit_functions_and_threads_of_the_job_are_waited_for(jobs: Jobs) -> None:
    def work() -> str:
        import atexit
        import threading
        import time

        def slowly() -> None:
            time.sleep(0.1)
            print("thread")

        atexit.register(print, "exit function")
        threading.Thread(target=slowly).start()
        return "value"

    assert [text for _, text in jobs.said(jobs.run(work))] == ["value", "thread", "exit function"]


def test_a_value_that_cannot_be_pickled_fails_the_job_and_keeps_the_rest(jobs: Jobs) -> None:
    def work() -> object:
        import threading

        print("kept")
        return threading.Lock()

    row = jobs.run(work)
    assert row.state is JobState.FAILED
    assert row.reason is not None
    assert row.reason.code == "OutputNotPicklable"
    assert "lock" in row.reason.message
    assert jobs.texts(row, Stream.INFORMATION) == ["kept"]
    assert len(jobs.texts(row, Stream.ERROR)) == 1


def test_an_item_that_cannot_be_pickled_is_an_error_record_among_the_others(jobs: Jobs) -> None:
    def work() -> object:
        import threading

        yield 1
        yield threading.Lock()
        yield 3

    row = jobs.run(work)
    assert row.state is JobState.COMPLETED
    assert [stream for stream, _ in jobs.said(row)] == ["output", "error", "output"]
    assert jobs.output(row) == [1, 3]


def test_a_default_timeout_for_the_callers_sockets_does_not_concern_its_jobs(jobs: Jobs) -> None:
    def talk() -> None:
        for number in range(5_000):
            print(number)

    socket.setdefaulttimeout(5)
    try:
        row = jobs.run(talk)
    finally:
        socket.setdefaulttimeout(None)
    assert jobs.texts(row, Stream.INFORMATION) == [str(number) for number in range(5_000)]
