"""What cannot be run or sent is refused with one sentence, before there is a job."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from azjobs.errors import InvalidArgument
from azjobs.jobs.engine import engine
from azjobs.jobs.private import is_private
from azjobs.jobs.runners.process import ProcessWork
from azjobs.jobs.verbs import start_job


class Secret:
    """Refuses to be pickled for anything but a job's private pipe."""

    def __reduce__(self) -> tuple[Any, ...]:
        assert is_private()
        return Secret, ()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"target": abs, "args": (threading.Lock(),)}, r"Argument 1 \(lock\)"),
        ({"target": abs, "kwargs": {"where": threading.Lock()}}, r"Argument 'where' \(lock\)"),
        ({"target": threading.Lock().acquire}, r"The target \(lock.acquire\)"),
        ({"target": "echo hello"}, "command line is given as a list"),
        ({"target": []}, "cannot be run"),
        ({"target": 7}, "cannot be run"),
        ({"target": b"ls"}, "cannot be run"),
        ({"target": "missing.py"}, "There is no script"),
        ({"target": ["no-such-command-here"]}, "no command 'no-such-command-here'"),
        ({"target": ["sh"], "kwargs": {"a": 1}}, "kwargs are for functions"),
        ({"target": ["sh"], "args": (object(),)}, "give texts, numbers or paths"),
        ({"target": ["sh", None]}, "give texts, numbers or paths"),
        ({"target": abs, "timeout": 0}, "above 0"),
        ({"target": abs, "timeout": "5"}, "above 0"),
        ({"target": abs, "environment": ["A=b"]}, "a dictionary of texts"),
        ({"target": abs, "working_directory": Path("/no/such/folder")}, "is not a folder"),
        ({"target": abs, "environment": {"A=B": "c"}}, "cannot be a variable"),
        ({"target": abs, "environment": {"A": 1}}, "cannot be a variable"),
    ],
)
def test_bad_work_is_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgument, match=named) as caught:
        ProcessWork(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("args", [5, "abc", {"a": 1}])
def test_arguments_that_are_no_list_are_refused(home: Path, args: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"write args=\[...\]"):
        start_job(len, args)
    with pytest.raises(InvalidArgument, match="kwargs is a dictionary"):
        start_job(abs, [1], kwargs=[args])  # type: ignore[arg-type]


def test_a_folder_that_was_deleted_under_the_caller_is_one_sentence(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InvalidArgument, match="pass working_directory"):
        start_job(abs, [1])


def test_a_refused_job_is_not_in_the_journal(home: Path) -> None:
    with pytest.raises(InvalidArgument):
        start_job(abs, (threading.Lock(),))
    assert engine().journal.all() == []


def test_secrets_may_travel_with_the_arguments() -> None:
    ProcessWork(target=abs, args=(Secret(),))
    assert not is_private()


def test_a_function_of_a_module_that_only_this_process_has_travels_by_value(jobs: Any) -> None:
    import sys
    import types

    module = types.ModuleType("made_up_here")
    module.__file__ = "/nowhere/made_up_here.py"
    exec("def inner(): return 6\ndef outer(): return inner() * 7\n", module.__dict__)
    sys.modules["made_up_here"] = module
    try:
        assert jobs.output(jobs.run(module.outer)) == [42]
    finally:
        del sys.modules["made_up_here"]


def test_work_that_names_azure_gets_a_process_with_the_sdk_loaded() -> None:
    assert not ProcessWork(target=abs).uses_azure
    assert ProcessWork(target=lambda: __import__("azure.core")).uses_azure
    assert ProcessWork(target=lambda: __import__("azjobs")).uses_azure
    assert "request" not in repr(ProcessWork(target=abs))
