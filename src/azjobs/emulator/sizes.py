"""Virtual machine sizes that the emulator offers, in every region."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """A virtual machine size.

    Args:
        name: e.g. Standard_D2s_v5.
        family: The quota family that its cores count in.
        cores: Virtual CPUs.
        memory_mb: Memory in MiB.
        data_disks: How many data disks it takes.
        resource_disk_mb: Size of its temporary disk in MiB, 0 when it has none.
        premium: Whether it takes premium disks.
        generations: The hypervisor generations that it boots.
    """

    name: str
    family: str
    cores: int
    memory_mb: int
    data_disks: int
    resource_disk_mb: int
    premium: bool
    generations: str = "V1,V2"


def _series(
    pattern: str, family: str, cores: tuple[int, ...], *, gib: float, temporary: int = 0, premium: bool = True
) -> list[Size]:
    return [
        Size(
            name=pattern.format(count),
            family=family,
            cores=count,
            memory_mb=int(count * gib * 1024),
            data_disks=min(count * 2, 64),
            resource_disk_mb=count * temporary * 1024,
            premium=premium,
        )
        for count in cores
    ]


_CORES = (2, 4, 8, 16, 32, 48, 64)
_BURSTABLE = (("1ls", 1, 0.5), ("1s", 1, 1), ("1ms", 1, 2), ("2s", 2, 4), ("2ms", 2, 8), ("4ms", 4, 16), ("8ms", 8, 32))
_FIRST = ((0, 1, 0.75), (1, 1, 1.75), (2, 2, 3.5), (3, 4, 7), (4, 8, 14), (5, 2, 14), (6, 4, 28), (7, 8, 56))
_OLD = (
    ("Standard_D1_v2", "standardDv2Family", 1, 3.5, False),
    ("Standard_D2_v2", "standardDv2Family", 2, 7, False),
    ("Standard_D3_v2", "standardDv2Family", 4, 14, False),
    ("Standard_D4_v2", "standardDv2Family", 8, 28, False),
    ("Standard_DS1_v2", "standardDSv2Family", 1, 3.5, True),
    ("Standard_DS2_v2", "standardDSv2Family", 2, 7, True),
    ("Standard_DS3_v2", "standardDSv2Family", 4, 14, True),
    ("Standard_DS4_v2", "standardDSv2Family", 8, 28, True),
    ("Standard_D1", "standardDFamily", 1, 3.5, False),
    ("Standard_D2", "standardDFamily", 2, 7, False),
    ("Standard_D3", "standardDFamily", 4, 14, False),
    *((f"Standard_A{n}", "standardA0_A7Family", cores, gib, False) for n, cores, gib in _FIRST),
    *((f"Basic_A{n}", "basicAFamily", cores, gib, False) for n, cores, gib in _FIRST[:5]),
    ("Standard_D4", "standardDFamily", 8, 28, False),
    ("Standard_D5_v2", "standardDv2Family", 16, 56, False),
    ("Standard_D11_v2", "standardDv2Family", 2, 14, False),
    ("Standard_DS1", "standardDSFamily", 1, 3.5, True),
    ("Standard_DS2", "standardDSFamily", 2, 7, True),
    ("Standard_DS3", "standardDSFamily", 4, 14, True),
    ("Standard_DS5_v2", "standardDSv2Family", 16, 56, True),
    ("Standard_DS11_v2", "standardDSv2Family", 2, 14, True),
    ("Standard_F1", "standardFFamily", 1, 2, False),
    ("Standard_F2", "standardFFamily", 2, 4, False),
    ("Standard_F4", "standardFFamily", 4, 8, False),
    ("Standard_F1s", "standardFSFamily", 1, 2, True),
    ("Standard_F2s", "standardFSFamily", 2, 4, True),
    ("Standard_F4s", "standardFSFamily", 4, 8, True),
    ("Standard_A1_v2", "standardAv2Family", 1, 2, False),
    ("Standard_A2_v2", "standardAv2Family", 2, 4, False),
    ("Standard_A4_v2", "standardAv2Family", 4, 8, False),
)

SIZES: dict[str, Size] = {
    size.name.lower(): size
    for size in (
        *(
            Size(
                name=f"Standard_B{suffix}",
                family="standardBSFamily",
                cores=cores,
                memory_mb=int(gib * 1024),
                data_disks=cores * 2,
                resource_disk_mb=int(gib * 4 * 1024),
                premium=True,
            )
            for suffix, cores, gib in _BURSTABLE
        ),
        *(
            Size(
                name=name,
                family=family,
                cores=cores,
                memory_mb=int(gib * 1024),
                data_disks=cores * 4,
                resource_disk_mb=int(gib * 2 * 1024),
                premium=premium,
                generations="V1,V2" if premium else "V1",
            )
            for name, family, cores, gib, premium in _OLD
        ),
        *_series("Standard_B{}s_v2", "standardBsv2Family", (2, 4, 8, 16, 32), gib=4),
        *_series("Standard_B{}as_v2", "standardBasv2Family", (2, 4, 8, 16, 32), gib=4),
        *_series("Standard_D{}_v3", "standardDv3Family", _CORES, gib=4, temporary=25, premium=False),
        *_series("Standard_D{}s_v3", "standardDSv3Family", _CORES, gib=4, temporary=8),
        *_series("Standard_D{}s_v4", "standardDSv4Family", _CORES, gib=4),
        *_series("Standard_D{}s_v5", "standardDSv5Family", _CORES, gib=4),
        *_series("Standard_D{}ds_v5", "standardDDSv5Family", _CORES, gib=4, temporary=37),
        *_series("Standard_D{}as_v5", "standardDASv5Family", _CORES, gib=4),
        *_series("Standard_D{}ads_v5", "standardDADSv5Family", _CORES, gib=4, temporary=37),
        *_series("Standard_D{}s_v6", "StandardDsv6Family", _CORES, gib=4),
        *_series("Standard_D{}as_v6", "StandardDasv6Family", _CORES, gib=4),
        *_series("Standard_E{}s_v3", "standardESv3Family", _CORES, gib=8, temporary=16),
        *_series("Standard_E{}s_v5", "standardESv5Family", _CORES, gib=8),
        *_series("Standard_E{}as_v5", "standardEASv5Family", _CORES, gib=8),
        *_series("Standard_F{}s_v2", "standardFSv2Family", _CORES, gib=2, temporary=8),
    )
}
"""Sizes by their name in lower case."""

DEFAULT_SIZE = "Standard_D2s_v3"
"""What a virtual machine gets whose body names no size. Azure gives Standard_A1, which it no longer offers."""

CORE_LIMIT = 100_000
"""The quota of each family in the emulator: high, so that it does not stand in the way of tests of scale."""

_NOT_OFFERED = {"brazilsouth": ("Standard_E{}as_v5",), "ukwest": ("Standard_E{}as_v5", "Standard_F{}s_v2")}
NOT_OFFERED: dict[str, frozenset[str]] = {
    region: frozenset(pattern.format(count).lower() for pattern in patterns for count in _CORES)
    for region, patterns in _NOT_OFFERED.items()
}
"""Sizes (in lower case) that a region does not offer to the emulator's subscriptions, so that tests can meet one."""
