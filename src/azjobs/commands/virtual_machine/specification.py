"""What a new VM shall be: the arguments of `new_vm`, checked against Azure's rules and made whole. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from azjobs.commands.rules import addresses, images, labels, logins, names, ports
from azjobs.commands.rules.images import Image
from azjobs.commands.rules.logins import Login
from azjobs.commands.rules.names import OperatingSystem
from azjobs.commands.rules.ports import OpenPort
from azjobs.errors import InvalidArgument

if TYPE_CHECKING:
    from azjobs.accounts.credential import Credential

DEFAULT_LOCATION = "eastus"
"""New-AzVM's own: where a VM is made when neither an argument nor an existing part of it says."""

DEFAULT_SIZE = "Standard_D2s_v3"
"""New-AzVM's own since Az 5.8: two cores and 8 GiB."""

ADDRESS_PREFIX = "192.168.0.0/16"
SUBNET_ADDRESS_PREFIX = "192.168.1.0/24"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The names of what a VM hangs on; each is the VM's own name unless given."""

    virtual_network: str
    subnet: str
    public_ip: str
    security_group: str
    network_interface: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Specification:
    """A new VM, checked.

    Attributes:
        name: the VM's name and its computer's.
        resource_group: the group that it is made in.
        location: the region asked for, or None.
        size: the VM size.
        image: what its disk is made from.
        login: who may log in.
        ports: the ports asked for; None: the defaults of its operating system.
        sources: who may reach them.
        label: the DNS label asked for; None: name and group.
        parts: the names of what it hangs on.
        address_prefix: the range of a new virtual network.
        subnet_address_prefix: the range of a new subnet.
        network_given: whether `address_prefix` was asked for, and not merely the default.
        subnet_given: whether `subnet_address_prefix` was.
        ports_given: whether ports or sources were asked for.
        tags: the tags of everything that is made.
        zone: the availability zone, or None.
        public_ip: whether it gets a public IP address.
    """

    name: str
    resource_group: str
    location: str | None
    size: str
    image: Image
    login: Login
    ports: tuple[str, ...] | None
    sources: tuple[str, ...]
    label: str | None
    parts: Parts
    address_prefix: str
    subnet_address_prefix: str
    network_given: bool
    subnet_given: bool
    ports_given: bool
    tags: Mapping[str, str] = field(default_factory=dict)
    zone: str | None = None
    public_ip: bool = True

    @property
    def system(self) -> OperatingSystem | None:
        """The operating system, when it is known."""
        return self.image.system

    @property
    def default_label(self) -> str:
        """The DNS label that a VM of this name in this group has, unless told otherwise."""
        return labels.default_label(self.name, self.resource_group)

    def open_ports(self) -> tuple[OpenPort, ...]:
        """Return the rules that its network security group gets, once the operating system is known."""
        if self.system is None:
            raise ValueError("the operating system of the image is not known yet")
        return ports.open_ports(self.ports, self.sources, self.system)

    def with_image(self, image: Image) -> Specification:
        """Return the specification with what Azure said about its image, checked again.

        Raises:
            InvalidArgument: name or login break a rule of the image's operating system.
        """
        specification = replace(self, image=image)
        _check_for_system(specification)
        return specification


def specify(
    name: str,
    *,
    resource_group_name: str | None = None,
    location: str | None = None,
    size: str | None = None,
    image: str | None = None,
    credential: Credential | None = None,
    admin_username: str | None = None,
    ssh_key: str | None = None,
    open_ports: Iterable[int | str] | None = None,
    allow_from: str | Iterable[str] | None = None,
    domain_name_label: str | None = None,
    virtual_network_name: str | None = None,
    subnet_name: str | None = None,
    public_ip_address_name: str | None = None,
    security_group_name: str | None = None,
    address_prefix: str | None = None,
    subnet_address_prefix: str | None = None,
    tags: Mapping[str, str] | None = None,
    zone: str | int | None = None,
    public_ip: bool = True,
) -> Specification:
    """Return the arguments of `new_vm` as a checked whole; `ssh_key` is the public key's text here.

    Raises:
        InvalidArgument: an argument breaks a rule of Azure; the first breach, and what to do.
    """
    chosen = images.parse_image(images.DEFAULT_IMAGE if image is None else image)
    names.check_virtual_machine(name, chosen.system)
    if not public_ip and (domain_name_label is not None or public_ip_address_name is not None):
        given = "domain_name_label" if domain_name_label is not None else "public_ip_address_name"
        raise InvalidArgument(f"{given} is given together with public_ip=False; leave out one of them.")
    network, subnet = _prefixes(address_prefix, subnet_address_prefix, named=virtual_network_name is not None)
    specification = Specification(
        name=name,
        resource_group=names.check_resource_group(name if resource_group_name is None else resource_group_name),
        location=None if location is None else names.normal_location(location),
        size=names.check_size(DEFAULT_SIZE if size is None else size),
        image=chosen,
        login=logins.make_login(credential, admin_username, ssh_key),
        ports=None if open_ports is None else ports.parse_ports(open_ports),
        sources=ports.parse_sources(allow_from),
        label=None if domain_name_label is None else names.check_label(domain_name_label),
        parts=Parts(
            virtual_network=_part(virtual_network_name, name, names.VIRTUAL_NETWORK),
            subnet=_part(subnet_name, name, names.SUBNET),
            public_ip=_part(public_ip_address_name, name, names.PUBLIC_IP),
            security_group=_part(security_group_name, name, names.SECURITY_GROUP),
            network_interface=name,
        ),
        address_prefix=network,
        subnet_address_prefix=subnet,
        network_given=address_prefix is not None,
        subnet_given=subnet_address_prefix is not None,
        ports_given=open_ports is not None or allow_from is not None,
        tags=names.check_tags(tags or {}),
        zone=None if zone is None else names.check_zone(zone),
        public_ip=public_ip,
    )
    _check_for_system(specification)
    return specification


def _check_for_system(specification: Specification) -> None:
    if specification.system is not None:
        names.check_virtual_machine(specification.name, specification.system)
        logins.check_login(specification.login, specification.system)


def _part(given: str | None, name: str, kind: names.NetworkKind) -> str:
    return names.check_network(name if given is None else given, kind)


def _prefixes(network: str | None, subnet: str | None, *, named: bool) -> tuple[str, str]:
    outer = ADDRESS_PREFIX if network is None else network
    if subnet is None:
        subnet = SUBNET_ADDRESS_PREFIX if network is None else _first_subnet(outer)
    addresses.check_subnet(subnet)
    if network is not None or not named:  # a network that is named may be there already, with a range of its own
        addresses.check_within(outer, subnet)
    return outer, subnet


def _first_subnet(network: str) -> str:
    """Return the default subnet where it lies within the network, else the network's first /24."""
    outer = addresses.check_prefix(network, "address_prefix")
    if ipaddress.IPv4Network(SUBNET_ADDRESS_PREFIX).subnet_of(outer):
        return SUBNET_ADDRESS_PREFIX
    return str(next(outer.subnets(new_prefix=max(24, outer.prefixlen))))
