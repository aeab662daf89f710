"""The emulator stops while a job runs, and starts again."""

from __future__ import annotations

from pathlib import Path

from azure.mgmt.resource.resources import ResourceManagementClient
from tests.operations.emulation import compute, network_interface, new_group, virtual_machine

from azjobs.accounts.login import connect
from azjobs.emulator import launcher
from azjobs.jobs.engine import engine
from azjobs.jobs.states import JobState
from azjobs.operations.sdk import client
from azjobs.operations.submit import submit


def test_a_job_survives_the_emulators_restart_and_says_what_to_do_meanwhile(azjobs_home: Path) -> None:
    azjobs_home.mkdir(mode=0o700)
    folder = azjobs_home / "emulator"
    try:
        launcher.start(folder, speed=50, state_file=folder / "state.json")
        connect(environment="Emulator")
        group = new_group()
        body = virtual_machine(network_interface(group))
        job = submit(compute().virtual_machines.begin_create_or_update, group, "MyVm", body)  # type: ignore[call-overload]
        assert engine().wait([job.id], until=lambda row: row.state is JobState.RUNNING, timeout=20)
        launcher.stop(folder)
        told = engine().wait([job.id], until=lambda row: "azjobs emulator start" in row.status_message, timeout=20)
        assert told
        assert told[0].status_message.startswith("Azure cannot be reached since ")
        assert job.state is JobState.RUNNING
        launcher.start(folder, speed=1000, state_file=folder / "state.json")
        assert job.result(timeout=40).name == "MyVm"
        assert client(ResourceManagementClient).resource_groups.get(group).name == group
    finally:
        launcher.stop(folder)
