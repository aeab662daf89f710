"""The control endpoints: what tests of one's own code ask of the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm


@pytest.fixture
def creating(arm: Arm) -> Arm:
    """A machine `vm` that is being created."""
    arm.make_group()
    arm.make_network()
    arm.make_interface()
    assert arm.ask("PUT", f"{arm.compute}/virtualMachines/vm", arm.machine_body()).status == 201
    return arm


def operation_of(arm: Arm) -> str:
    (operation,) = arm.get("/_emulator/operations")["value"]
    return str(operation["id"])


def state_of(arm: Arm) -> str:
    return str(arm.get(f"{arm.compute}/virtualMachines/vm")["properties"]["provisioningState"])


def test_the_status_says_what_goes_on(creating: Arm) -> None:
    status = creating.get("/_emulator/status")
    assert (status["speed"], status["operationsInFlight"], status["resources"]) == (1.0, 1, 5)


def test_time_can_be_skipped(creating: Arm) -> None:
    assert state_of(creating) == "Creating"
    assert creating.ask("POST", "/_emulator/advance", {"seconds": 200}).json()["operationsInFlight"] == 0
    assert state_of(creating) == "Succeeded"


@pytest.mark.parametrize("seconds", [-1, "ten", None, True])
def test_time_goes_forward_only(creating: Arm, seconds: object) -> None:
    assert creating.error("POST", "/_emulator/advance", {"seconds": seconds})[0] == 400


def test_an_operation_can_be_finished_by_hand(creating: Arm) -> None:
    creating.ask("POST", f"/_emulator/operations/{operation_of(creating)}/finish")
    assert state_of(creating) == "Succeeded"


def test_an_operation_can_be_made_to_fail_by_hand(creating: Arm) -> None:
    error = {"code": "AllocationFailed", "message": "No room."}
    operation = operation_of(creating)
    creating.ask("POST", f"/_emulator/operations/{operation}/fail", error)
    poll = f"{creating.subscription}/providers/Microsoft.Compute/locations/eastus/operations/{operation}"
    body = creating.get(poll)
    assert (body["status"], body["error"]) == ("Failed", error)
    assert state_of(creating) == "Failed"
    view = creating.get(f"{creating.compute}/virtualMachines/vm/instanceView")
    assert view["statuses"][0]["code"] == "ProvisioningState/failed/AllocationFailed"
    # What has ended stays as it ended.
    creating.ask("POST", f"/_emulator/operations/{operation}/finish")
    assert creating.get(poll) == body


def test_an_operation_can_be_held_and_let_go(creating: Arm) -> None:
    operation = operation_of(creating)
    creating.ask("POST", f"/_emulator/operations/{operation}/hold")
    creating.clock.advance(10_000)
    assert state_of(creating) == "Creating"
    creating.ask("POST", f"/_emulator/operations/{operation}/finish")
    assert state_of(creating) == "Succeeded"


def test_the_next_operation_of_a_kind_on_a_name_can_be_made_to_fail(arm: Arm) -> None:
    fault = {
        "kind": "Microsoft.Compute/virtualMachines/create",
        "name": "doomed*",
        "code": "OSProvisioningTimedOut",
        "message": "OS Provisioning for VM 'doomed' did not finish in the allotted time.",
    }
    assert arm.ask("POST", "/_emulator/faults", fault).status == 201
    states = [
        arm.make_machine(name, interface=f"n{name}")["properties"]["provisioningState"]
        for name in ("spared", "doomed1", "doomed2")
    ]
    assert states == ["Succeeded", "Failed", "Succeeded"]


def test_requests_are_counted_by_method_and_path(arm: Arm) -> None:
    arm.make_group()
    for _ in range(3):
        arm.ask("GET", arm.group)
    counted = {(row["method"], row["path"]): row["count"] for row in arm.get("/_emulator/requests")["requests"]}
    assert counted["GET", arm.group] == 4
    assert counted["PUT", arm.group] == 1


def test_a_reset_forgets_everything(creating: Arm) -> None:
    creating.ask("POST", "/_emulator/reset")
    assert creating.error("GET", creating.group)[1] == "ResourceGroupNotFound"
    assert creating.get("/_emulator/status")["operationsInFlight"] == 0
    creating.make_machine()


def test_an_unknown_control_is_refused(arm: Arm) -> None:
    assert arm.error("GET", "/_emulator/nothing")[0] == 405
    assert arm.error("POST", "/_emulator/operations/none/finish")[0] == 404
    assert arm.error("POST", "/_emulator/faults", {})[0] == 400


def test_the_image_aliases_of_the_azure_command_line_are_served(arm: Arm) -> None:
    value = arm.get("/_emulator/aliases.json")["outputs"]["aliases"]["value"]
    assert value["Linux"]["Ubuntu2404"]["offer"] == "ubuntu-24_04-lts"
    assert value["Windows"]["Win2022Datacenter"]["publisher"] == "MicrosoftWindowsServer"
