"""Whatever is asked and however time passes: ends are final, references hold, errors are ARM's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from azjobs.emulator import state
from azjobs.emulator.clock import VirtualClock
from azjobs.emulator.core import Azure
from azjobs.emulator.paths import looks_like_resource_id
from azjobs.emulator.request import Request

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

TERMINAL = ("Succeeded", "Failed", "Canceled")
LOOSE = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150
)
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70_000) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def references(value: Any) -> set[str]:
    """The resource ids in a document."""
    if isinstance(value, dict):
        return {found for member in value.values() for found in references(member)}
    if isinstance(value, list):
        return {found for member in value for found in references(member)}
    return {str(value).lower()} if looks_like_resource_id(value) else set()


def check_error(status: int, body: bytes) -> None:
    """A refusal is an ARM error with a code and a message, and never the emulator's own fault."""
    if status < 400:
        return
    assert status < 500, body
    error = json.loads(body)["error"]
    assert error["code"]
    assert error["message"]


class Story(RuleBasedStateMachine):
    """Requests and time in any order, on a few names, so that they meet."""

    names = st.sampled_from(["a", "B"])
    groups = st.sampled_from(["g", "H"])
    make_arm: type[Arm]

    def __init__(self) -> None:
        super().__init__()
        self.arm = self.make_arm()
        self.ended: dict[str, tuple[str, Any]] = {}
        self.polls: list[str] = []

    def ask(self, method: str, path: str, body: Any = None) -> None:
        response = self.arm.ask(method, path, body)
        check_error(response.status, response.body)
        self.polls += [
            response.headers[name] for name in ("Azure-AsyncOperation", "Location") if name in response.headers
        ]

    def root(self, group: str) -> str:
        return f"{self.arm.subscription}/resourceGroups/{group}/providers"

    @rule(group=groups)
    def make_group(self, group: str) -> None:
        self.ask("PUT", f"{self.arm.subscription}/resourceGroups/{group}", {"location": "eastus"})

    @rule(group=groups)
    def delete_group(self, group: str) -> None:
        self.ask("DELETE", f"{self.arm.subscription}/resourceGroups/{group}")

    @rule(group=groups, name=names, subnets=st.sets(st.sampled_from(["s", "t"])))
    def make_network(self, group: str, name: str, subnets: set[str]) -> None:
        listed = [
            {"name": subnet, "properties": {"addressPrefix": f"10.0.{ord(subnet)}.0/29"}} for subnet in sorted(subnets)
        ]
        properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": listed}
        path = f"{self.root(group)}/Microsoft.Network/virtualNetworks/{name}"
        self.ask("PUT", path, {"location": "eastus", "properties": properties})

    @rule(group=groups, name=names, subnet=st.sampled_from(["s", "t"]))
    def make_subnet(self, group: str, name: str, subnet: str) -> None:
        path = f"{self.root(group)}/Microsoft.Network/virtualNetworks/{name}/subnets/{subnet}"
        self.ask("PUT", path, {"properties": {"addressPrefix": f"10.0.{ord(subnet)}.0/29"}})

    @rule(group=groups, name=names)
    def make_address(self, group: str, name: str) -> None:
        settings = {"dnsSettings": {"domainNameLabel": f"label-{name.lower()}"}}
        path = f"{self.root(group)}/Microsoft.Network/publicIPAddresses/{name}"
        self.ask("PUT", path, {"location": "eastus", "properties": settings})

    @rule(group=groups, other=groups, name=names, address=st.none() | names)
    def make_interface(self, group: str, other: str, name: str, address: str | None) -> None:
        subnet = f"{self.root(other)}/Microsoft.Network/virtualNetworks/{name}/subnets/s"
        configuration: dict[str, Any] = {"subnet": {"id": subnet}}
        if address:
            configuration["publicIPAddress"] = {
                "id": f"{self.root(other)}/Microsoft.Network/publicIPAddresses/{address}",
                "properties": {"deleteOption": "Delete"},
            }
        body = {"location": "eastus", "properties": {"ipConfigurations": [{"name": "c", "properties": configuration}]}}
        self.ask("PUT", f"{self.root(group)}/Microsoft.Network/networkInterfaces/{name}", body)

    @rule(group=groups, name=names, interface=names, option=st.sampled_from(["Delete", "Detach"]))
    def make_machine(self, group: str, name: str, interface: str, option: str) -> None:
        nic = f"{self.root(group)}/Microsoft.Network/networkInterfaces/{interface}"
        interfaces = [{"id": nic, "properties": {"deleteOption": option}}]
        body = self.arm.machine_body(networkProfile={"networkInterfaces": interfaces})
        self.ask("PUT", f"{self.root(group)}/Microsoft.Compute/virtualMachines/{name}", body)

    @rule(group=groups, name=names, action=st.sampled_from(["start", "deallocate", "restart", "powerOff"]))
    def act(self, group: str, name: str, action: str) -> None:
        self.ask("POST", f"{self.root(group)}/Microsoft.Compute/virtualMachines/{name}/{action}")

    @rule(
        group=groups,
        name=names,
        kind=st.sampled_from(
            [
                "Microsoft.Compute/virtualMachines",
                "Microsoft.Network/networkInterfaces",
                "Microsoft.Network/virtualNetworks",
                "Microsoft.Network/publicIPAddresses",
            ]
        ),
    )
    def delete(self, group: str, name: str, kind: str) -> None:
        self.ask("DELETE", f"{self.root(group)}/{kind}/{name}")

    @rule(group=groups, name=names, subnet=st.sampled_from(["s", "t"]))
    def delete_subnet(self, group: str, name: str, subnet: str) -> None:
        self.ask("DELETE", f"{self.root(group)}/Microsoft.Network/virtualNetworks/{name}/subnets/{subnet}")

    @rule(seconds=st.sampled_from([0, 0.1, 3, 11, 60, 170, 1000]))
    def pass_time(self, seconds: float) -> None:
        self.arm.clock.advance(seconds)

    @rule()
    def save_and_load(self) -> None:
        document = json.loads(json.dumps(state.snapshot(self.arm.azure)))
        clock = VirtualClock(document["time"])
        azure = Azure(clock, seed=2)
        state.restore(azure, document)
        self.arm.azure, self.arm.clock = azure, clock

    @invariant()
    def ends_are_final(self) -> None:
        for operation in self.arm.azure.operations:
            if operation.status in TERMINAL:
                end = (operation.status, operation.error)
                key = f"{operation.id} {operation.started}"
                assert self.ended.setdefault(key, end) == end

    @invariant()
    def nothing_refers_to_what_is_gone(self) -> None:
        self.arm.azure.settle()
        shown = {resource.id: self.arm.azure.get_resource(resource.id) for resource in self.arm.azure.store}
        there = {reference for document in shown.values() for reference in own_ids(document)}
        for resource_id, document in shown.items():
            missing = {target for target in references(document) - there if "/ipconfigurations/" not in target}
            # What Azure writes about an image is no resource of the subscription.
            missing = {target for target in missing if "/publishers/" not in target}
            assert not missing, (resource_id, missing)

    @invariant()
    def polls_answer(self) -> None:
        for poll in self.polls[-4:]:
            response = self.arm.ask("GET", poll.removeprefix("https://management.azure.com"))
            assert response.status in (200, 202, 204, 409), response.body


