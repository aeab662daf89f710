"""Ports, who may reach them, and address ranges."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azjobs.commands.rules import addresses, ports
from azjobs.errors import InvalidArgument


def test_the_default_ports_are_those_of_new_azvm() -> None:
    windows = ports.open_ports(None, ports.parse_sources(None), "Windows")
    assert [(rule.port, rule.priority, rule.to_anyone) for rule in windows] == [
        ("3389", 1000, True),
        ("5985", 1001, True),
    ]
    assert [rule.port for rule in ports.open_ports(None, ("*",), "Linux")] == ["22"]


def test_given_ports_replace_the_defaults_and_an_empty_list_opens_none() -> None:
    chosen = ports.parse_ports([443, "8000-8100", "443", "22-22"])
    assert [rule.port for rule in ports.open_ports(chosen, ("*",), "Windows")] == ["443", "8000-8100", "22"]
    assert ports.open_ports(ports.parse_ports([]), ("*",), "Windows") == ()


def test_sources_that_azure_takes_in_no_common_rule_get_rules_of_their_own() -> None:
    sources = ports.parse_sources(["203.0.113.7", "VirtualNetwork", "2001:db8::/32", "198.51.100.0/24"])
    rules = ports.open_ports(("22", "443"), sources, "Linux")
    assert [(rule.name, rule.port, rule.sources) for rule in rules[:3]] == [
        ("22", "22", ("203.0.113.7", "198.51.100.0/24")),
        ("22_2", "22", ("2001:db8::/32",)),
        ("22_3", "22", ("VirtualNetwork",)),
    ]
    assert [rule.priority for rule in rules] == [1000, 1001, 1002, 1003, 1004, 1005]
    assert len({rule.name for rule in rules}) == 6


def test_more_rules_than_a_security_group_takes_are_refused() -> None:
    chosen = ports.parse_ports(range(1, 700))
    with pytest.raises(InvalidArgument, match="1398 rules would be needed"):
        ports.open_ports(chosen, ("203.0.113.7", "VirtualNetwork"), "Linux")


def test_nobody_may_reach_a_vm_when_none_is_allowed() -> None:
    assert ports.parse_sources("none") == ()
    assert ports.parse_sources([]) == ()
    assert ports.open_ports(None, (), "Linux") == ()


@pytest.mark.parametrize(
    ("port", "said"),
    [
        (0, "does not exist"),
        (65536, "does not exist"),
        (-1, "not a port"),
        ("ssh", "not a port"),
        (True, "not a port"),
        ("90-80", "did you mean '80-90'"),
        ("*", "not a port"),
        ("22,443", "not a port"),
    ],
)
def test_what_is_no_port_is_refused(port: int | str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(said)):
        ports.parse_ports([port])


def test_ports_as_one_text_are_refused_rather_than_read_letter_by_letter() -> None:
    with pytest.raises(InvalidArgument, match=r"\[22, 443\]"):
        ports.parse_ports("443")


def test_more_rules_than_azure_has_priorities_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="ranges"):
        ports.parse_ports(range(1, 4000))


@pytest.mark.parametrize(
    ("given_", "parsed"),
    [
        (None, ("*",)),
        ("*", ("*",)),
        ("Internet", ("*",)),
        ("0.0.0.0/0", ("*",)),
        ("203.0.113.7", ("203.0.113.7",)),
        ("203.0.113.7/32", ("203.0.113.7",)),
        (["203.0.113.0/24", "2001:db8::/32"], ("203.0.113.0/24", "2001:db8::/32")),
        ("virtualnetwork", ("VirtualNetwork",)),
        (["203.0.113.7", "*"], ("*",)),
    ],
)
def test_who_may_reach_a_vm(given_: str | Sequence[str] | None, parsed: tuple[str, ...]) -> None:
    assert ports.parse_sources(given_) == parsed


@pytest.mark.parametrize(
    ("source", "said"), [("203.0.113.7/24", "did you mean '203.0.113.0/24'"), ("home", "neither"), ("", "neither")]
)
def test_what_is_no_address_is_refused(source: str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(said)):
        ports.parse_sources(source)


def test_a_subnet_must_lie_within_its_network() -> None:
    addresses.check_within("10.0.0.0/16", "10.0.3.0/24")
    with pytest.raises(InvalidArgument, match="not within"):
        addresses.check_within("10.0.0.0/16", "10.1.0.0/24")
    with pytest.raises(InvalidArgument, match="too small"):
        addresses.check_subnet("10.0.0.0/30")


@pytest.mark.parametrize(
    ("prefix", "said"), [("10.0.0.1/16", "did you mean '10.0.0.0/16'"), ("ten", "CIDR"), ("10.0.0.0/40", "CIDR")]
)
def test_what_is_no_range_is_refused(prefix: str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(said)):
        addresses.check_prefix(prefix, "address_prefix")


def test_the_wanted_subnet_is_used_when_it_is_free() -> None:
    assert addresses.free_subnet(["192.168.0.0/16"], ["192.168.0.0/24"], "192.168.1.0/24") == "192.168.1.0/24"


def test_a_full_network_has_no_free_subnet() -> None:
    assert addresses.free_subnet(["10.0.0.0/24"], ["10.0.0.0/25", "10.0.0.128/25"], "192.168.1.0/24") is None


@given(
    st.lists(st.tuples(st.integers(0, 2**16 - 1), st.integers(17, 29)), max_size=12),
    st.integers(8, 24),
)
def test_a_free_subnet_lies_within_the_network_and_overlaps_no_other(
    pieces: list[tuple[int, int]], length: int
) -> None:
    space = ipaddress.IPv4Network((int(ipaddress.IPv4Address("10.0.0.0")), length))
    taken = [
        str(ipaddress.IPv4Network((int(space.network_address) + offset % space.num_addresses, bits), strict=False))
        for offset, bits in pieces
    ]
    found = addresses.free_subnet([str(space)], taken, "192.168.1.0/24")
    if found is None:
        total = sum(1 for candidate in space.subnets(new_prefix=24) if not _overlaps(candidate, taken))
        assert total == 0
        return
    network = ipaddress.IPv4Network(found)
    assert network.subnet_of(space)
    assert not _overlaps(network, taken)


def _overlaps(network: ipaddress.IPv4Network, others: Sequence[str]) -> bool:
    return any(network.overlaps(ipaddress.IPv4Network(other)) for other in others)
