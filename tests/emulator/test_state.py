"""A saved state: whole, without secrets, and time goes on from where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azjobs.emulator import state
from azjobs.emulator.clock import ScaledClock, VirtualClock
from azjobs.emulator.core import Azure

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm


def reloaded(arm: Arm) -> None:
    """Put the emulated Azure through its state file."""
    document = json.loads(state.encode(arm.azure))
    arm.clock = VirtualClock(document["time"])
    arm.azure = Azure(arm.clock, seed=2)
    state.restore(arm.azure, document)


def test_an_operation_in_flight_ends_when_it_was_due(arm: Arm) -> None:
    arm.make_group()
    arm.make_network()
    arm.make_interface()
    path = f"{arm.compute}/virtualMachines/vm"
    poll = arm.ask("PUT", path, arm.machine_body()).headers["Azure-AsyncOperation"]
    due = arm.azure.operations.next_due
    arm.clock.advance(50)
    reloaded(arm)
    assert arm.azure.operations.next_due == due
    assert arm.get(poll)["status"] == "InProgress"
    arm.clock.advance(200)
    assert arm.get(poll)["status"] == "Succeeded"
    assert arm.get(path)["properties"]["provisioningState"] == "Succeeded"


def test_everything_is_shown_as_before(arm: Arm) -> None:
    arm.make_machine()
    arm.make_address(label="mine")
    before = [arm.get(resource.id) for resource in arm.azure.store]
    reloaded(arm)
    assert [arm.get(resource.id) for resource in arm.azure.store] == before
    assert arm.error("DELETE", f"{arm.network}/networkInterfaces/n")[1] == "NicInUse"


def test_a_held_operation_is_still_held(arm: Arm) -> None:
    arm.make_group()
    operation = arm.azure.operations
    arm.ask("DELETE", arm.group)
    (running,) = operation.in_flight
    arm.ask("POST", f"/_emulator/operations/{running.id}/hold")
    reloaded(arm)
    arm.clock.advance(10_000)
    assert arm.get(arm.group)["properties"]["provisioningState"] == "Deleting"


@pytest.mark.parametrize(
    "content", ["", "not json", "[]", "{}", '{"version": 99, "time": 0}', '{"version": 1, "time": "x"}']
)
def test_a_file_that_is_no_state_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(content)
    with pytest.raises(state.StateError, match="move it away, or name another one"):
        state.load(file)


def test_a_damaged_state_is_refused(arm: Arm) -> None:
    with pytest.raises(state.StateError, match="damaged"):
        state.restore(arm.azure, {"version": 1, "time": 0.0, "resources": [{"id": "x"}]})


def test_an_absent_file_is_no_state(tmp_path: Path) -> None:
    assert state.load(tmp_path / "none.json") is None


def test_a_saved_file_is_whole_and_its_owners_alone(arm: Arm, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "state.json"
    arm.make_machine()
    state.save(file, state.encode(arm.azure))
    assert (file.stat().st_mode & 0o777, [path.name for path in file.parent.iterdir()]) == (0o600, ["state.json"])
    assert state.load(file) == json.loads(state.encode(arm.azure))


def test_a_scaled_clock_runs_as_many_times_faster_from_where_it_was() -> None:
    real = [100.0]
    clock = ScaledClock(20.0, start=1000.0, monotonic=lambda: real[0])
    real[0] += 3
    assert clock.now() == 1060.0
    clock.advance(40)
    assert clock.now() == 1100.0
    with pytest.raises(ValueError, match="Time only goes forward"):
        clock.advance(-1)
    for speed in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="must be a number above 0"):
            ScaledClock(speed)
