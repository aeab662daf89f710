"""Which ports of a VM are opened, and to whom."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from azjobs.commands.rules.names import OperatingSystem
from azjobs.errors import InvalidArgument

DEFAULT_PORTS: dict[OperatingSystem, tuple[str, ...]] = {"Windows": ("3389", "5985"), "Linux": ("22",)}
ANYONE = "*"

_FIRST_PRIORITY = 1000
_MOST_RULES = 1000  # of a network security group
_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
# The service tags that mean something for who may reach a VM; others have to be written into the rule by hand.
_TAGS = {tag.lower(): tag for tag in ("VirtualNetwork", "AzureLoadBalancer", "AzureCloud")}
_ANYONE_WORDS = frozenset({"*", "any", "internet", "0.0.0.0/0"})


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenPort:
    """A rule of the network security group: a port or range of ports, and who may reach it.

    Attributes:
        name: what tells its rule from the group's others: the port, and `_2`, `_3`, … for its further rules.
        port: `22` or `8000-8100`.
        sources: address ranges of one family, or one service tag; `("*",)` is anyone.
        priority: 1000, 1001, …, as New-AzVM counts.
    """

    name: str
    port: str
    sources: tuple[str, ...]
    priority: int

    @property
    def to_anyone(self) -> bool:
        """Whether the whole Internet may reach it."""
        return self.sources == (ANYONE,)


def parse_ports(ports: Iterable[int | str]) -> tuple[str, ...]:
    """Return ports and ranges as Azure writes them, each once.

    Example:
        >>> parse_ports([22, "8000-8100", 22])
        ('22', '8000-8100')
    """
    if isinstance(ports, (str, bytes)):
        raise InvalidArgument(f"open_ports is the text {ports!r}; give a list such as [22, 443].")
    parsed = tuple(dict.fromkeys(_parse_port(port) for port in ports))
    if len(parsed) > _MOST_RULES:
        raise InvalidArgument(
            f"{len(parsed)} ports were given, more rules than Azure takes; give ranges such as '8000-8100'."
        )
    return parsed


def parse_sources(sources: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return who may reach the open ports, as Azure writes it.

    Args:
        sources: an address (`203.0.113.7`), a range (`203.0.113.0/24`), a service tag (`VirtualNetwork`), a list of
            these, `"*"` or None for anyone, `"none"` or an empty list for nobody.

    Returns:
        The sources; `("*",)` is anyone, `()` is nobody.
    """
    if sources is None:
        return (ANYONE,)
    given = [sources] if isinstance(sources, str) else list(sources)
    if [str(source).lower() for source in given] == ["none"]:
        return ()
    parsed = tuple(dict.fromkeys(_parse_source(source) for source in given))
    return (ANYONE,) if ANYONE in parsed else parsed


def open_ports(
    ports: tuple[str, ...] | None, sources: tuple[str, ...], system: OperatingSystem
) -> tuple[OpenPort, ...]:
    """Return the rules for a VM: one for each port, or more where one rule of Azure's cannot name all the sources.

    Args:
        ports: what was asked for; None gives New-AzVM's defaults: Windows 3389 and 5985, Linux 22.
        sources: who may reach them; nobody gives no rules.
        system: the VM's operating system.

    Raises:
        InvalidArgument: they are more than Azure takes.
    """
    chosen = DEFAULT_PORTS[system] if ports is None else ports
    rules = [
        (port if number == 1 else f"{port}_{number}", port, together)
        for port in chosen
        for number, together in enumerate(_by_rule(sources), start=1)
    ]
    if len(rules) > _MOST_RULES:
        raise InvalidArgument(
            f"{len(rules)} rules would be needed for these open_ports and allow_from, more than Azure takes; "
            "give ranges such as '8000-8100', or fewer kinds of sources."
        )
    return tuple(
        OpenPort(name=name, port=port, sources=together, priority=_FIRST_PRIORITY + index)
        for index, (name, port, together) in enumerate(rules)
    )


def _by_rule(sources: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the sources as rules can name them: Azure takes no service tag in a list, and no mixture of families."""
    fourth = tuple(source for source in sources if _family(source) == 4)
    sixth = tuple(source for source in sources if _family(source) == 6)
    tags = [(source,) for source in sources if _family(source) is None]
    return [together for together in (fourth, sixth, *tags) if together]


def _family(source: str) -> int | None:
    try:
        return ipaddress.ip_network(source).version
    except ValueError:
        return None


def _parse_port(port: int | str) -> str:
    found = None if isinstance(port, bool) else _PORT.fullmatch(str(port).strip())
    if found is None:
        raise InvalidArgument(f"{port!r} is not a port; give a number from 1 to 65535 or a range such as '8000-8100'.")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 0 < first <= 65535 or not 0 < last <= 65535:
        raise InvalidArgument(f"The port {port} does not exist; give a number from 1 to 65535.")
    if last < first:
        raise InvalidArgument(f"The range of ports {port} runs backwards; did you mean '{last}-{first}'?")
    return str(first) if first == last else f"{first}-{last}"


def _parse_source(source: str) -> str:
    text = str(source).strip()
    if text.lower() in _ANYONE_WORDS:
        return ANYONE
    if text.lower() in _TAGS:
        return _TAGS[text.lower()]
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        pass
    else:
        return str(network.network_address) if network.num_addresses == 1 else str(network)
    try:
        corrected = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidArgument(
            f"allow_from={text!r} is neither an address nor a range; give '203.0.113.7', '203.0.113.0/24', "
            "'VirtualNetwork', '*' for anyone or 'none' for nobody."
        ) from None
    raise InvalidArgument(f"allow_from={text!r} has bits set after its prefix; did you mean '{corrected}'?")
