"""Images that a VM is made from: aliases and URNs.

Sources: the aliases of `az vm image list` (azure-cli, command module vm) and of New-AzVM (`Win2022AzureEdition`, its
default); Ubuntu 24.04 and Debian 12 as their publishers list them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from azjobs.commands.rules.names import OperatingSystem
from azjobs.errors import InvalidArgument

DEFAULT_IMAGE = "Win2022AzureEdition"
"""What New-AzVM takes when no image is given: Windows Server 2022 Datacenter Azure Edition."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image of the marketplace.

    Attributes:
        publisher: who publishes it.
        offer: the publisher's product.
        sku: the edition.
        version: a version, or `latest`.
        system: Windows or Linux; None when only Azure knows.
        trusted_launch: whether a VM of it is made with the security type TrustedLaunch (vTPM and secure boot); None
            when only Azure knows.
        plan: the purchase plan that the marketplace wants to be named, or empty.
    """

    publisher: str
    offer: str
    sku: str
    version: str = "latest"
    system: OperatingSystem | None = None
    trusted_launch: bool | None = None
    plan: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether Azure need not be asked about it: an alias, or an image that Azure was asked about."""
        return self.trusted_launch is not None

    def __str__(self) -> str:
        return f"{self.publisher}:{self.offer}:{self.sku}:{self.version}"


def _windows(sku: str, *, trusted_launch: bool = True) -> Image:
    return Image(
        publisher="MicrosoftWindowsServer",
        offer="WindowsServer",
        sku=sku,
        system="Windows",
        trusted_launch=trusted_launch,
    )


def _linux(publisher: str, offer: str, sku: str, *, trusted_launch: bool = True) -> Image:
    return Image(publisher=publisher, offer=offer, sku=sku, system="Linux", trusted_launch=trusted_launch)


ALIASES: dict[str, Image] = {
    "Win2022AzureEdition": _windows("2022-datacenter-azure-edition"),
    "Win2022AzureEditionCore": _windows("2022-datacenter-azure-edition-core"),
    "Win2022Datacenter": _windows("2022-datacenter-g2"),
    "Win2019Datacenter": _windows("2019-datacenter-gensecond"),
    "Win2016Datacenter": _windows("2016-datacenter-gensecond"),
    # Generation 1: these have no UEFI to launch from.
    "Win2012R2Datacenter": _windows("2012-R2-Datacenter", trusted_launch=False),
    "Win2012Datacenter": _windows("2012-Datacenter", trusted_launch=False),
    "Ubuntu2404": _linux("Canonical", "ubuntu-24_04-lts", "server"),
    "Ubuntu2204": _linux("Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2"),
    "Debian12": _linux("Debian", "debian-12", "12-gen2"),
    "Debian11": _linux("Debian", "debian-11", "11-backports-gen2", trusted_launch=False),
    "RHELRaw8LVMGen2": _linux("RedHat", "RHEL", "8-lvm-gen2"),
    "SuseSles15SP3": _linux("SUSE", "sles-15-sp3", "gen2"),
    "OpenSuseLeap154Gen2": _linux("SUSE", "openSUSE-leap-15-4", "gen2", trusted_launch=False),
    "FlatcarLinuxFreeGen2": _linux("kinvolk", "flatcar-container-linux-free", "stable-gen2", trusted_launch=False),
    "CentOS85Gen2": _linux("OpenLogic", "CentOS", "8_5-gen2", trusted_launch=False),
}
"""Short names of images."""

_BY_FOLDED_NAME = {name.lower(): image for name, image in ALIASES.items()}
# Publishers whose images are all of one system, so that names and logins can be checked before Azure is asked.
_SYSTEM_OF_PUBLISHER: dict[str, OperatingSystem] = {
    "microsoftwindowsserver": "Windows",
    "microsoftwindowsdesktop": "Windows",
    "canonical": "Linux",
    "debian": "Linux",
    "redhat": "Linux",
    "suse": "Linux",
}
_URN = re.compile(r"(?P<publisher>[^:\s/]+):(?P<offer>[^:\s/]+):(?P<sku>[^:\s/]+):(?P<version>[^:\s/]+)")
_VERSION = re.compile(r"latest|\d+\.\d+\.\d+", re.IGNORECASE)


def parse_image(image: str) -> Image:
    """Return the image that an alias or a URN names.

    Args:
        image: an alias (`Ubuntu2404`, in any letter case) or `publisher:offer:sku:version`.

    Raises:
        InvalidArgument: it is neither.

    Example:
        >>> parse_image("canonical:ubuntu-24_04-lts:server:latest").system
        'Linux'
    """
    if not isinstance(image, str):
        raise InvalidArgument(
            f"image is a {type(image).__name__}; give an alias such as 'Ubuntu2404' or publisher:offer:sku:version."
        )
    known = _BY_FOLDED_NAME.get(image.lower())
    if known is not None:
        return known
    found = _URN.fullmatch(image)
    if found is None:
        raise InvalidArgument(
            f"'{image}' is not an image; give publisher:offer:sku:version or one of {', '.join(ALIASES)}."
        )
    if not _VERSION.fullmatch(found["version"]):
        raise InvalidArgument(
            f"'{found['version']}' is not the version of an image; give 'latest' or one such as '20348.2402.240405'."
        )
    return Image(
        publisher=found["publisher"],
        offer=found["offer"],
        sku=found["sku"],
        version=found["version"],
        system=_SYSTEM_OF_PUBLISHER.get(found["publisher"].lower()),
    )
