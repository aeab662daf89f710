"""Kill -9 rounds: a process starts `new_vm` as a job and is killed at a random instant; a new process takes the job up.

Run by the test beside it, and by hand: `python tests/acceptance/crash_rounds.py --rounds 50`. Each victim and each
recoverer is a process of its own, forked from one that has imported azjobs and nothing more.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import azure.identity
import azure.mgmt.compute  # noqa: F401

import azjobs
from azjobs.commands import get_vm, new_vm
from azjobs.emulator import start, stop
from azjobs.operations import poller  # noqa: F401

SPEED = 150.0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--before-acceptance", action="store_true", help="kill before Azure has accepted the job, too")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="azjobs-crash-") as folder:
        os.environ["AZJOBS_HOME"] = folder
        start(Path(folder) / "emulator", speed=SPEED)
        try:
            in_child(lambda: str(azjobs.connect(environment="Emulator").name))
            outcomes = rounds(options.rounds, chance, early=options.before_acceptance)
        finally:
            stop(Path(folder) / "emulator")
    summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(f"{options.rounds} rounds (seed {options.seed}): {summary}")
    return 0 if set(outcomes) <= {"received", "never sent"} else 1


def rounds(count: int, chance: random.Random, *, early: bool) -> collections.Counter[str]:
    outcomes: collections.Counter[str] = collections.Counter()
    lifetime = 3.0
    for number in range(count):
        name = f"vm{number}"
        began = time.monotonic()
        victim, job_id = start_victim(name, wait_until_running=not early)
        pause = chance.uniform(0, 0.15 if early else lifetime)
        time.sleep(pause)
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        found = json.loads(in_child(lambda name=name, job_id=job_id: recover(name, job_id)))  # type: ignore[misc]
        outcomes[verdict(found, name)] += 1
        if not early:
            lifetime = max(0.5, min(lifetime, (time.monotonic() - began) * 1.05))
    return outcomes


def start_victim(name: str, *, wait_until_running: bool) -> tuple[int, int]:
    """Fork a process that starts the job, tells its id, and goes on as a script would."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        job = new_vm(name, credential=azjobs.Credential("azureuser", "Passw0rd-for-tests"), as_job=True)
        while wait_until_running and job.state == "NotStarted":
            time.sleep(0.002)
        os.write(writing, str(job.id).encode())
        os.close(writing)
        job.wait()
        time.sleep(60)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        return pid, int(pipe.read())


def recover(name: str, job_id: int) -> str:
    """List the job, wait for it, receive the virtual machine; in a new process."""
    listed = [job.id for job in azjobs.get_job(all_sessions=True)]
    job = azjobs.wait_job(azjobs.get_job(job_id), timeout=60)
    found: dict[str, Any] = {"listed": job_id in listed, "state": str(job.state)}
    try:
        vm = azjobs.receive_job(job)
        found |= {"vm": vm.name, "type": type(vm).__name__, "provisioning": vm.provisioning_state}
    except azjobs.NothingToReceive:
        # The victim's own process had not received it: nobody may have.
        found["error"] = "NothingToReceive"
    except azjobs.JobFailed as error:
        found |= {"error": type(error).__name__, "message": str(error)}
    found["outputs"] = sum(record.stream == "output" for record in job.records)
    found["vms"] = [machine.name for machine in get_vm() if machine.name == name]
    return json.dumps(found)


def verdict(found: dict[str, Any], name: str) -> str:
    good = {"listed": True, "state": "Completed", "vm": name, "type": "VirtualMachine", "provisioning": "Succeeded"}
    if found == {**good, "outputs": 1, "vms": [name]}:
        return "received"
    if found.get("error") == "NeverSent" and found["vms"] == [] and found["outputs"] == 0:
        return "never sent"
    return f"wrong: {found}"


def in_child(function: Callable[[], str]) -> str:
    """Run a function in a forked process and return its text."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            text = function()
            with os.fdopen(writing, "w") as pipe:
                pipe.write(text)
            code = 0
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        finally:
            from azjobs.jobs import engine

            engine.close()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    status = os.waitpid(pid, 0)[1]
    if status:
        raise RuntimeError(f"the child ended with {status}: {text}")
    return text


if __name__ == "__main__":
    sys.exit(main())
