"""What commands import costs nothing until something is started."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("asyncio", "aiohttp", "azure", "rich", "requests", "ssl", "sqlite3")


def test_what_commands_are_made_of_loads_no_sdk_and_no_event_loop() -> None:
    script = (
        "import sys, azjobs.operations.plan, azjobs.operations.submit;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
