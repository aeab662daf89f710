"""What goes with a VM, and what else may use it: the rules, without Azure."""

from __future__ import annotations

from typing import Any

import pytest

from azjobs.commands.virtual_machine import resources
from azjobs.commands.virtual_machine.dependents import remaining, used_by

PLACE = "/subscriptions/S/resourceGroups/G/providers"
MINE = f"{PLACE}/Microsoft.Network/networkInterfaces/web"
OTHER = f"{PLACE}/Microsoft.Network/networkInterfaces/web2"


def configuration(interface: str) -> dict[str, str]:
    return {"id": f"{interface}/ipConfigurations/one"}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (resources.PUBLIC_IP_ADDRESSES, {"properties": {"ipConfiguration": configuration(MINE.upper())}}),
        (resources.NETWORK_SECURITY_GROUPS, {"properties": {"networkInterfaces": [{"id": MINE}]}}),
        (resources.NETWORK_INTERFACES, {"properties": {}}),
        (resources.DISK, {}),
        (
            resources.VIRTUAL_NETWORKS,
            {"properties": {"subnets": [{"properties": {"ipConfigurations": [configuration(MINE)]}}]}},
        ),
    ],
)
def test_what_only_goes_too_does_not_keep_a_part(kind: str, body: dict[str, Any]) -> None:
    assert used_by(kind, body, [MINE]) is None


@pytest.mark.parametrize(
    ("kind", "body", "user"),
    [
        # Its id begins with the id of what goes, and is another all the same.
        (resources.PUBLIC_IP_ADDRESSES, {"properties": {"ipConfiguration": configuration(OTHER)}}, "'web2'"),
        (
            resources.NETWORK_SECURITY_GROUPS,
            {"properties": {"networkInterfaces": [{"id": MINE}, {"id": OTHER}]}},
            "'web2'",
        ),
        (
            resources.NETWORK_INTERFACES,
            {"properties": {"virtualMachine": {"id": f"{PLACE}/Microsoft.Compute/virtualMachines/db"}}},
            "'db'",
        ),
        (resources.DISK, {"managedBy": f"{PLACE}/Microsoft.Compute/virtualMachines/db"}, "'db'"),
        (resources.VIRTUAL_NETWORKS, {"properties": {"subnets": [{}, {}]}}, "2 subnets"),
        (
            resources.VIRTUAL_NETWORKS,
            {"properties": {"virtualNetworkPeerings": [{"id": f"{PLACE}/Microsoft.Network/virtualNetworks/hub/p/x"}]}},
            "'hub'",
        ),
    ],
)
def test_what_something_else_uses_stays_and_it_is_said_what_uses_it(kind: str, body: dict[str, Any], user: str) -> None:
    assert user in str(used_by(kind, body, [MINE]))


def test_what_remains_is_named_and_what_of_it_is_billed() -> None:
    disk = f"{PLACE}/Microsoft.Compute/disks/web_OsDisk"
    address = f"{PLACE}/microsoft.network/publicipaddresses/web"
    assert remaining([]) == ""
    assert remaining([disk, MINE, address]) == (
        "The disk 'web_OsDisk' and the public IP address 'web' remain and are billed. "
        "The network interface 'web' remains, at no cost."
    )
