"""Each command is its own process: a job started by one is seen, waited for and received by the next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import PASSWORD, Azure, Call, command, environment

from azjobs.jobs.owners import owners_folder

CREATE = ("vm", "create", "-u", "azureuser", "--as-job")


def create(azjobs: Call, azure: Azure, name: str, *more: str) -> int:
    """Start a job that makes a VM; return its id."""
    said = azjobs(*CREATE, "-n", name, "--password-file", azure.password_file, "-o", "json", *more)
    assert said.code == 0, said
    job_id: int = said.json["id"]
    return job_id


def test_a_vm_is_made_by_one_process_and_received_by_others(azjobs: Call, azure: Azure) -> None:
    started = azjobs(*CREATE, "-n", "MyVm", "--password-file", azure.password_file)
    assert started.code == 0
    title, _dashes, row = started.out.splitlines()
    assert title.split() == ["Id", "Name", "PSJobTypeName", "State", "HasMoreData", "Location", "Command"]
    assert row.startswith("1  Long Running Operation for 'new_vm' on resource 'MyVm' AzureLongRunningJob ")
    acting, ports = started.err.splitlines()
    assert acting.startswith("azjobs: Acting in Emulator, subscription ")
    assert ports == (
        "azjobs: The ports 3389, 5985 of MyVm are opened to the whole Internet; "
        "--allow-from restricts who may reach them."
    )

    waited = azjobs("wait", "--all", "-o", "json")
    assert (waited.code, [job["state"] for job in waited.json]) == (0, ["Completed"])

    received = azjobs("receive", "1", "-o", "json").json
    assert received["type"] == "Microsoft.Compute/virtualMachines"
    assert received["properties"]["provisioningState"] == "Succeeded"
    assert received["properties"]["vmId"]
    assert received["resourceGroup"] == "MyVm"
    assert received["fullyQualifiedDomainName"] == "myvmmyvm.eastus.cloudapp.azure.com"

    listed = azjobs("vm", "list").out.splitlines()
    assert listed[0].split() == [
        "ResourceGroupName",
        "Name",
        "Location",
        "VmSize",
        "OsType",
        "NIC",
        "ProvisioningState",
        "Zone",
    ]
    assert listed[2].split() == ["MyVm", "MyVm", "eastus", "Standard_D2s_v3", "Windows", "MyVm", "Succeeded"]
    assert azjobs("receive", "1").code == 1


def test_a_job_is_accepted_before_its_row_is_printed(azjobs: Call, slow_azure: Azure) -> None:
    said = azjobs(*CREATE, "-n", "MyVm", "--password-file", slow_azure.password_file)
    assert said.out.splitlines()[2].split()[-4:] == ["Running", "True", "localhost", "new_vm"]
    assert len(said.err.splitlines()) == 2, "there is nothing left to wait for"
    shown = azjobs("vm", "show", "-n", "MyVm", "-o", "json").json
    assert shown["properties"]["provisioningState"] == "Creating"


def test_the_password_is_in_no_file_and_in_no_output(azjobs: Call, azure: Azure) -> None:
    said = [azjobs(*CREATE, "-n", "MyVm", "--password-stdin", "--debug", stdin=f"{PASSWORD}\n")]
    said += [azjobs("show", "1", "-o", "json"), azjobs("receive", "1", "--wait", "-o", "json", "--debug")]
    assert [one.code for one in said] == [0, 0, 0]
    Path(azure.password_file).unlink()
    texts = [one.out + one.err for one in said]
    texts += [path.read_text("utf-8", "replace") for path in azure.home.rglob("*") if path.is_file()]
    assert not [text for text in texts if PASSWORD in text]
    assert not [text for text in texts[:3] if "eyJ" in text]


def test_a_plain_command_waits_prints_its_result_and_leaves_no_job(here: Call, azure: Azure) -> None:
    made = here(
        *("vm", "create", "-n", "web", "-u", "azureuser", "--password-file", azure.password_file),
        *("--image", "Ubuntu2404", "--open-port", "22", "443", "--allow-from", "203.0.113.7", "--tags", "a=1", "b=2"),
    )
    assert made.code == 0
    assert made.sentences == ["azjobs: The ports 22, 443 of web are opened to 203.0.113.7."]
    properties = dict(line.split(" : ", 1) for line in made.out.splitlines() if " : " in line)
    assert properties["Tags                    "] == '{"a":"1","b":"2"}'
    assert here("vm", "stop", "-n", "web").code == 0
    assert here("vm", "list", "-d", "--query", "[0].name", "-o", "tsv").out == "web\n"
    assert here("vm", "show", "-n", "web", "-d").out.splitlines()[-1].split() == ["PowerState", ":", "deallocated"]
    assert here("list", "-q").out == ""
    assert here("group", "delete", "-n", "web", "--yes").code == 0
    assert here("vm", "list", "-o", "json").json == []


def test_a_vm_that_azure_cannot_make_is_told_as_a_tree(here: Call, azure: Azure) -> None:
    azure.control(
        "POST",
        "faults",
        {
            "kind": "Microsoft.Compute/virtualMachines/create",
            "name": "Bad",
            "code": "AllocationFailed",
            "message": "No room.",
        },
    )
    job = create(here, azure, "Bad")
    waited = here("wait", str(job))
    assert waited.code == 1
    assert waited.out.splitlines()[2].split()[-4] == "Failed"
    received = here("receive", str(job))
    assert (received.code, received.out) == (1, "")
    first, *rest = received.err.splitlines()
    assert first.startswith(f"azjobs: Job {job} (Long Running Operation for 'new_vm' on resource 'Bad') failed. ")
    assert [line for line in rest if line.lstrip(" │").startswith("└─ AllocationFailed: No room.")]


def test_a_wait_that_takes_too_long_is_exit_code_124_and_the_job_goes_on(here: Call, slow_azure: Azure) -> None:
    job = create(here, slow_azure, "MyVm")
    said = here("wait", str(job), "--timeout", "0.2")
    assert (said.code, said.out) == (124, "")
    assert said.err == f"azjobs: After 0.2 s, job {job} (Running) had not ended. It goes on.\n"
    assert here("receive", str(job), "--wait", "--timeout", "0.1").code == 124
    assert here("list", "-o", "tsv", "--query", "[].state").out == "Running\n"


@pytest.fixture
def waiting(slow_azure: Azure, here: Call) -> Iterator[subprocess.Popen[str]]:
    """A process that waits for two jobs, and has begun to."""
    for name in ("One", "Two"):
        create(here, slow_azure, name)
    process = subprocess.Popen(
        command("wait", "--all"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    deadline = time.monotonic() + 30
    while not _owners(slow_azure.home, process.pid):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield process
    process.kill()
    process.communicate()


def as_a_shell_says(code: int) -> int:
    """Python ends by the signal itself when it interrupted an import, even where that was dealt with."""
    return 128 - code if code < 0 else code


def _owners(home: Path, pid: int) -> list[Path]:
    return list(owners_folder(home).glob(f"{pid}-*"))


@pytest.mark.skipif(os.name != "posix", reason="SIGINT to one process is POSIX's")
def test_control_c_ends_the_waiting_and_the_jobs_go_on(waiting: subprocess.Popen[str], here: Call) -> None:
    time.sleep(0.1)
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=20)
    assert (as_a_shell_says(waiting.returncode), out) == (130, ""), err
    assert err == "azjobs: Interrupted. Jobs 1, 2 go on in Azure: `azjobs wait 1 2` waits for them again.\n"
    states = here("list", "-o", "tsv", "--query", "[].state").out.split()
    assert states == ["Running", "Running"]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_waiter_that_is_killed_loses_nothing(waiting: subprocess.Popen[str], here: Call) -> None:
    waiting.kill()
    waiting.wait(timeout=20)
    stopped = here("stop", "1", "-o", "json")
    assert (stopped.code, [job["state"] for job in stopped.json]) == (0, ["Disconnected"])
    assert stopped.err == (
        "azjobs: Azure goes on with job 1: `azjobs wait 1` watches it again, "
        "`azjobs stop --cancel` asks Azure to cancel.\n"
    )
    assert here("wait", "1", "--timeout", "0.1").code == 124, "wait takes a Disconnected job up again"


def test_stop_with_cancel_has_azure_cancel(here: Call, slow_azure: Azure) -> None:
    create(here, slow_azure, "MyVm")
    stopped = here("stop", "1", "--cancel", "-o", "json")
    assert (stopped.code, [job["state"] for job in stopped.json]) == (0, ["Stopped"])
    received = here("receive", "1")
    assert received.code == 1
    assert "was stopped" in received.err


def test_wait_any_returns_when_one_has_ended(here: Call, slow_azure: Azure) -> None:
    create(here, slow_azure, "Slow")
    quick = here("group", "create", "-n", "Quick", "--as-job", "-o", "json").json["id"]
    said = here("wait", "--any", "1", str(quick), "-o", "json")
    assert (said.code, [job["id"] for job in said.json]) == (0, [quick])


def public_key() -> str:
    """Return an SSH key that nobody has the other half of."""
    fields = [b"ssh-ed25519", bytes(range(32))]
    packed = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return f"ssh-ed25519 {b64encode(packed).decode()} nobody"


def test_the_emulator_stops_and_starts_while_a_job_runs(here: Call, azjobs_home: Path) -> None:
    # With a key, for the emulator stores no password: it could not go on with one after its restart.
    linux = ("--image", "Ubuntu2404", "--ssh-key-value", public_key())
    started = here("emulator", "start", "--speed", "30", "-o", "json")
    try:
        assert here("connect", "-e", "emulator").code == 0
        assert here(*CREATE, "-n", "MyVm", *linux).code == 0
        assert here("emulator", "stop").code == 0
        seen = here("wait", "1", "--timeout", "1")
        assert seen.code == 124
        message = here("show", "1", "--no-refresh", "-o", "json").json["statusMessage"]
        assert "cannot be reached" in message
        assert "`azjobs emulator start`" in message
        again = here("emulator", "start", "--speed", "600", "-o", "json")
        assert again.json["port"] == started.json["port"]
        assert here("receive", "1", "--wait", "-o", "tsv", "--query", "name").out == "MyVm\n"
    finally:
        here("emulator", "stop")
    status = here("emulator", "status")
    assert (status.code, status.out) == (1, "")


def test_a_plain_command_that_is_interrupted_leaves_its_job(here: Call, slow_azure: Azure) -> None:
    process = subprocess.Popen(
        command("vm", "create", "-n", "MyVm", "-u", "azureuser", "--password-file", slow_azure.password_file),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    deadline = time.monotonic() + 30
    while here("list", "-q", "--state", "Running", "--no-refresh").out != "1\n":
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (as_a_shell_says(process.returncode), out) == (130, "")
    assert "Interrupted. Job 1 goes on in Azure" in err
    assert "`azjobs wait 1`" in err
    assert here("wait", "1", "--timeout", "0.1").code == 124


def test_list_looks_at_the_jobs_that_nobody_watches(here: Call, azure: Azure) -> None:
    create(here, azure, "MyVm")
    deadline = time.monotonic() + 30
    while here("list", "-o", "tsv", "--query", "[].state").out != "Completed\n":
        assert time.monotonic() < deadline
    assert here("list", "--no-refresh", "-o", "tsv", "--query", "[].hasMoreData").out == "true\n"


def test_list_does_not_look_before_azure_says_so(here: Call, slow_azure: Azure) -> None:
    create(here, slow_azure, "MyVm")
    before = slow_azure.control("GET", "requests")["total"]
    assert here("list", "-o", "tsv", "--query", "[].state").out == "Running\n"
    assert slow_azure.control("GET", "requests")["total"] == before


def test_json_of_a_job_is_the_same_in_list_wait_and_show(here: Call, azure: Azure) -> None:
    create(here, azure, "MyVm")
    waited = here("wait", "1", "-o", "json").json
    listed = here("list", "-o", "json").json
    shown = here("show", "1", "-o", "json").json
    assert waited == listed == [{key: value for key, value in shown.items() if key != "progress"}]
    assert json.dumps(listed)
