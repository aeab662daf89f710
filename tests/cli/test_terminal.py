from __future__ import annotations

import os
import re

import pytest
from tests.cli.conftest import PASSWORD, Azure, Call, Jobs
from tests.cli.terminal import at_terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def test_deleting_is_asked_for_and_no_leaves_everything(here: Call, azure: Azure) -> None:
    here("group", "create", "-n", "Mine")
    before = azure.writes()
    code, screen = at_terminal("group", "delete", "-n", "Mine", expect="[y/N]: ", answer="n\n")
    assert code == 1
    assert screen.index("Acting in Emulator") < screen.index("Delete the resource group Mine with everything in it?")
    assert "Nothing was sent." in screen
    assert azure.writes() == before
    code, screen = at_terminal("group", "delete", "-n", "Mine", expect="[y/N]: ", answer="y\n")
    assert code == 0
    assert here("group", "list", "-o", "json").json == []


def test_control_c_at_a_question_sends_nothing(azure: Azure) -> None:
    before = azure.writes()
    code, screen = at_terminal("group", "delete", "-n", "Mine", expect="[y/N]: ", answer="\x03")
    assert code == 130
    assert "Traceback" not in screen
    assert azure.writes() == before


def test_the_password_is_asked_for_without_echo(azure: Azure) -> None:
    arguments = ("vm", "create", "-n", "MyVm", "-u", "azureuser", "--as-job")
    code, screen = at_terminal(*arguments, expect="Password for azureuser: ", answer=f"{PASSWORD}\n")
    assert code == 0
    assert PASSWORD not in screen
    assert "AzureLongRunningJob" in screen


def test_waiting_shows_a_table_that_goes_when_the_jobs_have_ended(here: Call, azure: Azure) -> None:
    job = here("group", "create", "-n", "Mine", "--as-job", "-o", "json").json["id"]
    code, screen = at_terminal("wait", str(job), columns=80)
    assert code == 0
    last = _CONTROL.sub("", screen).splitlines()[-1]
    assert last.split()[3] == "Completed"


def test_the_live_table_tells_what_each_job_does(here: Call, slow_azure: Azure) -> None:
    given = ("-u", "azureuser", "--password-file", slow_azure.password_file, "--as-job")
    assert here("vm", "create", "-n", "MyVm", *given).code == 0
    code, screen = at_terminal("wait", "--all", "--timeout", "2.5", columns=80)
    assert code == 124
    text = _CONTROL.sub("", screen)
    assert "new_vm MyVm  Running" in text
    assert " of 5 resources made: " in text
    assert "After 2.5 s, job 1 (Running) had not ended. It goes on." in text


def test_a_table_fits_the_terminal_and_keeps_the_end_of_names(jobs: Jobs) -> None:
    name = "Long Running Operation for 'new_vm' on resource 'MyVm7'"
    jobs.add(name=name, type_name="AzureLongRunningJob", command="new_vm", results=["x"])
    _, screen = at_terminal("list", "--no-refresh", columns=80)
    lines = screen.splitlines()
    assert max(map(len, lines)) <= 80
    assert "'MyVm7'" in lines[2]
    _, wide = at_terminal("list", "--no-refresh", columns=160)
    assert name in wide


@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("1", False)])
def test_colour_is_for_terminals_and_for_those_who_want_it(variable: str, coloured: bool) -> None:
    _, screen = at_terminal("doctor", env={"NO_COLOR": variable})
    assert ("\x1b[" in screen) is coloured
