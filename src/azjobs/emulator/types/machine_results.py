"""What the actions of virtual machines answer in the end."""

from __future__ import annotations

from azjobs.emulator.errors import ArmError
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource


def said(stream: str) -> JSON:
    """What a command in a machine wrote to a stream: the emulated machine runs nothing and says nothing."""
    return {
        "code": f"ComponentStatus/{stream}/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "message": "",
    }


def maintenance_refused(name: str) -> ArmError:
    """The refusal of maintenance on a machine that has none due."""
    return ArmError(
        409,
        "OperationNotAllowed",
        f"Operation 'performMaintenance' is not allowed on VM '{name}' since the Subscription of this VM is not "
        "eligible.",
    )


def captured(machine: Resource, prefix: str) -> JSON:
    """The template that a capture gives: a machine like the one that was captured.

    Args:
        machine: The machine that was captured.
        prefix: How the names of its disks start.
    """
    properties = machine.properties
    disk = properties["storageProfile"]["osDisk"]
    root = str((disk.get("vhd") or {}).get("uri", "https://emulator.blob.core.windows.net/vhds/disk.vhd"))
    store = "/".join(root.split("/")[:3])
    name = f"{prefix}-osDisk.{properties.get('vmId')}.vhd"
    return {
        "$schema": "http://schema.management.azure.com/schemas/2014-04-01-preview/VM_IP.json",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "vmName": {"type": "string"},
            "vmSize": {"type": "string", "defaultValue": properties["hardwareProfile"]["vmSize"]},
            "adminUserName": {"type": "string"},
            "adminPassword": {"type": "securestring"},
            "networkInterfaceId": {"type": "string"},
        },
        "resources": [
            {
                "name": "[parameters('vmName')]",
                "type": "Microsoft.Compute/virtualMachines",
                "location": machine.location,
                "apiVersion": "2019-12-01",
                "properties": {
                    "hardwareProfile": {"vmSize": "[parameters('vmSize')]"},
                    "storageProfile": {
                        "osDisk": {
                            "osType": disk.get("osType"),
                            "name": name,
                            "createOption": "FromImage",
                            "image": {"uri": f"{store}/system/Microsoft.Compute/Images/{name}"},
                            "vhd": {"uri": f"{store}/vmcontainer/osDisk.vhd"},
                            "caching": disk.get("caching", "None"),
                        }
                    },
                    "osProfile": {
                        "computerName": "[parameters('vmName')]",
                        "adminUsername": "[parameters('adminUsername')]",
                        "adminPassword": "[parameters('adminPassword')]",
                    },
                    "networkProfile": {"networkInterfaces": [{"id": "[parameters('networkInterfaceId')]"}]},
                    "provisioningState": 0,
                },
            }
        ],
    }
