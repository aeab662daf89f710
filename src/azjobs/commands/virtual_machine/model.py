"""A virtual machine as `new_vm` and `get_vm` return it: the SDK's own type, which prints as PowerShell prints it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from azure.mgmt.compute import models

from azjobs.commands.virtual_machine import resources

# The SDK resolves the annotations of a model in the module of the class that is made first; that must be its own.
models.VirtualMachine(location="")

_POWER_STATE = "PowerState/"


class VirtualMachine(models.VirtualMachine):
    """A virtual machine: `azure.mgmt.compute.models.VirtualMachine`, and what Azure PowerShell adds to it.

    Its repr is the property list that `Get-AzVM` prints.

    Attributes:
        fully_qualified_domain_name: the name under which the Internet finds it, `myvmmyvm.eastus.cloudapp.azure.com`;
            None where it has none or where it was not looked up (in lists).
        from_job: the id of the job that makes it, when Azure does not show it yet and its job answers instead.
    """

    fully_qualified_domain_name: str | None = None
    from_job: int | None = None

    @classmethod
    def from_arm(cls, body: Mapping[str, Any], extras: Mapping[str, Any] | None = None) -> VirtualMachine:
        """Return the VM that a body of Azure Resource Manager describes.

        Args:
            body: the body, as Azure sent it.
            extras: `fully_qualified_domain_name` and `from_job`.
        """
        virtual_machine = cls(dict(body))
        virtual_machine.fully_qualified_domain_name = (extras or {}).get("fully_qualified_domain_name") or None
        virtual_machine.from_job = (extras or {}).get("from_job")
        return virtual_machine

    @property
    def resource_group(self) -> str:
        """The name of its resource group, in the letter case in which Azure wrote it."""
        return resources.group_of(self.get("id") or "")

    @property
    def power_state(self) -> str | None:
        """`running`, `stopped`, `deallocated`, …; None unless the VM was read with its status."""
        view = self._setting("instanceView")
        for status in view.get("statuses") or []:
            if str(status.get("code", "")).startswith(_POWER_STATE):
                return str(status["code"])[len(_POWER_STATE) :]
        return None

    @property
    def size(self) -> str | None:
        """The VM size as Azure writes it, `Standard_D2s_v3`."""
        size = self._setting("hardwareProfile").get("vmSize")
        return None if size is None else str(size)

    @property
    def os_type(self) -> str | None:
        """`Windows` or `Linux`."""
        system = (self._setting("storageProfile").get("osDisk") or {}).get("osType")
        return None if system is None else str(system)

    @property
    def network_interface_names(self) -> list[str]:
        """The names of its network interfaces, the primary one first."""
        return [resources.name_of(id_) for id_ in resources.interface_ids(self.as_dict())]

    def __repr__(self) -> str:
        lines = self._listed()
        width = max(len(key) for key in lines)
        return "\n".join(f"{key:<{width}} : {value}".rstrip() for key, value in lines.items())

    def __str__(self) -> str:
        return repr(self)

    def _listed(self) -> dict[str, str]:
        settings = self.as_dict().get("properties") or {}
        lines = {
            "ResourceGroupName": self.resource_group,
            "Id": self.get("id") or "",
            "VmId": settings.get("vmId") or "",
            "Name": self.get("name") or "",
            "Type": self.get("type") or "",
            "Location": self.get("location") or "",
            "Tags": json.dumps(self.get("tags") or {}, separators=(",", ":"), ensure_ascii=False),
            "HardwareProfile": _members(settings.get("hardwareProfile")),
            "NetworkProfile": _members(settings.get("networkProfile")),
            "OSProfile": _members(settings.get("osProfile")),
            "ProvisioningState": settings.get("provisioningState") or "",
            "StorageProfile": _members(settings.get("storageProfile")),
            "FullyQualifiedDomainName": self.fully_qualified_domain_name or "",
        }
        if self.power_state is not None:
            lines["PowerState"] = self.power_state
        if self.from_job is not None:
            lines["FromJob"] = f"{self.from_job} (Azure does not show this VM yet)"
        return lines

    def _setting(self, name: str) -> Mapping[str, Any]:
        found = (self.as_dict().get("properties") or {}).get(name)
        return found if isinstance(found, Mapping) else {}


def _members(value: object) -> str:
    """Return the names of an object's members as PowerShell shows an object within an object: `{VmSize}`."""
    if not isinstance(value, Mapping):
        return ""
    names = [name[:1].upper() + name[1:] for name, member in value.items() if member is not None]
    return f"{{{', '.join(names)}}}"
