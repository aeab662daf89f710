"""Resource groups: made at once, deleted with everything in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm


def test_a_new_group_answers_201_and_an_existing_one_200(arm: Arm) -> None:
    body = {"location": "East US", "tags": {"a": "b"}}
    created = arm.ask("PUT", arm.group, body)
    assert created.status == 201
    assert created.json() == {
        "id": arm.group,
        "name": "g",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "eastus",
        "tags": {"a": "b"},
        "properties": {"provisioningState": "Succeeded"},
    }
    assert arm.ask("PUT", arm.group, body).status == 200


def test_a_head_says_whether_a_group_exists(arm: Arm) -> None:
    assert arm.ask("HEAD", arm.group).status == 404
    arm.make_group()
    response = arm.ask("HEAD", arm.group)
    assert (response.status, response.body) == (204, b"")


def test_names_keep_the_casing_of_their_creation(arm: Arm) -> None:
    arm.make_group("MyGroup")
    shown = arm.get(f"{arm.subscription}/resourcegroups/MYGROUP")
    assert shown["id"] == f"{arm.subscription}/resourceGroups/MyGroup"


def test_an_unknown_location_is_refused_with_the_regions_there_are(arm: Arm) -> None:
    status, code, message = arm.error("PUT", arm.group, {"location": "atlantis"})
    assert (status, code) == (400, "LocationNotAvailableForResourceGroup")
    assert "eastus" in message


def test_a_group_cannot_move_to_another_location(arm: Arm) -> None:
    arm.make_group()
    status, code, message = arm.error("PUT", arm.group, {"location": "westus"})
    assert (status, code) == (409, "InvalidResourceGroupLocation")
    assert "already exists in location 'eastus'" in message


@pytest.mark.parametrize("name", ["a b", "a.", "x" * 91, "a$b"])
def test_a_name_that_breaks_azures_rule_is_refused(arm: Arm, name: str) -> None:
    status, code, _ = arm.error(
        "PUT", f"{arm.subscription}/resourceGroups/{name}".replace(" ", "%20"), {"location": "eastus"}
    )
    assert (status, code) == (400, "InvalidResourceGroup")


def test_tags_are_patched_and_listed_by_filter(arm: Arm) -> None:
    arm.make_group()
    arm.make_group("other")
    assert arm.ask("PATCH", arm.group, {"tags": {"owner": "me"}}).json()["tags"] == {"owner": "me"}
    path = f"{arm.subscription}/resourceGroups?$filter=tagName%20eq%20'owner'%20and%20tagValue%20eq%20'me'"
    assert [group["name"] for group in arm.get(path)["value"]] == ["g"]


def test_a_list_is_paged_when_asked_to(arm: Arm) -> None:
    for number in range(5):
        arm.make_group(f"g{number}")
    path, names = f"{arm.subscription}/resourceGroups?$top=2", []
    while path:
        page = arm.get(path)
        assert len(page["value"]) <= 2
        names += [group["name"] for group in page["value"]]
        path = page.get("nextLink", "").removeprefix("https://management.azure.com")
    assert names == [f"g{number}" for number in range(5)]


def test_deleting_a_group_takes_minutes_and_everything_in_it(arm: Arm) -> None:
    arm.make_machine()
    accepted = arm.ask("DELETE", arm.group)
    assert (accepted.status, accepted.body, accepted.headers["Retry-After"]) == (202, b"", "15")
    poll = accepted.headers["Location"].removeprefix("https://management.azure.com")
    running = arm.ask("GET", poll)
    assert (running.status, running.body, running.headers["Location"]) == (202, b"", accepted.headers["Location"])
    assert arm.get(arm.group)["properties"]["provisioningState"] == "Deleting"
    arm.clock.advance(1600)
    assert (arm.ask("GET", poll).status, len(arm.azure.store)) == (200, 0)
    assert arm.error("GET", arm.group)[1] == "ResourceGroupNotFound"


def test_deleting_twice_gives_the_same_operation(arm: Arm) -> None:
    arm.make_group()
    first, second = arm.ask("DELETE", arm.group), arm.ask("DELETE", arm.group)
    assert first.headers["Location"] == second.headers["Location"]


def test_deleting_an_absent_group_is_not_found(arm: Arm) -> None:
    assert arm.error("DELETE", arm.group)[:2] == (404, "ResourceGroupNotFound")


def test_a_group_on_its_way_out_takes_no_writes(arm: Arm) -> None:
    arm.make_group()
    arm.ask("DELETE", arm.group)
    for path, body in ((f"{arm.network}/virtualNetworks/v", {}), (arm.group, {"location": "eastus"})):
        assert arm.error("PUT", path, body)[:2] == (409, "ResourceGroupBeingDeleted")


def test_a_group_whose_resources_are_used_from_elsewhere_stays(arm: Arm) -> None:
    arm.make_group()
    arm.make_network()
    arm.make_group("other")
    subnet = f"{arm.network}/virtualNetworks/v/subnets/s"
    nic = f"{arm.subscription}/resourceGroups/other/providers/Microsoft.Network/networkInterfaces/n"
    configuration = {"name": "c", "properties": {"subnet": {"id": subnet}}}
    arm.do("PUT", nic, {"location": "eastus", "properties": {"ipConfigurations": [configuration]}})
    poll = arm.ask("DELETE", arm.group).headers["Location"].removeprefix("https://management.azure.com")
    arm.clock.advance(1600)
    status, code, message = arm.error("GET", poll)
    assert (status, code) == (409, "ResourceGroupDeletionBlocked")
    assert "Microsoft.Network/virtualNetworks/v" in message
    assert arm.get(arm.group)["properties"]["provisioningState"] == "Succeeded"


def test_a_group_can_be_made_again_while_the_poll_of_its_deletion_still_answers(arm: Arm) -> None:
    arm.make_group()
    poll = arm.ask("DELETE", arm.group).headers["Location"].removeprefix("https://management.azure.com")
    arm.settle()
    arm.make_group()
    assert arm.ask("GET", poll).status == 200
    assert arm.get(arm.group)["properties"]["provisioningState"] == "Succeeded"


def test_the_resources_of_a_group_and_of_a_subscription_are_listed(arm: Arm) -> None:
    arm.make_machine()
    in_group = {resource["type"] for resource in arm.get(f"{arm.group}/resources")["value"]}
    assert in_group == {
        "Microsoft.Network/virtualNetworks",
        "Microsoft.Network/networkInterfaces",
        "Microsoft.Compute/virtualMachines",
        "Microsoft.Compute/disks",
    }
    machines = f"{arm.subscription}/resources?$filter=resourceType%20eq%20'Microsoft.Compute/virtualMachines'"
    assert [resource["name"] for resource in arm.get(machines)["value"]] == ["vm"]


def test_a_lock_forbids_to_delete_what_lies_below_it(arm: Arm) -> None:
    arm.make_group()
    arm.make_network()
    lock = f"{arm.group}/providers/Microsoft.Authorization/locks/keep"
    assert arm.ask("PUT", lock, {"properties": {"level": "CanNotDelete"}}).status == 201
    for path in (f"{arm.network}/virtualNetworks/v", arm.group):
        status, code, message = arm.error("DELETE", path)
        assert (status, code) == (409, "ScopeLocked")
        assert arm.group in message
    assert arm.ask("DELETE", lock).status == 200
    assert arm.ask("DELETE", f"{arm.network}/virtualNetworks/v").status == 202
