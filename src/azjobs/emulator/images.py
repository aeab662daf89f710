"""Platform images that the emulator offers, in every region."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"[1-9]\d*(\.\d+){2}")
"""Azure keeps more versions of an image than the emulator lists: any that could be one is taken for one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A platform image.

    Args:
        publisher: e.g. Canonical.
        offer: e.g. ubuntu-24_04-lts.
        sku: e.g. server.
        versions: Its versions, the oldest first.
        windows: Whether it holds Windows, and not Linux.
        disk_gb: Size of its OS disk in GiB.
        generation: Its hypervisor generation.
        os_name: What a machine made from it calls its system.
        os_version: The system's version.
    """

    publisher: str
    offer: str
    sku: str
    versions: tuple[str, ...]
    windows: bool
    disk_gb: int
    generation: str
    os_name: str
    os_version: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Publisher, offer and SKU in lower case: the identity of an image."""
        return self.publisher.lower(), self.offer.lower(), self.sku.lower()

    def resolve(self, version: str) -> str | None:
        """The version that a reference means; None when there is none of that name."""
        if version.lower() == "latest":
            return self.versions[-1]
        return version if version in self.versions or _VERSION.fullmatch(version) else None


def _linux(
    publisher: str, offer: str, skus: str, version: str, name: str, number: str, disk_gb: int = 30
) -> list[Image]:
    return [
        Image(
            publisher=publisher,
            offer=offer,
            sku=sku.rstrip("*"),
            versions=(f"{version}.202509010", f"{version}.202601010"),
            windows=False,
            disk_gb=disk_gb,
            generation="V2" if sku.endswith("*") else "V1",
            os_name=name,
            os_version=number,
        )
        for sku in skus.split()
    ]


def _windows(offer: str, skus: str, build: str, name: str, publisher: str = "MicrosoftWindowsServer") -> list[Image]:
    return [
        Image(
            publisher=publisher,
            offer=offer,
            sku=sku.rstrip("*"),
            versions=(f"{build}.250905", f"{build}.260107"),
            windows=True,
            disk_gb=30 if "smalldisk" in sku else 127,
            generation="V2" if sku.endswith("*") else "V1",
            os_name=name,
            os_version=f"10.0.{build}",
        )
        for sku in skus.split()
    ]


IMAGES: tuple[Image, ...] = (
    *_linux("Canonical", "ubuntu-24_04-lts", "server* server-gen1 minimal*", "24.04", "ubuntu", "24.04"),
    *_linux("Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2* 22_04-lts", "22.04", "ubuntu", "22.04"),
    *_linux("Canonical", "0001-com-ubuntu-server-focal", "20_04-lts-gen2* 20_04-lts", "20.04", "ubuntu", "20.04"),
    *_linux(
        "Canonical",
        "UbuntuServer",
        "19.04 18.04-LTS 18_04-lts-gen2* 16.04-LTS 16.04.0-LTS 14.04.5-LTS",
        "18.04",
        "ubuntu",
        "18.04",
    ),
    *_linux("Debian", "debian-13", "13-gen2* 13", "0.20260101", "debian", "13"),
    *_linux("Debian", "debian-12", "12-gen2* 12", "0.20260101", "debian", "12"),
    *_linux("Debian", "debian-11", "11-gen2* 11-backports-gen2* 11", "0.20260101", "debian", "11"),
    *_linux("Debian", "debian-10", "10 10-gen2*", "0.20240601", "debian", "10"),
    *_linux("RedHat", "RHEL", "9-lvm-gen2* 9_5 95_gen2* 8-lvm-gen2* 8_10 7-LVM", "9.5", "redhat", "9.5", 64),
    *_linux("OpenLogic", "CentOS", "7.5 7_9 7_9-gen2* 8_5-gen2*", "8.5", "centos", "8.5"),
    *_linux("SUSE", "sles-15-sp6", "gen2* gen1", "15.6", "sles", "15.6"),
    *_linux("SUSE", "sles-15-sp5", "gen2* gen1", "15.5", "sles", "15.5"),
    *_linux("SUSE", "sles-15-sp3", "gen2* gen1", "15.3", "sles", "15.3"),
    *_linux("SUSE", "openSUSE-leap-15-4", "gen2* gen1", "15.4", "opensuse", "15.4"),
    *_linux("CoreOS", "CoreOS", "Stable", "2512.3", "coreos", "2512.3"),
    *_linux("kinvolk", "flatcar-container-linux-free", "stable-gen2* stable", "4081.2", "flatcar", "4081.2"),
    *_linux("almalinux", "almalinux-x86_64", "9-gen2* 8-gen2*", "9.5", "almalinux", "9.5"),
    *_linux("MicrosoftCBLMariner", "azure-linux-3", "azure-linux-3-gen2* azure-linux-3", "3.0", "azurelinux", "3.0"),
    *_windows(
        "WindowsServer",
        "2025-datacenter-azure-edition* 2025-datacenter-azure-edition-core* 2025-datacenter-g2* 2025-datacenter",
        "26100",
        "Windows Server 2025 Datacenter",
    ),
    *_windows(
        "WindowsServer",
        "2022-datacenter-azure-edition* 2022-datacenter-azure-edition-core* 2022-datacenter-azure-edition-smalldisk* "
        "2022-datacenter-g2* 2022-datacenter 2022-datacenter-core-g2* 2022-datacenter-smalldisk-g2*",
        "20348",
        "Windows Server 2022 Datacenter",
    ),
    *_windows(
        "WindowsServer",
        "2019-Datacenter 2019-datacenter-gensecond* 2019-Datacenter-Core 2019-datacenter-smalldisk",
        "17763",
        "Windows Server 2019 Datacenter",
    ),
    *_windows(
        "WindowsServer",
        "2016-Datacenter 2016-datacenter-gensecond* 2016-Datacenter-Server-Core 2016-datacenter-smalldisk",
        "14393",
        "Windows Server 2016 Datacenter",
    ),
    *_windows("WindowsServer", "2012-R2-Datacenter 2012-Datacenter 2008-R2-SP1", "9600", "Windows Server 2012 R2"),
    *_windows("Windows-11", "win11-24h2-pro* win11-23h2-pro*", "26100", "Windows 11 Pro", "MicrosoftWindowsDesktop"),
    *_windows("Windows-10", "win10-22h2-pro-g2* win10-22h2-pro", "19045", "Windows 10 Pro", "MicrosoftWindowsDesktop"),
)

_BY_KEY = {image.key: image for image in IMAGES}


def find(publisher: str, offer: str, sku: str) -> Image | None:
    """The image of a publisher, an offer and a SKU, in any casing.

    Example:
        >>> find("canonical", "ubuntu-24_04-lts", "server").windows
        False
    """
    return _BY_KEY.get((publisher.lower(), offer.lower(), sku.lower()))
