"""Properties by api-version: an answer has no property that the api-version of its request does not know.

Mined from recordings of the real Azure; a version that stands here is the first in which a property was seen, or the
first in which it was seen no more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from azjobs.emulator.request import JSON, Response


@dataclass(frozen=True, kw_only=True)
class Span:
    """When a property was there.

    Args:
        path: From the body to the property; `[]` stands for each item of an array.
        since: The first api-version that has it; empty for all.
        until: The first api-version that has it no more; empty for never.
    """

    path: tuple[str, ...]
    since: str = ""
    until: str = ""

    def has(self, version: str) -> bool:
        """Whether an api-version has the property."""
        return version >= self.since and not (self.until and version >= self.until)


def _since(version: str, *paths: str) -> tuple[Span, ...]:
    return tuple(Span(path=tuple(path.split(".")), since=version) for path in paths)


def _until(version: str, *paths: str) -> tuple[Span, ...]:
    return tuple(Span(path=tuple(path.split(".")), until=version) for path in paths)


_P = "properties."
_WINDOWS, _LINUX = f"{_P}osProfile.windowsConfiguration.", f"{_P}osProfile.linuxConfiguration."
_LINKS = f"{_P}connections.[].properties.vpnLinkConnections.[].properties."
_GATEWAY_LATEST = "2022-01-01"
_RULES = ("enableDestinationServiceEndpoint", "allowBackendPortConflict")

SPANS: dict[str, tuple[Span, ...]] = {
    "microsoft.compute/virtualmachines": (
        *_since("2024-03-01", "etag"),
        *_since("2021-11-01", f"{_P}timeCreated"),
        *_since("2019-12-01", f"{_P}storageProfile.imageReference.exactVersion"),
        *_since("2020-06-01", f"{_WINDOWS}patchSettings", f"{_LINUX}patchSettings"),
        *_since("2021-03-01", f"{_WINDOWS}patchSettings.assessmentMode", f"{_LINUX}patchSettings.assessmentMode"),
        *_since("2021-03-01", f"{_P}storageProfile.osDisk.deleteOption"),
        *_since("2021-03-01", f"{_P}storageProfile.dataDisks.[].deleteOption"),
    ),
    "microsoft.compute/virtualmachinescalesets": _since(
        "2020-12-01", f"{_P}virtualMachineProfile.storageProfile.osDisk.osType"
    )
    + _since("2021-11-01", f"{_P}automaticRepairsPolicy.repairAction"),
    "microsoft.compute/disks": (
        *_since("2019-11-01", f"{_P}encryption"),
        *_since("2020-05-01", f"{_P}networkAccessPolicy"),
        *_since("2021-04-01", f"{_P}publicNetworkAccess"),
    ),
    "microsoft.compute/snapshots": (
        *_since("2019-11-01", f"{_P}encryption"),
        *_since("2020-05-01", f"{_P}networkAccessPolicy"),
        *_since("2021-04-01", f"{_P}publicNetworkAccess"),
    ),
    "microsoft.compute/galleries/images": _since("2021-07-01", f"{_P}architecture"),
    "microsoft.compute/hostgroups": _since("2020-12-01", "type", f"{_P}supportAutomaticPlacement"),
    "microsoft.compute/hostgroups/hosts": _since("2020-12-01", "type"),
    "microsoft.compute/locations/publishers/artifacttypes/offers/skus/versions": (
        *_since("2021-04-01", f"{_P}architecture"),
        *_since("2022-08-01", f"{_P}replicaCount", f"{_P}imageDeprecationStatus"),
    ),
    "microsoft.compute/locations/publishers/artifacttypes/types/versions": _since(
        "2021-07-01", f"{_P}isInternalExtension"
    ),
    "microsoft.storage/storageaccounts": _since(
        "2019-06-01",
        f"{_P}privateEndpointConnections",
        *(f"{_P}encryption.services.{name}.keyType" for name in ("blob", "file")),
    ),
    "microsoft.network/networkinterfaces": (
        *_since("2019-12-01", f"{_P}nicType"),
        *_since("2021-08-01", f"{_P}vnetEncryptionSupported"),
        *_since("2022-01-01", f"{_P}disableTcpStateTracking", f"{_P}auxiliaryMode"),
        *_since("2022-07-01", f"{_P}auxiliarySku"),
    ),
    "microsoft.network/virtualnetworks": _since(
        "2021-02-01",
        f"{_P}virtualNetworkPeerings.[].properties.peeringSyncLevel",
        f"{_P}virtualNetworkPeerings.[].properties.remoteVirtualNetworkAddressSpace",
    )
    + _until("2022-01-01", f"{_P}virtualNetworkPeerings.[].properties.routeServiceVips"),
    "microsoft.network/virtualnetworks/virtualnetworkpeerings": _since(
        "2021-02-01", f"{_P}peeringSyncLevel", f"{_P}remoteVirtualNetworkAddressSpace"
    )
    + _until("2022-01-01", f"{_P}routeServiceVips"),
    "microsoft.network/publicipaddresses": _since("2020-07-01", "sku.tier"),
    "microsoft.network/publicipprefixes": _since("2020-07-01", "sku.tier"),
    "microsoft.network/natgateways": _since("2020-07-01", "sku.tier") + _until(_GATEWAY_LATEST, "sku.tier"),
    "microsoft.network/loadbalancers": (
        *_since("2020-07-01", "sku.tier"),
        *_since("2021-02-01", f"{_P}loadBalancingRules.[].properties.backendAddressPools"),
        *_since("2021-02-01", f"{_P}frontendIPConfigurations.[].properties.privateIPAddressVersion"),
        *_until(_GATEWAY_LATEST, *(f"{_P}loadBalancingRules.[].properties.{name}" for name in _RULES)),
        *_until(_GATEWAY_LATEST, *(f"{_P}inboundNatRules.[].properties.{name}" for name in _RULES)),
    ),
    "microsoft.network/loadbalancers/loadbalancingrules": (
        *_since("2021-02-01", f"{_P}backendAddressPools"),
        *_until(_GATEWAY_LATEST, *(f"{_P}{name}" for name in _RULES)),
    ),
    "microsoft.network/loadbalancers/inboundnatrules": _until(_GATEWAY_LATEST, *(f"{_P}{name}" for name in _RULES)),
    "microsoft.network/connections": _since("2021-02-01", f"{_P}gatewayCustomBgpIpAddresses")
    + _until(_GATEWAY_LATEST, f"{_P}packetCaptureDiagnosticState"),
    "microsoft.network/virtualnetworkgateways": (
        *_since("2020-08-01", f"{_P}vpnClientConfiguration.vpnAuthenticationTypes"),
        *_since("2021-02-01", f"{_P}natRules", f"{_P}enableBgpRouteTranslationForNat"),
        *_until(_GATEWAY_LATEST, f"{_P}packetCaptureDiagnosticState", f"{_P}ipConfigurations.[].type"),
    ),
    "microsoft.network/vpngateways": (
        *_since("2021-02-01", f"{_LINKS}vpnGatewayCustomBgpAddresses"),
        *_until(_GATEWAY_LATEST, f"{_P}packetCaptureDiagnosticState", f"{_P}connections.[].type"),
        *_until(_GATEWAY_LATEST, f"{_LINKS}packetCaptureDiagnosticState"),
    ),
    "microsoft.network/virtualhubs": _since("2021-05-01", f"{_P}preferredRoutingGateway"),
    "microsoft.network/privateendpoints": _since(
        "2021-05-01", f"{_P}ipConfigurations", f"{_P}customNetworkInterfaceName"
    )
    + _until(_GATEWAY_LATEST, f"{_P}resourceGuid"),
    "microsoft.network/privateendpoints/privatednszonegroups": _until(
        _GATEWAY_LATEST, *(f"{_P}privateDnsZoneConfigs.[].{name}" for name in ("id", "etag", "type"))
    )
    + _until(_GATEWAY_LATEST, f"{_P}privateDnsZoneConfigs.[].properties.provisioningState"),
    "microsoft.network/privatelinkservices": _until(_GATEWAY_LATEST, f"{_P}resourceGuid"),
    "microsoft.network/networkwatchers": _until(_GATEWAY_LATEST, f"{_P}runningOperationIds"),
    "microsoft.network/networkwatchers/connectionmonitors": _since(
        "2019-11-01", f"{_P}connectionMonitorType", f"{_P}outputs"
    )
    + _until(_GATEWAY_LATEST, f"{_P}resourceGuid"),
    "microsoft.network/expressroutecircuits": _until(_GATEWAY_LATEST, f"{_P}resourceGuid", f"{_P}allowGlobalReach"),
    "microsoft.network/routefilters": _until(_GATEWAY_LATEST, f"{_P}rules.[].type"),
    "microsoft.network/bastionhosts": _until(_GATEWAY_LATEST, f"{_P}bastionShareableLinks"),
    "microsoft.network/locations/servicetags": _since("2021-05-01", "values.[].serviceTagChangeNumber"),
}


def render(response: Response, resource_type: str, version: str) -> Response:
    """Take out of an answer what the api-version does not know.

    Args:
        response: The answer; changed in place.
        resource_type: The type of the resource, or of those on the page.
        version: The api-version of the request.
    """
    if not response.body or response.status >= 300:
        return response
    unknown = _unknown(resource_type, version)
    is_poll = resource_type.lower().endswith("diskoperations")
    if not unknown and not is_poll:
        return response
    document = response.json()
    if is_poll:
        unknown, document_part = _output(document, version)
    else:
        document_part = document
    if not unknown:
        return response
    page = document_part.get("value") if isinstance(document_part, dict) else document_part
    for item in page if isinstance(page, list) else [document_part]:
        for span in unknown:
            _drop(item, span.path)
    response.body = json.dumps(document, separators=(",", ":")).encode()
    return response


def _unknown(resource_type: str, version: str) -> list[Span]:
    return [span for span in SPANS.get(resource_type.lower(), ()) if not span.has(version)]


def _output(document: Any, version: str) -> tuple[list[Span], JSON]:
    """The resource that an ended operation gave."""
    output = (document.get("properties") or {}).get("output") if isinstance(document, dict) else None
    if not isinstance(output, dict) or not isinstance(output.get("type"), str):
        return [], {}
    return _unknown(output["type"], version), output


def _drop(holder: Any, path: tuple[str, ...]) -> None:
    head, rest = path[0], path[1:]
    if head == "[]":
        for item in holder if isinstance(holder, list) else ():
            _drop(item, rest)
    elif isinstance(holder, dict):
        if not rest:
            holder.pop(head, None)
        elif head in holder:
            _drop(holder[head], rest)
