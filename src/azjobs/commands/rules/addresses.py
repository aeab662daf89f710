"""Address ranges of networks and of those who may reach a VM."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from azjobs.errors import InvalidArgument

Network = ipaddress.IPv4Network

# Azure keeps five addresses of each subnet for itself, so that /29 is the smallest that it takes.
_SMALLEST_SUBNET = 29
_DEFAULT_SUBNET_LENGTH = 24


def check_prefix(prefix: str, argument: str) -> Network:
    """Return the IPv4 range that a text in CIDR notation gives."""
    try:
        return ipaddress.IPv4Network(prefix)
    except ValueError:
        pass
    try:
        corrected = ipaddress.IPv4Network(prefix, strict=False)
    except ValueError:
        raise InvalidArgument(
            f"{argument}='{prefix}' is not an IPv4 range in CIDR notation; give one such as '192.168.0.0/16'."
        ) from None
    raise InvalidArgument(f"{argument}='{prefix}' has bits set after its prefix; did you mean '{corrected}'?")


def check_subnet(subnet: str) -> Network:
    """Return the range of a subnet when Azure takes it."""
    inner = check_prefix(subnet, "subnet_address_prefix")
    if inner.prefixlen > _SMALLEST_SUBNET:
        raise InvalidArgument(f"The subnet {subnet} is too small for Azure; give one of at least /{_SMALLEST_SUBNET}.")
    return inner


def check_within(network: str, subnet: str) -> None:
    """Check the ranges of a new virtual network and of the subnet in it."""
    outer = check_prefix(network, "address_prefix")
    if not check_subnet(subnet).subnet_of(outer):
        raise InvalidArgument(
            f"The subnet {subnet} is not within the virtual network {network}; give a subnet_address_prefix within it, "
            "or address_prefix too."
        )


def free_subnet(spaces: Sequence[str], taken: Iterable[str], wanted: str) -> str | None:
    """Return a range for a further subnet of a virtual network.

    Args:
        spaces: the address ranges of the virtual network.
        taken: the ranges of its subnets.
        wanted: the range that is used when it is free.

    Returns:
        The wanted range when it is free, else the first free one of its size (at most /24); None when there is none.

    Example:
        >>> free_subnet(["10.0.0.0/16"], ["10.0.0.0/24"], "192.168.1.0/24")
        '10.0.1.0/24'
    """
    used = [ipaddress.IPv4Network(range_) for range_ in taken if ":" not in range_]
    outer = [ipaddress.IPv4Network(space) for space in spaces if ":" not in space]
    target = ipaddress.IPv4Network(wanted)
    if any(target.subnet_of(space) for space in outer) and not any(target.overlaps(other) for other in used):
        return str(target)
    for space in outer:
        if (
            found := _first_free(space, used, max(target.prefixlen, space.prefixlen, _DEFAULT_SUBNET_LENGTH))
        ) is not None:
            return str(found)
    return None


def _first_free(space: Network, used: Sequence[Network], length: int) -> Network | None:
    address = int(space.network_address)
    step = 1 << (32 - length)
    while address <= int(space.broadcast_address):
        candidate = ipaddress.IPv4Network((address, length))
        blocker = max(
            (other for other in used if other.overlaps(candidate)),
            key=lambda other: int(other.broadcast_address),
            default=None,
        )
        if blocker is None:
            return candidate
        # Jump past what is in the way: stepping through 10.0.0.0/8 by /29 would take two million tries.
        past = int(blocker.broadcast_address) + 1
        address = max(address + step, -(-past // step) * step)
    return None
