"""Tenants and subscriptions, and the lists that hang on a subscription."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from azjobs.emulator import listing, wellknown
from azjobs.emulator.call import Call
from azjobs.emulator.errors import ArmError
from azjobs.emulator.locations import LOCATIONS, ZONES
from azjobs.emulator.paths import ResourcePath
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.types.resource import ReadOnlyType
from azjobs.emulator.types.resource_group import resources_page

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure


class Tenants(ReadOnlyType):
    """`/tenants`."""

    type = "Microsoft.Resources/tenants"

    @override
    def list(self, call: Call) -> Response:
        tenant = {
            "id": f"/tenants/{wellknown.TENANT_ID}",
            "tenantId": wellknown.TENANT_ID,
            "countryCode": "US",
            "displayName": wellknown.TENANT_NAME,
            "domains": [wellknown.TENANT_DOMAIN],
            "tenantCategory": "Home",
            "defaultDomain": wellknown.TENANT_DOMAIN,
            "tenantType": "AAD",
        }
        return listing.page(call.request, [tenant])


class Subscriptions(ReadOnlyType):
    """`/subscriptions` and `/subscriptions/{id}`."""

    type = "Microsoft.Resources/subscriptions"

    @override
    def list(self, call: Call) -> Response:
        return listing.page(call.request, [_subscription(name) for name in wellknown.SUBSCRIPTIONS])

    @override
    def read(self, azure: Azure, path: ResourcePath) -> JSON | None:
        known = path.name.lower()
        return _subscription(known) if known in wellknown.SUBSCRIPTIONS else None

    @override
    def not_found(self, call: Call) -> ArmError:
        return ArmError(
            404, "SubscriptionNotFound", f"The subscription '{call.path.name}' could not be found.", gateway=True
        )


def _subscription(subscription_id: str) -> JSON:
    return {
        "id": f"/subscriptions/{subscription_id}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription_id,
        "tenantId": wellknown.TENANT_ID,
        "displayName": wellknown.SUBSCRIPTIONS[subscription_id],
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


class Locations(ReadOnlyType):
    """`/subscriptions/{id}/locations`."""

    type = "Microsoft.Resources/locations"

    @override
    def list(self, call: Call) -> Response:
        return listing.page(call.request, [_location(call, name, display) for name, display in LOCATIONS.items()])


def _location(call: Call, name: str, display: str) -> JSON:
    location: JSON = {
        "id": f"{call.path.scope}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": display,
        "regionalDisplayName": display,
        "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
    }
    if name in ZONES:
        location["availabilityZoneMappings"] = [
            {"logicalZone": zone, "physicalZone": f"{name}-az{zone}"} for zone in ("1", "2", "3")
        ]
    return location


class Resources(ReadOnlyType):
    """`/subscriptions/{id}/resources`: everything tracked in a subscription."""

    type = "Microsoft.Resources/resources"

    @override
    def list(self, call: Call) -> Response:
        prefix = call.path.scope.lower() + "/resourcegroups/"
        return resources_page(call, (resource for resource in call.store if resource.key.startswith(prefix)))


TYPES = (Tenants(), Subscriptions(), Locations(), Resources())
