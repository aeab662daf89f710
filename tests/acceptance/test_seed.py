from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SEED = Path(__file__).parents[2] / "examples" / "seed.py"

RUN_FAST = """
import os, runpy, sys
from pathlib import Path
import azjobs.emulator.launcher as launcher
original = launcher.start
def start(home, **options):
    return original(home, **{**options, "speed": 150.0})
launcher.start = start
sys.argv = [sys.argv[1]]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.timeout(150)
def test_the_seeds_scripts_print_what_the_seed_shows(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", RUN_FAST, str(SEED)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    passed, saved, as_job, received, ten = done.stdout.split("\n\n#")
    assert passed.splitlines()[-1] == "Succeeded"
    assert saved.splitlines()[-1] == "Succeeded"
    assert re.search(r"Id +Name +PSJobTypeName +State +HasMoreData +Location +Command", as_job)
    assert re.search(r"'new_vm' on resource 'MyVm' +AzureLongRunningJob +Running +True +localhost +new_vm", as_job)
    assert re.search(r"ProvisioningState +: Creating", as_job)
    keys = re.findall(r"^(\w+) +:", received, re.MULTILINE)
    assert keys == [
        "ResourceGroupName",
        "Id",
        "VmId",
        "Name",
        "Type",
        "Location",
        "Tags",
        "HardwareProfile",
        "NetworkProfile",
        "OSProfile",
        "ProvisioningState",
        "StorageProfile",
        "FullyQualifiedDomainName",
    ]
    assert re.search(r"FullyQualifiedDomainName : myvmmyvm\.eastus\.cloudapp\.azure\.com", received)
    jobs, _, machines = ten.partition("All jobs completed.\n")
    states = re.findall(r"resource 'MyVm\d' +AzureLongRunningJob +(\w+)", jobs)
    assert states == ["Running"] * 10 + ["Completed"] * 10
    lines = machines.strip().splitlines()
    assert lines[0].split() == [
        "ResourceGroupName",
        "Name",
        "Location",
        "VmSize",
        "OsType",
        "NIC",
        "ProvisioningState",
        "Zone",
    ]
    assert [line.split()[1] for line in lines[2:]] == ["MyVm", *(f"MyVm{k}" for k in range(10))]
    assert all("Succeeded" in line and "Windows" in line and "eastus" in line for line in lines[2:])
    assert list(tmp_path.iterdir()) == []
