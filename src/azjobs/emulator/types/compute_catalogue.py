"""What Microsoft.Compute says of itself: extensions and commands that machines can have, and its request statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_text
from azjobs.emulator.errors import ArmError, entity_not_found, missing_parameter
from azjobs.emulator.paths import ResourcePath
from azjobs.emulator.polling import accepted_headers
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types.resource import Handler, ReadOnlyType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

EXTENSIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "microsoft.compute": {
        "BGInfo": ("1.0", "2.1"),
        "CustomScriptExtension": ("1.9.5", "1.10.15"),
        "JsonADDomainExtension": ("1.0", "1.3"),
        "VMAccessAgent": ("1.0.2", "2.0", "2.4.8"),
    },
    "microsoft.azure.extensions": {"CustomScript": ("2.0.6", "2.1.13")},
    "microsoft.ostcextensions": {"VMAccessForLinux": ("1.4", "1.5.21")},
    "microsoft.azure.networkwatcher": {
        "NetworkWatcherAgentLinux": ("1.4",),
        "NetworkWatcherAgentWindows": ("1.4",),
    },
}
"""The versions of extensions, by publisher in lower case and by name."""
_TYPES = "Microsoft.Compute/locations/publishers/artifacttypes/types"
_COMMANDS = {
    "RunPowerShellScript": ("Windows", "Executes a PowerShell script", "PowerShell"),
    "RunShellScript": ("Linux", "Executes a Linux shell script", "shell"),
    "IPConfig": ("Windows", "List IP configuration", "PowerShell"),
    "EnableRemotePS": ("Windows", "Enable remote PowerShell", "PowerShell"),
    "ifconfig": ("Linux", "Get network configuration", "shell"),
}
_SCHEMA = "http://schema.management.azure.com/schemas/2016-11-17/runcommands.json"


def _root(path: ResourcePath) -> str:
    names = path.names
    return (
        f"/Subscriptions/{path.subscription}/Providers/Microsoft.Compute/Locations/{names[0]}/Publishers/{names[1]}"
        "/ArtifactTypes/VMExtension/Types"
    )


def _publisher(path: ResourcePath) -> dict[str, tuple[str, ...]]:
    found = EXTENSIONS.get(path.names[1].lower()) if path.names[2].lower() == "vmextension" else None
    if found is None:
        raise ArmError(404, "NotFound", "Artifact: VMExtension was not found.")
    return found


class ExtensionTypes(ReadOnlyType):
    """`…/publishers/{publisher}/artifacttypes/vmextension/types`."""

    type = _TYPES

    @override
    def list(self, call: Call) -> Response:
        root = _root(call.path)
        location = call.path.names[0]
        found = [{"location": location, "name": name, "id": f"{root}/{name}"} for name in _publisher(call.path)]
        return Response.of(200, found)


class ExtensionVersions(ReadOnlyType):
    """`…/vmextension/types/{type}/versions`."""

    type = f"{_TYPES}/versions"

    @override
    def list(self, call: Call) -> Response:
        path = call.path
        root = f"{_root(path)}/{path.names[3]}/Versions"
        versions = self._versions(path)
        if not versions:
            raise self.not_found(call)
        return Response.of(
            200, [{"location": path.names[0], "name": name, "id": f"{root}/{name}"} for name in versions]
        )

    @override
    def read(self, azure: Azure, path: ResourcePath) -> JSON | None:
        if path.name not in self._versions(path):
            return None
        linux = "linux" in f"{path.names[1]}{path.names[3]}".lower()
        return {
            "location": path.names[0],
            "name": path.name,
            "id": f"{_root(path)}/{path.names[3]}/Versions/{path.name}",
            "properties": {
                "operatingSystem": "Linux" if linux else "Windows",
                "computeRole": "IaaS",
                "vmScaleSetEnabled": False,
                "supportsMultipleExtensions": False,
                "rollbackSupported": False,
                "isJsonExtension": False,
                "isInternalExtension": False,
            },
        }

    @staticmethod
    def _versions(path: ResourcePath) -> tuple[str, ...]:
        known = {name.lower(): versions for name, versions in _publisher(path).items()}
        return known.get(path.names[3].lower(), ())

    @override
    def not_found(self, call: Call) -> ArmError:
        return ArmError(404, "NotFound", "Artifact: VMExtension was not found.")


class RunCommands(ReadOnlyType):
    """`…/locations/{location}/runCommands`: the commands that `runCommand` knows by name."""

    type = "Microsoft.Compute/locations/runCommands"

    @override
    def list(self, call: Call) -> Response:
        members = ("$schema", "id", "osType", "label", "description")
        found = [_command(name) for name in _COMMANDS]
        return Response.of(200, {"value": [{member: one[member] for member in members} for one in found]})

    @override
    def read(self, azure: Azure, path: ResourcePath) -> JSON | None:
        known = {name.lower(): name for name in _COMMANDS}
        name = known.get(path.name.lower())
        return _command(name) if name is not None else None

    @override
    def not_found(self, call: Call) -> ArmError:
        return entity_not_found()


def _command(name: str) -> JSON:
    system, label, language = _COMMANDS[name]
    return {
        "script": ["param(", "    [string]$arg1,", "    [string]$arg2", ")"] if system == "Windows" else ["#!/bin/sh"],
        "parameters": [{"name": one, "type": "string", "required": False} for one in ("arg1", "arg2")],
        "$schema": _SCHEMA,
        "id": name,
        "osType": system,
        "label": label,
        "description": f"Custom multiline {language} script should be defined in script property.",
    }


class MachinesInLocation(ReadOnlyType):
    """`…/locations/{location}/virtualMachines`: the machines of a subscription in one region."""

    type = "Microsoft.Compute/locations/virtualMachines"

    @override
    def list(self, call: Call) -> Response:
        kind = "Microsoft.Compute/virtualMachines"
        handler = call.azure.types.of(kind)
        machines = call.store.of_type(kind, f"/subscriptions/{call.path.subscription}")
        shown = [handler.show(call.azure, one) for one in machines if one.location == call.path.names[0].lower()]
        return Response.of(200, {"value": shown})


class LogAnalytics(ReadOnlyType):
    """`…/locations/{location}/logAnalytics/apiAccess/{action}`: statistics of requests, written into a blob."""

    type = "Microsoft.Compute/locations/logAnalytics"

    @override
    def special(self, method: str, tail: str) -> Handler | None:
        if method == "POST" and tail.lower() in ("getrequestratebyinterval", "getthrottledrequests"):
            return lambda call: self._export(call, tail)
        return super().special(method, tail)

    def _export(self, call: Call, action: str) -> Response:
        if as_text(call.body.get("blobContainerSasUri"), "blobContainerSasUri") is None:
            raise missing_parameter("blobContainerSasUri")
        document = {"location": call.path.names[0], "properties": {}}
        export = Resource(id=call.path.id, type=self.type, document=document, created=call.now, changed=call.now)
        kind = f"{self.type}/{action}"
        operation = call.azure.start_operation(kind, export, api_version=call.api_version, holds=False)
        # The emulator writes no blobs, and says so as Azure does of one that it cannot write to.
        operation.fault = {
            "code": "BadRequest",
            "message": "Could not write log analytics to the given SAS URI due to The remote name could not be "
            "resolved.",
        }
        return Response.of(202, None, accepted_headers(operation, call.request), pending=True)


TYPES = (ExtensionTypes(), ExtensionVersions(), RunCommands(), MachinesInLocation(), LogAnalytics())
