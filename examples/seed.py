"""The scripts of "Running cmdlets in parallel using PowerShell jobs", in Python and in its order.

Runs on the embedded Azure in a state folder of its own, which is removed at the end together with the emulator.
On a real subscription the only line that changes is `connect()`.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from pathlib import Path

import azjobs
from azjobs import (
    Context,
    Credential,
    VirtualMachine,
    get_context,
    get_job,
    get_vm,
    new_vm,
    receive_job,
    remove_resource_group,
    start_job,
    wait_job,
)
from azjobs.emulator import stop


def new_vm_as(context: Context, vm_admin: Credential) -> VirtualMachine:
    return new_vm("MyVm", context=context, credential=vm_admin)


def main() -> None:
    azjobs.connect(environment="Emulator")
    # At a prompt: creds = azjobs.get_credential()
    creds = Credential("azureuser", f"{secrets.token_urlsafe(16)}-aA1")

    print("# Context persistence: the context is passed to the job")
    azjobs.disable_context_autosave(scope="Process")
    job = start_job(new_vm_as, [get_context(), creds])
    print(receive_job(wait_job(job)).provisioning_state)
    remove_resource_group("MyVm")

    print("\n# Context persistence: the context is saved, and so shared with every job")
    azjobs.enable_context_autosave(scope="Process")
    job = start_job(lambda vm_admin: new_vm("MyVm", credential=vm_admin), [creds])
    print(receive_job(wait_job(job)).provisioning_state)
    remove_resource_group("MyVm")

    print("\n# Automatic jobs with as_job")
    long_running = new_vm("MyVm", credential=creds, as_job=True)
    wait_until_running()
    print(get_job(long_running))
    print(get_vm("MyVm"))

    print("\n# Upon completion: a result of exactly the type that the plain call returns")
    vm = receive_job(wait_job(long_running))
    print(vm)

    print("\n# Create multiple VMs at once")
    jobs = [new_vm(f"MyVm{k}", credential=creds, as_job=True) for k in range(10)]
    wait_until_running()
    print(get_job(jobs))
    print(wait_job(jobs))
    print("All jobs completed.\n")
    print(get_vm())


def wait_until_running() -> None:
    """A job is NotStarted until Azure has accepted it; wait for that, so that the tables show what the seed's do."""
    while get_job(state="NotStarted"):
        time.sleep(0.05)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="azjobs-seed-") as folder:
        os.environ["AZJOBS_HOME"] = folder
        try:
            main()
        finally:
            stop(Path(folder) / "emulator")
