"""A smoke test for a real subscription: `make live`. LIVE=emulator runs the same file on the embedded Azure."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import azjobs
from azjobs import Credential, get_job, get_vm, new_vm, receive_job, remove_resource_group, wait_job

EMULATED = os.environ.get("LIVE") == "emulator"
NEEDED = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID")
LOCATION = os.environ.get("AZJOBS_LIVE_LOCATION", "eastus")
SIZE = os.environ.get("AZJOBS_LIVE_SIZE", "Standard_B1s")


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing and not EMULATED:
        pytest.exit(f"make live needs {', '.join(missing)} in the environment.", returncode=2)
    home = tmp_path_factory.mktemp("azjobs-live")
    os.environ["AZJOBS_HOME"] = str(home)
    name = f"azjobs-live-{secrets.token_hex(3)}"
    sys.stderr.write(
        f"\nThis makes the resource group {name} with two {SIZE} machines, disks and public addresses in {LOCATION}, "
        "for about ten minutes (a few US cents), and deletes it at the end, also when a test fails.\n"
    )
    if EMULATED:
        from azjobs.emulator import start

        start(home / "emulator", speed=200)
        azjobs.connect(environment="Emulator")
    else:
        tenant, client, secret, subscription = (os.environ[variable] for variable in NEEDED)
        azjobs.connect(tenant=tenant, client_id=client, client_secret=secret, subscription=subscription)
    try:
        yield name
    finally:
        tear_down(name, home)


def tear_down(name: str, home: Path) -> None:
    try:
        remove_resource_group(name)
    finally:
        if EMULATED:
            from azjobs.emulator import stop

            stop(home / "emulator")


def test_two_machines_are_created_at_once_and_received(group: str) -> None:
    credential = Credential("azureuser", f"{secrets.token_urlsafe(16)}-aA1")
    names = [f"{group[-6:]}vm{k}" for k in range(2)]
    jobs = [
        new_vm(
            name,
            resource_group_name=group,
            location=LOCATION,
            size=SIZE,
            image="Ubuntu2204",
            credential=credential,
            open_ports=[],
            as_job=True,
        )
        for name in names
    ]
    deadline = time.monotonic() + 120
    while get_job(state="NotStarted"):
        assert time.monotonic() < deadline, "Azure did not accept the requests within two minutes"
        time.sleep(0.2)
    assert {job.state for job in jobs} <= {"Running", "Completed"}
    machines = receive_job(wait_job(jobs, timeout=1800))
    assert [machine.name for machine in machines] == names
    assert {machine.provisioning_state for machine in machines} == {"Succeeded"}
    assert all(machine.fully_qualified_domain_name for machine in machines)
    assert {vm.name for vm in get_vm(resource_group_name=group)} == set(names)


def test_a_machine_is_deallocated_and_says_so(group: str) -> None:
    name = f"{group[-6:]}vm0"
    azjobs.stop_vm(name, group)
    assert get_vm(name, group, status=True).power_state == "deallocated"
