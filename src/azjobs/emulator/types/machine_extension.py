"""Extensions of virtual machines: programs that the machine's agent installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_text
from azjobs.emulator.errors import ArmError
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.types.resource import ResourceType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

EXTENSION = "Microsoft.Compute/virtualMachines/extensions"


class MachineExtension(ResourceType):
    """`Microsoft.Compute/virtualMachines/extensions`."""

    type = EXTENSION
    needs_location = True

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        for name in ("publisher", "type", "typeHandlerVersion"):
            as_text(document["properties"].get(name), f"properties.{name}")

    @override
    def check_references(self, call: Call, document: JSON, existing: Resource | None) -> None:
        machine = call.store.get(call.path.parent.id)
        if machine is not None and machine.attributes.get("power") in ("deallocated", "stopped"):
            raise ArmError(409, "OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running.")

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        resource.properties.setdefault("autoUpgradeMinorVersion", False)


def extensions_of(azure: Azure, machine: Resource) -> list[Resource]:
    """The extensions of a machine."""
    return azure.store.of_type(EXTENSION, machine.id)


def handler_views(extensions: list[Resource]) -> list[JSON]:
    """What the machine's agent says of the programs behind its extensions."""
    return [
        {
            "type": _full_type(extension),
            "typeHandlerVersion": _version(extension),
            "status": {
                "code": "ProvisioningState/succeeded",
                "level": "Info",
                "displayStatus": "Ready",
                "message": "Plugin enabled",
            },
        }
        for extension in extensions
    ]


def extension_views(extensions: list[Resource]) -> list[JSON]:
    """What the machine's agent says of its extensions."""
    return [
        {
            "name": extension.name,
            "type": _full_type(extension),
            "typeHandlerVersion": _version(extension),
            "statuses": [
                {
                    "code": "ProvisioningState/succeeded",
                    "level": "Info",
                    "displayStatus": "Provisioning succeeded",
                    "message": "Plugin enabled",
                }
            ],
        }
        for extension in extensions
    ]


def _full_type(extension: Resource) -> str:
    return f"{extension.properties.get('publisher')}.{extension.properties.get('type')}"


def _version(extension: Resource) -> str:
    return f"{extension.properties.get('typeHandlerVersion')}.0.0"


TYPES = (MachineExtension(),)