def own_ids(document: Any) -> set[str]:
    """The ids that a document gives to itself and to its children."""
    found = (
        {document["id"].lower()} if isinstance(document, dict) and "id" in document and "name" in document else set()
    )
    members = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return found | {inner for member in members for inner in own_ids(member)}


def test_any_story_keeps_what_must_hold(arm: Arm) -> None:
    Story.make_arm = type(arm)
    run_state_machine_as_test(Story, settings=settings(LOOSE, max_examples=40, stateful_step_count=40))


@LOOSE
@given(
    method=st.sampled_from(["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS"]),
    path=st.lists(
        st.sampled_from(
            [
                "subscriptions",
                "b1a6c2d4-58e3-4f7b-9c0d-6e2f81a3d975",
                "resourceGroups",
                "g",
                "providers",
                "Microsoft.Compute",
                "Microsoft.Network",
                "Microsoft.Resources",
                "virtualMachines",
                "vm",
                "locations",
                "eastus",
                "operations",
                "publishers",
                "deployments",
                "start",
                "_emulator",
                "metadata",
                "",
                "%00",
                "%25",
                "é",
            ]
        )
        | st.text(max_size=5),
        max_size=12,
    ),
    body=st.binary(max_size=30) | JSON_VALUES.map(lambda value: json.dumps(value).encode()),
    query=st.sampled_from(["", "&$top=x", "&$filter=nonsense", "&$skiptoken=%ff", "&monitor=true", "&$expand=x"]),
)
def test_a_malformed_request_is_the_clients_fault(
    arm: Arm, method: str, path: list[str], body: bytes, query: str
) -> None:
    target = "/" + "/".join(path) + "?api-version=2024-07-01" + query
    headers = {"Authorization": f"Bearer {arm.token}", "Host": "x"}
    response = arm.azure.handle(Request.from_target(method, target, headers, body))
    if method != "HEAD":
        check_error(response.status, response.body)
    assert response.status < 500


