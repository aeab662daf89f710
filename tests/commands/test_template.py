"""The deployment that makes a VM: what was asked for, nothing declared again, as Azure's descriptions allow."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from azjobs.accounts.credential import Credential
from azjobs.commands.virtual_machine import resources, template
from azjobs.commands.virtual_machine.specification import specify
from azjobs.commands.virtual_machine.surroundings import Surroundings
from azjobs.commands.virtual_machine.template import Blueprint

PASSWORD = "correct-Horse-1"
CREDENTIAL = Credential("azureuser", PASSWORD)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
Check = Callable[[Mapping[str, Any]], list[str]]


def existing(kind: str, name: str = "MyVm", **settings: Any) -> dict[str, Any]:
    id_ = resources.resource_path(SUBSCRIPTION, "MyVm", kind, name)
    return {"id": id_, "name": name, "type": kind, "location": "eastus", "properties": settings}


def network(*subnets: tuple[str, str], space: str = "192.168.0.0/16") -> dict[str, Any]:
    body = existing(resources.VIRTUAL_NETWORKS)
    body["properties"] = {
        "addressSpace": {"addressPrefixes": [space]},
        "subnets": [
            {"id": f"{body['id']}/subnets/{name}", "name": name, "properties": {"addressPrefix": prefix}}
            for name, prefix in subnets
        ],
    }
    return body


def blueprint(name: str = "MyVm", *, surroundings: Surroundings | None = None, **options: Any) -> Blueprint:
    specification = specify(name, **{"credential": CREDENTIAL, **options})
    return Blueprint(
        specification=specification,
        surroundings=surroundings or Surroundings(),
        location="eastus",
        label="myvmmyvm" if specification.public_ip else None,
    )


def declared(plan: Blueprint) -> dict[str, dict[str, Any]]:
    return {resource["type"]: resource for resource in template.declared(plan)}


def test_in_an_empty_group_everything_is_declared_and_each_waits_for_what_it_needs() -> None:
    made = declared(blueprint())
    assert list(made) == [
        resources.VIRTUAL_NETWORKS,
        resources.PUBLIC_IP_ADDRESSES,
        resources.NETWORK_SECURITY_GROUPS,
        resources.NETWORK_INTERFACES,
        resources.VIRTUAL_MACHINES,
    ]
    assert made[resources.NETWORK_INTERFACES]["dependsOn"] == [
        f"[resourceId('{kind}', 'MyVm')]" for kind in list(made)[:3]
    ]
    assert made[resources.VIRTUAL_MACHINES]["dependsOn"] == [f"[resourceId('{resources.NETWORK_INTERFACES}', 'MyVm')]"]


def test_the_rules_of_the_security_group_are_those_of_new_azvm() -> None:
    rules = declared(blueprint())[resources.NETWORK_SECURITY_GROUPS]["properties"]["securityRules"]
    assert [rule["name"] for rule in rules] == ["MyVm3389", "MyVm5985"]
    assert [rule["properties"]["priority"] for rule in rules] == [1000, 1001]
    assert {rule["properties"]["sourceAddressPrefix"] for rule in rules} == {"*"}


def test_allow_from_restricts_every_rule() -> None:
    plan = blueprint(allow_from=["203.0.113.0/24", "198.51.100.7"])
    for rule in declared(plan)[resources.NETWORK_SECURITY_GROUPS]["properties"]["securityRules"]:
        assert rule["properties"]["sourceAddressPrefixes"] == ["203.0.113.0/24", "198.51.100.7"]
        assert "sourceAddressPrefix" not in rule["properties"]


def test_the_password_travels_once_as_a_secure_parameter_and_shows_nowhere_else() -> None:
    body = template.deployment(blueprint())["properties"]
    assert body["template"]["parameters"] == {"adminPassword": {"type": "secureString"}}
    assert body["parameters"] == {"adminPassword": {"value": PASSWORD}}
    assert PASSWORD not in json.dumps(body["template"])


def test_with_a_key_alone_there_is_no_password_at_all() -> None:
    plan = blueprint(image="Ubuntu2404", credential=None, ssh_key=KEY)
    body = template.deployment(plan)["properties"]
    assert body["parameters"] == body["template"]["parameters"] == {}
    profile = declared(plan)[resources.VIRTUAL_MACHINES]["properties"]["osProfile"]
    assert "adminPassword" not in profile
    assert profile["linuxConfiguration"]["disablePasswordAuthentication"] is True
    assert profile["linuxConfiguration"]["ssh"]["publicKeys"] == [
        {"path": "/home/azureuser/.ssh/authorized_keys", "keyData": KEY}
    ]


def test_a_linux_vm_with_a_password_lets_it_in() -> None:
    profile = declared(blueprint(image="Ubuntu2404"))[resources.VIRTUAL_MACHINES]["properties"]["osProfile"]
    assert profile["linuxConfiguration"]["disablePasswordAuthentication"] is False
    assert "windowsConfiguration" not in profile


def test_without_a_public_ip_there_is_neither_address_nor_name() -> None:
    plan = blueprint(public_ip=False)
    assert resources.PUBLIC_IP_ADDRESSES not in declared(plan)
    configuration = declared(plan)[resources.NETWORK_INTERFACES]["properties"]["ipConfigurations"][0]["properties"]
    assert "publicIPAddress" not in configuration
    assert list(template.deployment(plan)["properties"]["template"]["outputs"]) == ["vmId"]


def test_a_zone_holds_for_the_vm_and_its_address() -> None:
    made = declared(blueprint(zone=2))
    assert made[resources.VIRTUAL_MACHINES]["zones"] == made[resources.PUBLIC_IP_ADDRESSES]["zones"] == ["2"]


def test_a_virtual_network_that_is_there_is_never_declared_again() -> None:
    there = network(("MyVm", "192.168.1.0/24"), ("backend", "192.168.2.0/24"))
    made = declared(blueprint(surroundings=Surroundings(virtual_network=there)))
    assert not [kind for kind in made if kind.startswith(resources.VIRTUAL_NETWORKS)]
    configuration = made[resources.NETWORK_INTERFACES]["properties"]["ipConfigurations"][0]["properties"]
    assert configuration["subnet"]["id"] == there["properties"]["subnets"][0]["id"]


def test_a_missing_subnet_is_added_as_a_child_in_a_range_that_is_free() -> None:
    there = network(("backend", "192.168.1.0/24"))
    made = declared(blueprint(surroundings=Surroundings(virtual_network=there)))
    subnet = made[f"{resources.VIRTUAL_NETWORKS}/subnets"]
    assert resources.VIRTUAL_NETWORKS not in made
    assert (subnet["name"], subnet["properties"]) == ("MyVm/MyVm", {"addressPrefix": "192.168.0.0/24"})
    assert (
        f"[resourceId('{resources.VIRTUAL_NETWORKS}/subnets', 'MyVm', 'MyVm')]"
        in (made[resources.NETWORK_INTERFACES]["dependsOn"])
    )


def test_with_a_network_interface_that_is_there_only_the_vm_is_declared() -> None:
    interface = existing(resources.NETWORK_INTERFACES)
    plan = blueprint(surroundings=Surroundings(network_interface=interface))
    made = declared(plan)
    assert list(made) == [resources.VIRTUAL_MACHINES]
    assert "dependsOn" not in made[resources.VIRTUAL_MACHINES]
    assert (
        made[resources.VIRTUAL_MACHINES]["properties"]["networkProfile"]["networkInterfaces"][0]["id"]
        == interface["id"]
    )


def test_an_address_without_a_name_gives_an_empty_output() -> None:
    address = existing(resources.PUBLIC_IP_ADDRESSES)
    plan = blueprint(surroundings=Surroundings(public_ip=address))
    outputs = template.deployment(plan)["properties"]["template"]["outputs"]
    assert outputs["fullyQualifiedDomainName"]["value"] == ""


def test_a_tag_that_looks_like_an_expression_stays_a_text() -> None:
    assert declared(blueprint(tags={"[a]": "[b]"}))[resources.VIRTUAL_MACHINES]["tags"] == {"[[a]": "[[b]"}


def test_an_image_with_a_plan_names_it_in_the_vm() -> None:
    plan = blueprint(image="contoso:appliance:gold:latest")
    purchase = {"name": "gold", "publisher": "contoso", "product": "appliance"}
    image = type(plan.specification.image)(
        publisher="contoso", offer="appliance", sku="gold", system="Linux", plan=purchase
    )
    chosen = Blueprint(
        specification=plan.specification.with_image(image), surroundings=Surroundings(), location="eastus", label="x"
    )
    assert declared(chosen)[resources.VIRTUAL_MACHINES]["plan"] == purchase


OPTIONS = st.fixed_dictionaries(
    {
        "login": st.sampled_from(
            [
                {"credential": CREDENTIAL},
                {"credential": CREDENTIAL, "image": "Win2012Datacenter"},
                {"credential": CREDENTIAL, "image": "Ubuntu2204"},
                {"credential": None, "image": "Debian12", "ssh_key": KEY},
                {"credential": CREDENTIAL, "image": "Debian:debian-12:12:latest", "ssh_key": KEY},
            ]
        ),
        "open_ports": st.none() | st.lists(st.integers(1, 65535) | st.just("8000-8100"), max_size=4),
        "allow_from": st.sampled_from([None, "none", "203.0.113.7", ["203.0.113.0/24", "VirtualNetwork"]]),
        "tags": st.none()
        | st.dictionaries(st.from_regex(r"[a-z\[]{1,9}", fullmatch=True), st.text(max_size=9), max_size=3),
        "zone": st.sampled_from([None, "1", 3]),
        "public_ip": st.booleans(),
        "virtual_network_name": st.sampled_from([None, "hub"]),
    }
)
AROUND = st.fixed_dictionaries(
    {
        "virtual_network": st.sampled_from(
            [None, network(("MyVm", "192.168.1.0/24")), network(("other", "192.168.1.0/24"))]
        ),
        "public_ip": st.sampled_from([None, existing(resources.PUBLIC_IP_ADDRESSES, dnsSettings={"fqdn": "a.b"})]),
        "security_group": st.sampled_from([None, existing(resources.NETWORK_SECURITY_GROUPS)]),
        "network_interface": st.sampled_from([None, None, None, existing(resources.NETWORK_INTERFACES)]),
    }
)


@settings(deadline=None)
@given(options=OPTIONS, around=AROUND)
def test_whatever_is_asked_for_the_template_is_what_azures_descriptions_allow(
    complaints: Check, options: dict[str, Any], around: dict[str, Any]
) -> None:
    chosen = {**options, **options["login"]}
    chosen.pop("login")
    plan = blueprint(surroundings=Surroundings(**around), **chosen)
    made = template.declared(plan)
    assert [complaint for resource in made for complaint in complaints(resource)] == []
    names = {f"[resourceId('{one['type']}', {', '.join(map(repr, one['name'].split('/')))})]" for one in made}
    assert {needed for one in made for needed in one.get("dependsOn", [])} <= names
    told = {one["type"] for one in made} & {body["type"] for body in around.values() if body is not None}
    assert told == set()
