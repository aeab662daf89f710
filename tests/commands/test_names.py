"""Azure's rules for names, as a user meets them."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azjobs.commands.rules import labels, names
from azjobs.errors import InvalidArgument

AZURE_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("MyVm", "Windows"),
        ("a" * 15, "Windows"),
        ("web-01", "Windows"),
        ("a" * 64, "Linux"),
        ("a.b", "Linux"),
        ("7", "Linux"),
    ],
)
def test_a_name_that_azure_takes_is_returned(name: str, system: names.OperatingSystem) -> None:
    assert names.check_virtual_machine(name, system) == name


@pytest.mark.parametrize(
    ("name", "system", "said"),
    [
        ("a" * 16, "Windows", "at most 15"),
        ("a" * 65, "Linux", "at most 64"),
        ("12345", "Windows", "only digits"),
        ("my_vm", "Windows", "'_'"),
        ("my vm", "Linux", "' '"),
        ("a.b", "Windows", "'.'"),
        ("vm-", "Windows", "begin and end"),
        ("-vm", "Linux", "begin and end"),
        ("vm.", "Linux", "begin and end"),
        ("", "Windows", "empty"),
        ("größe", "Linux", "'ö'"),
    ],
)
def test_a_name_that_azure_refuses_is_refused_in_one_sentence(
    name: str, system: names.OperatingSystem, said: str
) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(said)) as caught:
        names.check_virtual_machine(name, system)
    assert "\n" not in str(caught.value)


def test_a_name_is_checked_as_far_as_possible_while_the_operating_system_is_unknown() -> None:
    assert names.check_virtual_machine("a" * 40, None) == "a" * 40
    with pytest.raises(InvalidArgument):
        names.check_virtual_machine("a" * 65, None)


@pytest.mark.parametrize("name", ["MyVm", "my_group.(1)-x", "Größe", "g" * 90])
def test_resource_group_names_that_azure_takes(name: str) -> None:
    assert names.check_resource_group(name) == name


@pytest.mark.parametrize("name", ["", "g" * 91, "ends.", "a/b", "a b", "a*"])
def test_resource_group_names_that_azure_refuses(name: str) -> None:
    with pytest.raises(InvalidArgument):
        names.check_resource_group(name)


def test_a_virtual_network_needs_two_characters_and_the_argument_that_helps_is_named() -> None:
    with pytest.raises(InvalidArgument, match="virtual_network_name"):
        names.check_network("a", names.VIRTUAL_NETWORK)
    assert names.check_network("a", names.SUBNET) == "a"


@pytest.mark.parametrize("name", ["-a", "a-", "a.", "a b", "a" * 81, "a'b"])
def test_network_names_that_azure_refuses(name: str) -> None:
    with pytest.raises(InvalidArgument):
        names.check_network(name, names.PUBLIC_IP)


def test_a_region_may_be_written_as_the_portal_shows_it() -> None:
    assert names.normal_location("East US 2") == "eastus2"


@pytest.mark.parametrize("location", ["", "east/us", "eu", "1east"])
def test_what_is_no_region_is_refused(location: str) -> None:
    with pytest.raises(InvalidArgument):
        names.normal_location(location)


@pytest.mark.parametrize(
    "size", ["Standard_D2s_v3", "Standard_DS1_v2", "Basic_A1", "Standard_M64-16ms", "Standard_NC4as_T4_v3"]
)
def test_sizes_as_azure_writes_them(size: str) -> None:
    assert names.check_size(size) == size


@pytest.mark.parametrize("size", ["", "D2s_v3", "Standard_", "Standard D2s_v3", "Standard_D2s_v3'"])
def test_what_is_no_size_is_refused(size: str) -> None:
    with pytest.raises(InvalidArgument):
        names.check_size(size)


@pytest.mark.parametrize("zone", ["0", "4", "eastus-1", ""])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidArgument, match="zone"):
        names.check_zone(zone)


def test_a_zone_may_be_a_number() -> None:
    assert names.check_zone(2) == "2"


@pytest.mark.parametrize(
    "tags", [{"a/b": "x"}, {"": "x"}, {"n" * 513: "x"}, {"n": "v" * 257}, {f"n{k}": "" for k in range(51)}]
)
def test_tags_that_azure_refuses(tags: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument):
        names.check_tags(tags)


def test_a_tag_whose_value_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="int"):
        names.check_tags({"cost": 3})  # type: ignore[dict-item]


@pytest.mark.parametrize("label", ["ab", "1abc", "abc-", "a_b", "a" * 64, "größe"])
def test_labels_that_azure_refuses(label: str) -> None:
    with pytest.raises(InvalidArgument):
        names.check_label(label)


def test_a_label_is_lower_case() -> None:
    assert names.check_label("MyVm") == "myvm"


def test_the_default_label_is_that_of_the_seed() -> None:
    assert labels.default_label("MyVm", "MyVm") == "myvmmyvm"


@given(st.text(max_size=70), st.text(max_size=95), st.text(string.hexdigits.lower()[:16], min_size=6, max_size=6))
def test_every_default_label_and_its_suffixed_form_obey_azures_rule(name: str, group: str, suffix: str) -> None:
    label = labels.default_label(name, group)
    assert AZURE_LABEL.fullmatch(label)
    suffixed = labels.with_suffix(label, suffix)
    assert AZURE_LABEL.fullmatch(suffixed)
    assert suffixed.endswith(suffix)


def test_a_resource_id_is_recognised_in_any_letter_case() -> None:
    id_ = "/subscriptions/S/resourcegroups/G/providers/microsoft.compute/virtualMachines/MyVm"
    assert names.parse_virtual_machine_id(id_) == ("S", "G", "MyVm")
    assert names.parse_virtual_machine_id("MyVm") is None
