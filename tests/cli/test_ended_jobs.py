from __future__ import annotations

from tests.cli.conftest import Call, Jobs

from azjobs.jobs.reasons import Reason
from azjobs.jobs.states import JobState


def test_wait_prints_the_jobs_and_fails_when_one_has_failed(here: Call, jobs: Jobs) -> None:
    jobs.add(name="Good")
    jobs.add(JobState.FAILED, name="Bad", reason=Reason(code="AllocationFailed", message="No room."))
    assert here("wait", "Good").code == 0
    said = here("wait", "1", "2")
    assert said.code == 1
    assert [line.split()[3] for line in said.out.splitlines()[2:]] == ["Completed", "Failed"]
    assert said.err == "azjobs: Job 2 failed. AllocationFailed: No room.\n"


def test_wait_fails_when_a_job_was_stopped(here: Call, jobs: Jobs) -> None:
    jobs.add(JobState.STOPPED)
    assert here("wait", "1").code == 1


def test_wait_needs_to_be_told_for_which_jobs(here: Call) -> None:
    assert here("wait").code == 2
    assert here("wait", "1", "--all").code == 2
    said = here("wait", "--all")
    assert (said.code, said.out, said.err) == (0, "", "azjobs: There is no job to wait for: all have ended.\n")


def test_receive_gives_one_result_once(here: Call, jobs: Jobs) -> None:
    jobs.add(results=[{"name": "MyVm", "zones": ["1"]}])
    assert here("receive", "1", "-o", "json", "--keep").json == {"name": "MyVm", "zones": ["1"]}
    assert here("receive", "1").out == "Name\n----\nMyVm\n"
    again = here("receive", "1")
    assert again.code == 1
    assert again.err == (
        "azjobs: Job 1 (Job1) has nothing new: its output was received already. --keep leaves it for the next time.\n"
    )


def test_receive_of_several_jobs_gives_a_list(here: Call, jobs: Jobs) -> None:
    jobs.add(results=["one"])
    jobs.add(results=[2])
    assert here("receive", "1", "2", "-o", "json", "--keep").json == ["one", 2]
    assert here("receive", "Job*", "--keep", "-o", "json").json == ["one", 2]
    assert here("receive", "1", "2").out == "one\n\n2\n"


def test_receive_tells_a_failure_each_time_and_prints_the_results_of_the_others(here: Call, jobs: Jobs) -> None:
    inner = Reason(code="SkuNotAvailable", message="Not in eastus.", kind="OperationFailed")
    jobs.add(
        JobState.FAILED,
        name="Bad",
        reason=Reason(code="DeploymentFailed", message="It failed.", kind="OperationFailed", details=(inner,)),
    )
    jobs.add(results=["fine"])
    for _ in range(2):
        said = here("receive", "1", "2", "-o", "json", "--keep")
        assert said.code == 1
        assert said.json == ["fine"]
        assert said.err.splitlines() == [
            "azjobs: Job 1 (Bad) failed. DeploymentFailed: It failed.",
            "└─ SkuNotAvailable: Not in eastus.",
        ]


def test_a_function_that_raised_is_told_without_its_traceback(here: Call, jobs: Jobs) -> None:
    reason = Reason(code="ValueError", message="keep=True is mine", traceback="Traceback (most recent call last): ...")
    jobs.add(JobState.FAILED, name="Mine", reason=reason)
    said = here("receive", "1")
    assert (said.code, said.err) == (1, "azjobs: Job 1 (Mine) failed. ValueError: keep=True is mine\n")


def test_remove_takes_ended_jobs_and_leaves_all_when_one_goes_on(here: Call, jobs: Jobs) -> None:
    jobs.add()
    jobs.add(JobState.RUNNING)
    said = here("remove", "1", "2")
    assert said.code == 1
    assert said.err == "azjobs: Job 2 (Job2) is Running: stop it first, or remove it with --force.\n"
    assert here("remove", "1").code == 0
    assert here("list", "-q", "--no-refresh").out == "2\n"


def test_a_job_whose_process_is_gone_is_failed_when_listed(here: Call, jobs: Jobs) -> None:
    jobs.add(JobState.RUNNING, name="Lost")
    here("list", "--no-refresh")  # the end of this call ends the owner
    said = here("list", "-o", "json")
    assert (said.json[0]["state"], said.json[0]["reason"]["kind"]) == ("Failed", "OwnerGone")


def test_a_job_left_disconnected_stays_so_when_listed(here: Call, jobs: Jobs) -> None:
    jobs.add(JobState.DISCONNECTED)
    assert here("list", "-o", "tsv", "--query", "[].state").out == "Disconnected\n"
