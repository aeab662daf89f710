"""Several virtual machines: a sequence that prints as the table of `Get-AzVM`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, overload

from azjobs.jobs.table import Column, render, render_html, terminal_width

if TYPE_CHECKING:
    from azjobs.commands.virtual_machine.model import VirtualMachine

_COLUMNS = (
    Column("ResourceGroupName", shrink=2),
    Column("Name", "right", shrink=2),
    Column("Location", "right", shrink=1),
    Column("VmSize", "right", shrink=1),
    Column("OsType", "right"),
    Column("NIC", "right", shrink=3),
    Column("ProvisioningState", "right"),
    Column("Zone", "right"),
)
_POWER_STATE = Column("PowerState", "right")


class VirtualMachineList(Sequence["VirtualMachine"]):
    """Virtual machines, printed as the table of `Get-AzVM`.

    Args:
        virtual_machines: the VMs.
        status: whether they were read with their status: the table shows it then.
    """

    def __init__(self, virtual_machines: Iterable[VirtualMachine] = (), *, status: bool = False) -> None:
        self._virtual_machines = tuple(virtual_machines)
        self._status = status

    @overload
    def __getitem__(self, index: int) -> VirtualMachine: ...
    @overload
    def __getitem__(self, index: slice) -> VirtualMachineList: ...
    def __getitem__(self, index: int | slice) -> VirtualMachine | VirtualMachineList:
        if isinstance(index, slice):
            return VirtualMachineList(self._virtual_machines[index], status=self._status)
        return self._virtual_machines[index]

    def __len__(self) -> int:
        return len(self._virtual_machines)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, (str, bytes)):
            return NotImplemented
        return list(self._virtual_machines) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return self.render(terminal_width())

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        return render_html(self._columns(), self._rows())

    def render(self, width: int | None = None) -> str:
        """Return the table as text; `width` is what a line may have, None cuts nothing."""
        if not self._virtual_machines:
            return "No virtual machines."
        return render(self._columns(), self._rows(), width)

    def _columns(self) -> list[Column]:
        return [*_COLUMNS, _POWER_STATE] if self._status else list(_COLUMNS)

    def _rows(self) -> list[list[str]]:
        rows = [row_of(virtual_machine) for virtual_machine in self._virtual_machines]
        if self._status:
            for row, virtual_machine in zip(rows, self._virtual_machines, strict=True):
                row.append(virtual_machine.power_state or "")
        return rows


def order(virtual_machine: VirtualMachine) -> tuple[str, list[tuple[str, int]], str]:
    """Return what sorts VMs by group and name, numbers in names as numbers: Azure's own order is that of creation.

    Example:
        >>> sorted(machines, key=order)  # doctest: +SKIP
    """
    name = (virtual_machine.name or "").casefold()
    numbers_as_numbers = [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]
    return virtual_machine.resource_group.casefold(), numbers_as_numbers, name


def row_of(virtual_machine: VirtualMachine) -> list[str]:
    """Return the cells of a VM's row in the table."""
    return [
        virtual_machine.resource_group,
        virtual_machine.name or "",
        virtual_machine.location or "",
        virtual_machine.size or "",
        virtual_machine.os_type or "",
        ", ".join(virtual_machine.network_interface_names),
        virtual_machine.provisioning_state or "",
        ", ".join(virtual_machine.zones or []),
    ]
