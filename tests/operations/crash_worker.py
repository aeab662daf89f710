"""A process that starts one operation as a job and is killed meanwhile; run by test_crash."""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import azjobs
from azjobs.jobs.engine import engine

METHODS = {
    "vm": ("azure.mgmt.compute", "ComputeManagementClient", "virtual_machines"),
    "deployment": ("azure.mgmt.resource.deployments", "DeploymentsMgmtClient", "deployments"),
}


def main(kind: str, group: str, name: str, body: str) -> None:
    module, client_name, operations = METHODS[kind]
    client = azjobs.client(getattr(importlib.import_module(module), client_name))
    method: Callable[..., Any] = getattr(client, operations).begin_create_or_update
    # What a process does once is done now, so that the kill falls into what it does for each job.
    engine().runner("operation")
    importlib.import_module("azjobs.operations.starting")
    azjobs.submit(len, "warm").result()
    azjobs.get_job()[0].remove()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    azjobs.submit(method, group, name, json.loads(body))
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
