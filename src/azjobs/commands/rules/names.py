"""What Azure allows as the name of a thing.

Sources: "Naming rules and restrictions for Azure resources" and the computer-name rules of `osProfile.computerName`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from azjobs.errors import InvalidArgument

OperatingSystem = Literal["Windows", "Linux"]

_RESOURCE_GROUP = re.compile(r"[-\w.()]{1,90}")
_LOCATION = re.compile(r"[a-z][a-z0-9]{2,40}")
_COMPUTER = {"Windows": re.compile(r"[A-Za-z0-9-]+"), "Linux": re.compile(r"[A-Za-z0-9.-]+")}
_COMPUTER_LENGTH = {"Windows": 15, "Linux": 64}
_NETWORK = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
_SIZE = re.compile(r"(Standard|Basic)_[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*")
_TAG_NAME_FORBIDDEN = re.compile(r"[<>%&\\?/]")
_RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.Compute/virtualMachines/(?P<name>[^/]+)/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkKind:
    """A kind of network resource and how long its name may be."""

    noun: str
    argument: str
    shortest: int
    longest: int


VIRTUAL_NETWORK = NetworkKind(noun="virtual network", argument="virtual_network_name", shortest=2, longest=64)
SUBNET = NetworkKind(noun="subnet", argument="subnet_name", shortest=1, longest=80)
PUBLIC_IP = NetworkKind(noun="public IP address", argument="public_ip_address_name", shortest=1, longest=80)
SECURITY_GROUP = NetworkKind(noun="network security group", argument="security_group_name", shortest=1, longest=80)


def check_text(value: object, argument: str) -> str:
    """Return the value when it is a text that is not empty."""
    if not isinstance(value, str):
        raise InvalidArgument(f"{argument} is a {type(value).__name__}; give a text.")
    if not value:
        raise InvalidArgument(f"{argument} is empty; give a name.")
    return value


def check_virtual_machine(name: str, system: OperatingSystem | None) -> str:
    """Return the name when Azure takes it for a VM and for the computer in it; they are the same here.

    Args:
        name: the name of the VM.
        system: its operating system; None checks what holds for both.

    Raises:
        InvalidArgument: the name breaks a rule.
    """
    check_text(name, "The name of a VM")
    longest = _COMPUTER_LENGTH[system or "Linux"]
    kind = f"a {system} VM" if system else "a VM"
    if len(name) > longest:
        raise InvalidArgument(
            f"The VM name '{name}' has {len(name)} characters, but the name of {kind} may have at most {longest} "
            "(it is also the computer's name); choose a shorter one."
        )
    allowed = "letters, digits and hyphens" + ("" if system == "Windows" else " and (Linux only) periods")
    if not _COMPUTER[system or "Linux"].fullmatch(name):
        wrong = next(character for character in name if not _COMPUTER[system or "Linux"].fullmatch(character))
        raise InvalidArgument(f"The VM name '{name}' contains {wrong!r}; use only {allowed}.")
    if not name[0].isalnum() or not name[-1].isalnum():
        raise InvalidArgument(f"The VM name '{name}' must begin and end with a letter or a digit; change its ends.")
    if system != "Linux" and name.isdigit():
        raise InvalidArgument(f"The VM name '{name}' has only digits, which Windows refuses; add a letter.")
    return name


def check_resource_group(name: str) -> str:
    """Return the name when Azure takes it for a resource group."""
    check_text(name, "The name of a resource group")
    if len(name) > 90:
        raise InvalidArgument(
            f"The resource group name '{name[:20]}…' has {len(name)} characters; choose one of at most 90."
        )
    if not _RESOURCE_GROUP.fullmatch(name):
        raise InvalidArgument(
            f"The resource group name '{name}' is not allowed; use only letters, digits, underscores, parentheses, "
            "hyphens and periods."
        )
    if name.endswith("."):
        raise InvalidArgument(f"The resource group name '{name}' ends with a period; choose one that does not.")
    return name


def check_network(name: str, kind: NetworkKind) -> str:
    """Return the name when Azure takes it for this kind of network resource."""
    check_text(name, kind.argument)
    if not kind.shortest <= len(name) <= kind.longest:
        raise InvalidArgument(
            f"The {kind.noun} name '{name}' has {len(name)} characters; give {kind.argument} with "
            f"{kind.shortest} to {kind.longest}."
        )
    if not _NETWORK.fullmatch(name):
        raise InvalidArgument(
            f"The {kind.noun} name '{name}' is not allowed; use letters, digits, underscores, periods and hyphens, "
            "begin with a letter or digit and do not end with a period or hyphen."
        )
    return name


def normal_location(location: str) -> str:
    """Return a region's name as Azure writes it: `East US` → `eastus`."""
    check_text(location, "location")
    normal = location.replace(" ", "").lower()
    if not _LOCATION.fullmatch(normal):
        raise InvalidArgument(
            f"'{location}' is not the name of an Azure region; give one such as 'eastus' or 'West Europe'."
        )
    return normal


def check_size(size: str) -> str:
    """Return the size when it is written as Azure writes sizes; whether the region offers it, Azure says."""
    check_text(size, "size")
    if not _SIZE.fullmatch(size):
        raise InvalidArgument(f"'{size}' is not the name of a VM size; give one such as 'Standard_D2s_v3'.")
    return size


def check_zone(zone: str | int) -> str:
    """Return the availability zone as Azure writes it."""
    text = str(zone)
    if text not in ("1", "2", "3"):
        raise InvalidArgument(f"'{text}' is not an availability zone; give zone='1', '2' or '3'.")
    return text


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags when Azure takes them."""
    if len(tags) > 50:
        raise InvalidArgument(f"{len(tags)} tags were given; Azure takes at most 50 for a resource.")
    for name, value in tags.items():
        check_text(name, "The name of a tag")
        if not isinstance(value, str):
            raise InvalidArgument(f"The tag '{name}' has a {type(value).__name__} as its value; give a text.")
        if len(name) > 512 or _TAG_NAME_FORBIDDEN.search(name):
            raise InvalidArgument(
                f"The tag name '{name[:40]}' is not allowed; leave out < > % & \\ ? / and keep to 512 characters."
            )
        if len(value) > 256:
            raise InvalidArgument(f"The value of the tag '{name}' has {len(value)} characters; keep to 256.")
    return dict(tags)


def check_label(label: str) -> str:
    """Return the DNS label when Azure takes it, in lower case."""
    check_text(label, "domain_name_label")
    if not _LABEL.fullmatch(label.lower()):
        raise InvalidArgument(
            f"The DNS label '{label}' is not allowed; use 3 to 63 lower-case letters, digits and hyphens, begin with a "
            "letter and do not end with a hyphen."
        )
    return label.lower()


def parse_virtual_machine_id(text: str) -> tuple[str, str, str] | None:
    """Return (subscription, resource group, name) of a VM's resource id, or None when the text is no such id."""
    found = _RESOURCE_ID.fullmatch(text)
    return (found["subscription"], found["group"], found["name"]) if found else None
