"""The commands cost nothing until they are called: no SDK, no asyncio, no TLS."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"aiohttp", "asyncio", "azure", "cryptography", "msal", "requests", "rich", "ssl"}
SCRIPT = f"""
import sys, azjobs
for name in ("new_vm", "get_vm", "start_vm", "remove_vm", "new_resource_group", "ResourceGroup", "VirtualMachineList"):
    getattr(azjobs, name)
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {HEAVY!r}))
"""


def test_to_name_the_commands_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
