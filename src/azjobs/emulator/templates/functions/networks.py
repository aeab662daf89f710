"""CIDR functions: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-cidr."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

from azjobs.emulator.templates.errors import Json
from azjobs.emulator.templates.functions.registry import Call, function

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(call: Call) -> _Network:
    try:
        return ipaddress.ip_network(call.string(0), strict=False)
    except ValueError as error:
        raise call.error(f"the value '{call.string(0)[:60]}' is not a network in CIDR notation") from error


@function("parseCidr", 1)
def _parse_cidr(call: Call) -> Json:
    network = _network(call)
    edges = 0 if network.num_addresses <= 2 else 1
    return {
        "network": str(network.network_address),
        "netmask": str(network.netmask),
        "broadcast": str(network.broadcast_address),
        "firstUsable": str(network.network_address + edges),
        "lastUsable": str(network.broadcast_address - edges),
        "cidr": network.prefixlen,
    }


@function("cidrSubnet", 3)
def _cidr_subnet(call: Call) -> Json:
    network, prefix, index = _network(call), call.integer(1), call.integer(2)
    if not network.prefixlen <= prefix <= network.max_prefixlen or not 0 <= index < 2 ** (prefix - network.prefixlen):
        raise call.error(f"there is no subnet '{index}' of '/{prefix}' in '{network}'")
    size = 2 ** (network.max_prefixlen - prefix)
    return f"{network.network_address + index * size}/{prefix}"


@function("cidrHost", 2)
def _cidr_host(call: Call) -> Json:
    network, index = _network(call), call.integer(1)
    edges = 0 if network.num_addresses <= 2 else 1
    if not 0 <= index < network.num_addresses - edges * 2:
        raise call.error(f"there is no usable address '{index}' in '{network}'")
    return str(network.network_address + edges + index)
