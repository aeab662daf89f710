"""What `new_vm` checks before anything is sent, and the defaults that it fills in."""

from __future__ import annotations

from typing import Any

import pytest

from azjobs.accounts.credential import Credential
from azjobs.commands import describe_new_vm, new_vm
from azjobs.commands.rules import images
from azjobs.commands.virtual_machine.specification import Specification, specify
from azjobs.errors import InvalidArgument, NotLoggedIn

CREDENTIAL = Credential("azureuser", "correct-Horse-1")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


def specified(name: str = "MyVm", **options: Any) -> Specification:
    return specify(name, **{"credential": CREDENTIAL, **options})


def test_a_name_and_a_credential_give_what_new_azvm_gives_today() -> None:
    made = specified()
    assert made.resource_group == "MyVm"
    assert made.location is None
    assert made.size == "Standard_D2s_v3"
    assert str(made.image) == "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition:latest"
    assert made.image.trusted_launch
    assert [(port.port, port.sources) for port in made.open_ports()] == [("3389", ("*",)), ("5985", ("*",))]
    assert {made.parts.virtual_network, made.parts.subnet, made.parts.public_ip, made.parts.security_group} == {"MyVm"}
    assert (made.address_prefix, made.subnet_address_prefix) == ("192.168.0.0/16", "192.168.1.0/24")
    assert made.public_ip
    assert made.default_label == "myvmmyvm"


def test_another_network_range_brings_a_subnet_that_lies_within_it() -> None:
    assert specified(address_prefix="10.0.0.0/8").subnet_address_prefix == "10.0.0.0/24"
    assert specified(address_prefix="10.0.0.0/26").subnet_address_prefix == "10.0.0.0/26"
    assert specified(address_prefix="192.168.0.0/20").subnet_address_prefix == "192.168.1.0/24"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "my_vm"}, "'_'"),
        ({"name": "a" * 16}, "at most 15"),
        ({"resource_group_name": "g."}, "period"),
        ({"location": "?"}, "region"),
        ({"size": "large"}, "Standard_D2s_v3"),
        ({"image": "Ubuntu"}, "Ubuntu2404"),
        ({"image": "a:b:c:new"}, "latest"),
        ({"image": 7}, "int"),
        ({"credential": None}, "log in"),
        ({"credential": Credential("azureuser", "weak")}, "4 characters"),
        ({"credential": Credential("admin", "correct-Horse-1")}, "does not allow"),
        ({"open_ports": [0]}, "does not exist"),
        ({"allow_from": "me"}, "allow_from"),
        ({"domain_name_label": "x"}, "DNS label"),
        ({"domain_name_label": "mine", "public_ip": False}, "leave out one"),
        ({"public_ip_address_name": "mine", "public_ip": False}, "leave out one"),
        ({"virtual_network_name": "-"}, "virtual network"),
        ({"subnet_name": "a/b"}, "subnet"),
        ({"security_group_name": ""}, "security_group_name"),
        ({"address_prefix": "ten"}, "CIDR"),
        ({"subnet_address_prefix": "10.0.0.0/24"}, "not within"),
        ({"tags": {"a?": "b"}}, "tag"),
        ({"zone": 4}, "zone"),
    ],
)
def test_each_wrong_argument_is_one_clear_sentence_before_anything_is_sent(options: dict[str, Any], said: str) -> None:
    # Nobody is logged in, so that anything sent would fail otherwise.
    arguments: dict[str, Any] = {"name": "MyVm", "credential": CREDENTIAL, **options}
    with pytest.raises(InvalidArgument, match=said) as caught:
        new_vm(arguments.pop("name"), as_job=True, **arguments)
    assert "\n" not in str(caught.value)


def test_who_is_not_logged_in_is_told_so_before_a_job_starts() -> None:
    with pytest.raises(NotLoggedIn):
        new_vm("MyVm", credential=CREDENTIAL, as_job=True)


def test_no_key_pair_is_made_for_what_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(NotLoggedIn):
        new_vm("MyVm", image="Ubuntu2404", ssh_key=True, as_job=True)
    assert not (tmp_path / ".ssh").exists()


@pytest.mark.parametrize("alias", images.ALIASES)
def test_every_alias_is_an_image_in_any_letter_case(alias: str) -> None:
    assert images.parse_image(alias.lower()) is images.parse_image(alias.upper()) is images.ALIASES[alias]


def test_of_a_strange_publisher_only_azure_knows_the_operating_system() -> None:
    made = specified("a" * 40, image="contoso:appliance:gold:1.2.3")
    assert made.system is None
    with pytest.raises(InvalidArgument, match="at most 15"):
        made.with_image(images.Image(publisher="contoso", offer="appliance", sku="gold", system="Windows"))
    linux = images.Image(publisher="contoso", offer="appliance", sku="gold", system="Linux")
    assert [port.port for port in made.with_image(linux).open_ports()] == ["22"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "The ports 3389, 5985 of MyVm are opened to the whole Internet; allow_from restricts who may reach them."),
        (
            {"open_ports": [443]},
            "The port 443 of MyVm is opened to the whole Internet; allow_from restricts who may reach them.",
        ),
        ({"allow_from": "203.0.113.7"}, "The ports 3389, 5985 of MyVm are opened to 203.0.113.7."),
        ({"open_ports": []}, "No port of MyVm is opened."),
        ({"allow_from": "none"}, "No port of MyVm is opened."),
        (
            {"public_ip": False},
            "The ports 3389, 5985 of MyVm are opened to its virtual network and what is connected to it; it has "
            "no public IP address.",
        ),
    ],
)
def test_what_is_opened_to_the_internet_is_said_beforehand(options: dict[str, Any], said: str) -> None:
    assert describe_new_vm("MyVm", credential=CREDENTIAL, **options) == [said]