@LOOSE
@given(data=st.data())
def test_a_body_with_wrong_types_is_the_clients_fault(arm: Arm, data: st.DataObject) -> None:
    if arm.ask("GET", arm.group).status == 404:
        arm.make_group()
        arm.make_network()
        arm.make_interface()
    rule_properties = {"protocol": "Tcp", "sourcePortRange": "*", "priority": 100, "direction": "Inbound"}
    bodies: dict[str, Any] = {
        f"{arm.compute}/virtualMachines/vm": arm.machine_body(),
        f"{arm.compute}/disks/d": {"properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 1}},
        f"{arm.network}/virtualNetworks/w": {
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            }
        },
        f"{arm.network}/virtualNetworks/v/subnets/t": {"properties": {"addressPrefix": "10.0.1.0/24"}},
        f"{arm.network}/publicIPAddresses/p": {
            "sku": {"name": "Basic"},
            "properties": {"dnsSettings": {"domainNameLabel": "abc"}},
        },
        f"{arm.network}/networkSecurityGroups/n": {
            "properties": {"securityRules": [{"name": "r", "properties": rule_properties}]}
        },
        f"{arm.network}/networkInterfaces/m": {
            "properties": {
                "ipConfigurations": [
                    {"name": "c", "properties": {"subnet": {"id": f"{arm.network}/virtualNetworks/v/subnets/s"}}}
                ],
                "dnsSettings": {"dnsServers": []},
                "networkSecurityGroup": {"id": "x"},
            }
        },
        arm.group: {"tags": {"a": "b"}},
        f"{arm.group}/providers/Microsoft.Authorization/locks/l": {"properties": {"level": "NotSpecified"}},
    }
    path = data.draw(st.sampled_from(sorted(bodies)))
    body = json.loads(json.dumps({"location": "eastus", **bodies[path]}))
    for _ in range(data.draw(st.integers(1, 2))):
        spot = data.draw(st.sampled_from(spots(body)))
        place(body, spot, data.draw(JSON_VALUES))
    response = arm.ask(data.draw(st.sampled_from(["PUT", "PUT", "PUT", "PATCH"])), path, body)
    check_error(response.status, response.body)
    arm.settle()
    for shown in (path, path.rpartition("/")[0], f"{arm.group}/resources", f"{path}/instanceView"):
        answer = arm.ask("GET", shown)
        check_error(answer.status, answer.body)
    json.dumps(state.snapshot(arm.azure))


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a value can be put into a document."""
    found = [path] if path else []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        found += spots(member, (*path, key))
    return found or [("location",)]


def place(document: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value
