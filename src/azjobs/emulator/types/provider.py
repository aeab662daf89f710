"""Resource providers: which there are, their types, and their registration in a subscription."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typing_extensions import override

from azjobs.emulator import listing
from azjobs.emulator.call import Call
from azjobs.emulator.errors import ArmError, invalid_resource_type
from azjobs.emulator.locations import LOCATIONS
from azjobs.emulator.paths import CANONICAL_NAMESPACES, ResourcePath
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.types.resource import ReadOnlyType

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_NAMESPACE = re.compile(r"[A-Za-z0-9]+(\.[A-Za-z0-9]+)+")
_API_VERSIONS = {
    "microsoft.compute": ["2026-04-01", "2025-11-01", "2025-04-01", "2024-11-01", "2024-07-01", "2024-03-01"],
    "microsoft.network": ["2025-09-01", "2025-07-01", "2025-05-01", "2024-07-01", "2023-11-01", "2022-01-01"],
    "microsoft.resources": ["2025-04-01", "2025-03-01", "2024-11-01", "2024-07-01", "2022-12-01", "2021-04-01"],
}
_DEFAULT_API_VERSIONS = ["2025-01-01", "2024-01-01", "2023-01-01"]


class Providers(ReadOnlyType):
    """`/providers` and `/subscriptions/{id}/providers`. Every provider is registered until somebody unregisters it."""

    type = "Microsoft.Resources/providers"

    @override
    def list(self, call: Call) -> Response:
        return listing.page(call.request, [provider(call.azure, call.path, name) for name in CANONICAL_NAMESPACES])

    @override
    def read(self, azure: Azure, path: ResourcePath) -> JSON | None:
        name = _canonical(path.name)
        return provider(azure, path, name) if _NAMESPACE.fullmatch(name) else None

    @override
    def not_found(self, call: Call) -> ArmError:
        return ArmError(
            404,
            "InvalidResourceNamespace",
            f"The resource namespace '{call.path.name}' is invalid.",
            gateway=True,
        )


def register(call: Call) -> Response:
    """Answer the registration of a provider, or its end."""
    action, subscription = call.path.tail.lower(), call.path.subscription
    if action not in ("register", "unregister") or subscription is None:
        raise invalid_resource_type(call.path.namespace, call.path.tail, call.api_version)
    unregistered = call.azure.registrations.setdefault(subscription.lower(), [])
    name = _canonical(call.path.namespace)
    if action == "unregister" and name not in unregistered:
        unregistered.append(name)
    elif action == "register" and name in unregistered:
        unregistered.remove(name)
    call.store.touch()
    return Response.of(200, provider(call.azure, call.path, name))


def provider(azure: Azure, path: ResourcePath, namespace: str) -> JSON:
    """The body of a provider."""
    versions = _API_VERSIONS.get(namespace.lower(), _DEFAULT_API_VERSIONS)
    types = [name.partition("/")[2] for name in azure.types.known_types() if name.startswith(f"{namespace}/")]
    document: JSON = {
        "namespace": namespace,
        "resourceTypes": [
            {
                "resourceType": name,
                "locations": list(LOCATIONS.values()),
                "apiVersions": versions,
                "defaultApiVersion": versions[0],
                "capabilities": "CrossResourceGroupResourceMove, SupportsTags, SupportsLocation",
            }
            for name in types
        ],
    }
    if path.subscription is None:
        return document
    subscription = path.subscription.lower()
    unregistered = azure.registrations.get(subscription, [])
    return {
        "id": f"/subscriptions/{path.subscription}/providers/{namespace}",
        **document,
        "registrationState": "NotRegistered" if namespace in unregistered else "Registered",
        "registrationPolicy": "RegistrationRequired",
    }


def _canonical(namespace: str) -> str:
    known = {name.lower(): name for name in CANONICAL_NAMESPACES}
    return known.get(namespace.lower(), namespace)


TYPES = (Providers(),)
