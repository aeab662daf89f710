"""Small reads of several providers: service tags, features, storage keys, the logs of scripts, identities."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from typing_extensions import override

from azjobs.emulator import listing
from azjobs.emulator.call import Call
from azjobs.emulator.clock import timestamp
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types.resource import GenericType, Handler, ReadOnlyType
from azjobs.emulator.wellknown import TENANT_ID

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_SERVICES = ("ActionGroup", "ApiManagement", "AzureActiveDirectory", "AzureCloud", "AzureMonitor", "Sql", "Storage")
_FEATURES = (("Microsoft.Compute", "EncryptionAtHost"), ("Microsoft.Network", "AllowPrivateEndpoints"))


class ServiceTags(ReadOnlyType):
    """`…/Microsoft.Network/locations/{location}/serviceTags`: a few of them, with addresses kept for documentation."""

    type = "Microsoft.Network/locations/serviceTags"

    @override
    def list(self, call: Call) -> Response:
        values = [
            {
                "name": name,
                "id": name,
                "serviceTagChangeNumber": "75",
                "properties": {
                    "changeNumber": "5",
                    "region": "",
                    "state": "GA",
                    "networkFeatures": ["API", "NSG", "UDR", "FW"],
                    "systemService": name,
                    "addressPrefixes": [f"203.0.113.{number * 16}/28"],
                },
            }
            for number, name in enumerate(_SERVICES)
        ]
        return Response.of(
            200,
            {
                "name": "Public",
                "id": f"/subscriptions/{call.path.subscription}/providers/Microsoft.Network/serviceTags/Public",
                "type": "Microsoft.Network/serviceTags",
                "changeNumber": "75",
                "cloud": "Public",
                "values": values,
            },
        )


def _feature(call: Call, namespace: str, name: str, state: str = "NotRegistered") -> JSON:
    root = f"/subscriptions/{call.path.subscription}/providers/Microsoft.Features/providers/{namespace}"
    return {
        "properties": {"state": state},
        "id": f"{root}/features/{name}",
        "type": "Microsoft.Features/providers/features",
        "name": f"{namespace}/{name}",
    }


class Features(ReadOnlyType):
    """`…/providers/Microsoft.Features/features`, and those of one provider."""

    def __init__(self, namespace: str) -> None:
        self.type = f"{namespace}/features"
        self._namespace = None if namespace == "Microsoft.Features" else namespace

    @override
    def list(self, call: Call) -> Response:
        found = [_feature(call, *one) for one in _FEATURES if self._namespace in (None, one[0])]
        return listing.page(call.request, found)

    @override
    def get(self, call: Call) -> Response:
        return Response.of(200, _feature(call, call.path.namespace, call.path.name))


class StorageAccount(GenericType):
    """`Microsoft.Storage/storageAccounts`."""

    def __init__(self) -> None:
        super().__init__("Microsoft.Storage/storageAccounts")

    @override
    def special(self, method: str, tail: str) -> Handler | None:
        if method == "POST" and tail.lower() in ("listkeys", "regeneratekey"):
            return self.list_keys
        return super().special(method, tail)

    def list_keys(self, call: Call) -> Response:
        """Answer the account's keys: made from its name, and good for nothing."""
        account = self.require(call)
        keys = []
        for name in ("key1", "key2"):
            value = base64.b64encode(f"{account.name}-{name}".ljust(64, ".").encode()[:64]).decode()
            created = timestamp(account.created)
            keys.append({"creationTime": created, "keyName": name, "value": value, "permissions": "FULL"})
        return Response.of(200, {"keys": keys})

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        super().prepare(call, resource, existing)
        document, properties = resource.document, resource.properties
        created = timestamp(resource.created)
        sku = {"name": "Standard_LRS", **(document.get("sku") or {})}
        document["sku"] = {**sku, "tier": sku["name"].partition("_")[0]}
        document.setdefault("kind", "StorageV2")
        document.setdefault("tags", {})
        services: tuple[str, ...] = ("blob", "queue", "table", "file")
        if document["kind"] != "Storage":
            services = ("dfs", "web", *services)
        ends = {name: f"https://{resource.name}.{name}.core.windows.net/" for name in services}
        enabled = {"keyType": "Account", "enabled": True, "lastEnabledTime": created}
        properties.setdefault("privateEndpointConnections", [])
        properties.setdefault(
            "networkAcls",
            {"bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow"},
        )
        properties.setdefault("supportsHttpsTrafficOnly", True)
        properties.setdefault(
            "encryption",
            {"services": {"file": enabled, "blob": enabled}, "keySource": "Microsoft.Storage"},
        )
        properties.update(creationTime=created, primaryEndpoints=ends, primaryLocation=resource.location)
        properties["statusOfPrimary"] = "available"
        if document["kind"] != "Storage":
            properties.setdefault("accessTier", "Hot")


class Script(GenericType):
    """`Microsoft.Resources/deploymentScripts`: the emulator runs none of them."""

    def __init__(self) -> None:
        super().__init__("Microsoft.Resources/deploymentScripts")

    @override
    def special(self, method: str, tail: str) -> Handler | None:
        return self.list_logs if (method, tail.lower()) == ("GET", "logs") else super().special(method, tail)

    def list_logs(self, call: Call) -> Response:
        """Answer the logs of the script's run."""
        return Response.of(200, {"value": [_log(self.require(call).id)]})


def _log(script_id: str) -> JSON:
    kind = "Microsoft.Resources/deploymentScripts/logs"
    return {"properties": {}, "id": f"{script_id}/logs/default", "type": kind, "name": "default"}


class ScriptLog(ReadOnlyType):
    """`Microsoft.Resources/deploymentScripts/logs`."""

    type = "Microsoft.Resources/deploymentScripts/logs"

    @override
    def get(self, call: Call) -> Response:
        script = call.store.get(call.path.parent.id)
        if script is None:
            raise self.not_found(call)
        return Response.of(200, _log(script.id))


class Identity(GenericType):
    """`Microsoft.ManagedIdentity/userAssignedIdentities`."""

    def __init__(self) -> None:
        super().__init__("Microsoft.ManagedIdentity/userAssignedIdentities")

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        made = resource.attributes
        properties = resource.properties
        resource.document.setdefault("tags", {})
        properties["tenantId"] = TENANT_ID
        properties["principalId"] = made.setdefault("principalId", call.azure.new_id())
        properties["clientId"] = made.setdefault("clientId", call.azure.new_id())

    @override
    def set_state(self, azure: Azure, resource: Resource, state: str) -> None:
        azure.store.touch()

    @override
    def put(self, call: Call) -> Response:
        response = super().put(call)
        if response.status == 201:
            response.headers["Location"] = call.path.id
        return response


TYPES = (
    ServiceTags(),
    Features("Microsoft.Features"),
    Features("Microsoft.Compute"),
    Features("Microsoft.Network"),
    StorageAccount(),
    Script(),
    ScriptLog(),
    Identity(),
)
