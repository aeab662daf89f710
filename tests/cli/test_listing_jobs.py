from __future__ import annotations

import json

import pytest
import yaml
from tests.cli.conftest import Call, Jobs

from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import Progress
from azjobs.jobs.states import JobState

TABLE = """\
Id Name                                                   PSJobTypeName       State     HasMoreData Location  Command
-- ----                                                   -------------       -----     ----------- --------  -------
1  Long Running Operation for 'new_vm' on resource 'MyVm' AzureLongRunningJob Completed True        localhost new_vm
2  Job2                                                   BackgroundJob       Failed    False       localhost measure
"""


@pytest.fixture(autouse=True)
def _never_adopted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The jobs that these tests write have no owner; what adopting them does is another test's."""
    monkeypatch.setattr("azjobs.cli.jobs.list.refresh", lambda engine, rows: list(rows))
    monkeypatch.setattr("azjobs.cli.jobs.show.refresh", lambda engine, rows: list(rows))


def two_jobs(jobs: Jobs) -> None:
    name = "Long Running Operation for 'new_vm' on resource 'MyVm'"
    jobs.add(name=name, command="new_vm", type_name="AzureLongRunningJob", results=[{"name": "MyVm"}])
    jobs.add(JobState.FAILED, reason=Reason(code="ValueError", message="too small"))


def test_list_prints_the_table_of_the_seed_and_cuts_nothing_when_piped(here: Call, jobs: Jobs) -> None:
    two_jobs(jobs)
    said = here("list")
    assert (said.code, said.out, said.err) == (0, TABLE, "")


def test_an_empty_journal_gives_nothing_and_an_empty_json_list(here: Call) -> None:
    assert here("list").out == ""
    assert here("list", "-o", "json").json == []
    assert here("list", "-o", "tsv").out == ""


def test_a_job_as_json_has_the_documented_fields_in_order(here: Call, jobs: Jobs) -> None:
    two_jobs(jobs)
    completed, failed = here("list", "-o", "json").json
    assert list(completed) == [
        "id",
        "instanceId",
        "name",
        "psJobTypeName",
        "state",
        "hasMoreData",
        "location",
        "command",
        "statusMessage",
        "reason",
        "beginTime",
        "endTime",
    ]
    assert (completed["id"], completed["state"], completed["hasMoreData"], completed["reason"]) == (
        1,
        "Completed",
        True,
        None,
    )
    assert failed["reason"] == {"code": "ValueError", "message": "too small", "kind": "JobFailed"}


def test_yaml_and_json_say_the_same(here: Call, jobs: Jobs) -> None:
    two_jobs(jobs)
    assert yaml.safe_load(here("list", "-o", "yaml").out) == here("list", "-o", "json").json


def test_the_global_options_stand_before_or_after_the_command(here: Call, jobs: Jobs) -> None:
    two_jobs(jobs)
    before = here("--output", "tsv", "--query", "[].state", "list")
    assert before.out == "Completed\nFailed\n"
    assert here("list", "-o", "TSV", "--query", "[].state").out == before.out


def test_a_query_picks_from_the_json_and_prints_as_a_table_too(here: Call, jobs: Jobs) -> None:
    two_jobs(jobs)
    said = here("list", "--query", "[?state=='Failed'].{id: id, why: reason.message}")
    assert said.out == "Id Why\n-- ---\n2  too small\n"
    assert here("list", "--query", "length(@)", "-o", "json").json == 2


def test_list_filters_by_state_name_command_and_newest(here: Call, jobs: Jobs) -> None:
    two_jobs(jobs)
    assert here("list", "-q").out == "1\n2\n"
    assert here("list", "-q", "--state", "failed").out == "2\n"
    assert here("list", "-q", "--name", "*myvm*").out == "1\n"
    assert here("list", "-q", "--command", "new_*").out == "1\n"
    assert here("list", "-q", "--newest", "1").out == "2\n"
    assert json.loads(here("list", "-q", "-o", "json").out) == [1, 2]


def test_show_prints_a_job_as_a_list_of_properties(here: Call, jobs: Jobs) -> None:
    progress = Progress(activity="x", status="1 of 2 resources made", percent=50.0, items={"a/b": "Succeeded"})
    jobs.add(JobState.RUNNING, name="Mine", message="InProgress", progress=progress)
    lines = here("show", "1").out.splitlines()
    assert lines[:8] == [
        "Id            : 1",
        "Name          : Mine",
        "PSJobTypeName : BackgroundJob",
        "State         : Running",
        "StatusMessage : InProgress",
        "HasMoreData   : True",
        "Location      : localhost",
        "Command       : measure",
    ]
    assert lines[-2:] == ["Progress      : 1 of 2 resources made (50 %)", "                a/b: Succeeded"]


def test_show_tells_nested_errors_as_a_tree(here: Call, jobs: Jobs) -> None:
    inner = Reason(code="AllocationFailed", message="No room.")
    outer = Reason(code="DeploymentFailed", message="One failed.", details=(inner, Reason(code="Other", message="So.")))
    jobs.add(JobState.FAILED, reason=outer)
    assert here("show", "1").out.splitlines()[-3:] == [
        "Reason        : DeploymentFailed: One failed.",
        "                ├─ AllocationFailed: No room.",
        "                └─ Other: So.",
    ]


def test_show_gives_one_object_for_one_job_and_a_list_for_several(here: Call, jobs: Jobs) -> None:
    two_jobs(jobs)
    assert here("show", "2", "-o", "json", "--query", "reason.message").json == "too small"
    assert here("show", "1", "2", "-o", "json", "--query", "[].id").json == [1, 2]
    assert here("show", "Job*", "-o", "json", "--query", "[].id").json == [2]


@pytest.mark.parametrize("arguments", [("show", "7"), ("show", "Nobody"), ("show", "No*"), ("wait", "7")])
def test_a_job_that_is_not_there_is_exit_code_3_and_one_sentence(here: Call, arguments: tuple[str, ...]) -> None:
    said = here(*arguments)
    assert (said.code, said.out) == (3, "")
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("azjobs: ")
    assert "`azjobs list` shows those there are." in said.err


def test_an_instance_id_names_a_job(here: Call, jobs: Jobs) -> None:
    two_jobs(jobs)
    instance = here("show", "2", "-o", "json").json["instanceId"]
    assert here("show", instance, "-o", "json").json["id"] == 2
