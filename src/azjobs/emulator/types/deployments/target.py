"""Where a deployment goes: what ``subscription()``, ``resourceGroup()`` and the like give in its template."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azjobs.emulator import wellknown
from azjobs.emulator.paths import ResourcePath
from azjobs.emulator.request import JSON
from azjobs.emulator.templates.scope import Target

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_SUFFIXES = {
    "acrLoginServer": ".azurecr.io",
    "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
    "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
    "keyvaultDns": ".vault.azure.net",
    "sqlServerHostname": ".database.windows.net",
    "storage": "core.windows.net",
    "azureFrontDoorEndpointSuffix": "azurefd.net",
}


def environment(base_url: str) -> JSON:
    """What ``environment()`` gives: the public Azure, with ARM and Entra at the emulator's address."""
    return {
        "name": "AzureCloud",
        "gallery": "https://gallery.azure.com/",
        "graph": "https://graph.windows.net/",
        "portal": "https://portal.azure.com",
        "graphAudience": "https://graph.windows.net/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": "https://aka.ms/vm-image-aliases",
        "resourceManager": f"{base_url}/",
        "authentication": {
            "loginEndpoint": f"{base_url}/",
            "audiences": [f"{base_url}/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": dict(_SUFFIXES),
    }


def target_of(
    azure: Azure, path: ResourcePath, *, base_url: str, correlation_id: str, properties: JSON, location: str | None
) -> Target:
    """What a deployment's template knows of where it goes.

    Args:
        azure: the emulated Azure.
        path: the deployment's path, in a resource group or in a subscription.
        base_url: the address at which the client reached the emulator.
        correlation_id: the deployment's correlation id.
        properties: what ``deployment().properties`` gives.
        location: the deployment's own region, at a subscription.
    """
    subscription = path.subscription or ""
    deployment: JSON = {"name": path.name, "properties": properties}
    if location is not None:
        deployment["location"] = location
    return Target(
        subscription={
            "id": f"/subscriptions/{subscription}",
            "subscriptionId": subscription,
            "tenantId": wellknown.TENANT_ID,
            "displayName": wellknown.SUBSCRIPTIONS.get(subscription.lower(), ""),
        },
        resource_group=azure.get_resource(path.group_id) if path.group_id else None,
        tenant={
            "id": f"/tenants/{wellknown.TENANT_ID}",
            "tenantId": wellknown.TENANT_ID,
            "displayName": wellknown.TENANT_NAME,
            "countryCode": "US",
        },
        environment=environment(base_url),
        deployment=deployment,
        correlation_id=correlation_id,
        now=datetime.fromtimestamp(azure.now, UTC),
    )
