"""The types of Microsoft.Network that differ in their bodies alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from azjobs.emulator.behaviour import PollUrl, behaviour_of
from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_object, as_objects, as_text
from azjobs.emulator.errors import network_error
from azjobs.emulator.paths import looks_like_resource_id
from azjobs.emulator.polling import accepted_headers
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.shapes import Shape, fill, sub_resources
from azjobs.emulator.store import Resource
from azjobs.emulator.types import network_actions
from azjobs.emulator.types.network import ChildType, NetworkType
from azjobs.emulator.types.network_shapes import ARRAYS, BACK_REFERENCING, CHILD_SHAPES, SHAPES, SHOWN_TYPES, SUB_TYPES
from azjobs.emulator.types.resource import Handler

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure


class ShapedNetworkType(NetworkType):
    """A type whose body a shape describes.

    Args:
        shape: The shape.
    """

    def __init__(self, shape: Shape) -> None:
        self.type = shape.type
        self.shape = shape
        self.needs_location = shape.location and shape.type.count("/") == 1
        row = behaviour_of(f"{shape.type}/create")
        self.is_managed = row.poll_url is PollUrl.FIREWALL_MANAGER
        """Whether the firewall manager answers for the type: its bodies have neither sub-resources nor weak etags."""

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        for name, value in document["properties"].items():
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, dict):
                        as_text(item.get("name"), f"properties.{name}.name")

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        self.complete(call, resource)
        properties = {name: value for name, value in resource.properties.items() if name != "provisioningState"}
        resource.document["properties"] = {"provisioningState": "Succeeded", **properties}
        resource.document["type"] = SHOWN_TYPES.get(self.type, self.type)
        self.renew_etag(call.azure, resource)

    @override
    def complete(self, call: Call, resource: Resource) -> None:
        document = resource.document
        fill(call.azure, resource, document, self.shape)
        if not self.is_managed:
            for name, item, holder in sub_resources(document):
                _identify(document, name, item, holder)
        fill(call.azure, resource, document, self.shape)
        if self.type in BACK_REFERENCING:
            _refer_back(document)

    @override
    def renew_etag(self, azure: Azure, resource: Resource) -> None:
        etag = azure.new_id() if self.is_managed else f'W/"{azure.new_id()}"'
        resource.document["etag"] = etag
        if not self.is_managed:
            for _, item, _ in sub_resources(resource.document):
                if "id" in item:
                    item["etag"] = etag
                    item.setdefault("properties", {})["provisioningState"] = resource.state
        azure.store.touch()

    @override
    def special(self, method: str, tail: str) -> Handler | None:
        if method == "POST" and network_actions.has_action(self.type, tail.lower()):
            return lambda call: network_actions.act(call, self.require(call), tail.lower())
        return super().special(method, tail)


def _identify(document: JSON, name: str, item: JSON, holder: JSON) -> None:
    """Give a sub-resource its id and type."""
    owner = str(holder.get("type") or document["type"])
    kind = SUB_TYPES.get((owner.rpartition("/")[2], name), name)
    item["id"] = f"{holder['id']}/{kind}/{item['name']}"
    item["type"] = f"{owner}/{kind}"
    item.setdefault("etag", "")
    item.setdefault("properties", {})


def _refer_back(document: JSON) -> None:
    """Let each sub-resource show which others refer to it."""
    found = [(name, item) for name, item, _ in sub_resources(document)]
    known = {item["id"].lower(): item for _, item in found}
    for _, item in found:
        for name in _BACKWARD.get(_kind(item), ()):
            item["properties"].pop(name, None)
    for name, item in found:
        for target in dict.fromkeys(_targets(item["properties"])):
            if target in known and name in _BACKWARD.get(_kind(known[target]), ()):
                known[target]["properties"].setdefault(name, []).append({"id": item["id"]})


def _kind(item: JSON) -> str:
    return str(item["type"]).rpartition("/")[2]


_BACKWARD = {
    "frontendIPConfigurations": ("loadBalancingRules", "outboundRules", "inboundNatRules", "inboundNatPools"),
    "backendAddressPools": ("loadBalancingRules", "outboundRules"),
    "probes": ("loadBalancingRules",),
}
"""The arrays of references that Azure derives, by the sub-resource that is referred to."""


def _targets(value: Any) -> list[str]:
    """The ids in a value, in lower case."""
    if isinstance(value, dict):
        return [target for item in value.values() for target in _targets(item)]
    if isinstance(value, list):
        return [target for item in value for target in _targets(item)]
    return [value.lower()] if looks_like_resource_id(value) else []


class ShapedChild(ChildType):
    """A child resource in an array of its parent's body, described by a shape.

    Args:
        shape: The shape; its paths start at the child's own body.
    """

    def __init__(self, shape: Shape) -> None:
        self.type = shape.type
        self.shape = shape
        self.parent_type = shape.type.rpartition("/")[0]
        self.property_name = ARRAYS.get(self.segment.lower(), self.segment)

    @override
    def replace(self, call: Call, owner: NetworkType, parent: Resource, properties: JSON) -> None:
        child = properties[self.property_name][-1]
        child["id"] = f"{parent.id}/{self.segment}/{child['name']}"
        child["type"] = self.type
        child["etag"] = ""
        fill(call.azure, parent, child, self.shape)
        parent.document = {**parent.document, "properties": properties}
        if isinstance(owner, ShapedNetworkType) and self.parent_type in BACK_REFERENCING:
            _refer_back(parent.document)


class SharedKey(NetworkType):
    """`Microsoft.Network/connections/sharedkey`: the secret of a connection."""

    type = "Microsoft.Network/connections/sharedkey"
    needs_location = False

    @override
    def post(self, call: Call) -> Response:
        connection = call.store.get(call.path.parent.id)
        if connection is None:
            raise call.azure.types.of(call.path.parent.type).not_found(call)
        return self._write(call, connection, "resetsharedkey")

    def _write(self, call: Call, connection: Resource, verb: str) -> Response:
        kind = f"Microsoft.Network/connections/{verb}"
        operation = call.azure.start_operation(kind, connection, api_version=call.api_version, holds=False)
        row = behaviour_of(kind)
        return Response.of(row.status, None, accepted_headers(operation, call.request), pending=True)


class Connection(ShapedNetworkType):
    """`Microsoft.Network/connections`, with their shared keys, which no body shows."""

    @override
    def special(self, method: str, tail: str) -> Handler | None:
        if tail.lower() == "sharedkey":
            return {"GET": self.get_shared_key, "PUT": self.put_shared_key}.get(method)
        return super().special(method, tail)

    def get_shared_key(self, call: Call) -> Response:
        """Answer the shared key. The emulator keeps no secret: it makes one up."""
        connection = self.require(call)
        return Response.of(200, {"value": connection.attributes.setdefault("sharedKey", call.azure.new_id())})

    def put_shared_key(self, call: Call) -> Response:
        """Answer the setting of the shared key."""
        connection = self.require(call)
        as_text(call.body.get("value"), "value")
        kind = f"{self.type}/setsharedkey"
        operation = call.azure.start_operation(kind, connection, api_version=call.api_version, holds=False)
        return Response.of(200, None, accepted_headers(operation, call.request), pending=True)


class Gateway(ShapedNetworkType):
    """`Microsoft.Network/applicationGateways`."""

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        super().check(call, document, existing)
        properties = document["properties"]
        tier = as_text(as_object(properties.get("sku"), "sku").get("tier"), "sku.tier") or ""
        frontends = as_objects(properties.get("frontendIPConfigurations"), "frontendIPConfigurations")
        public = any("publicIPAddress" in as_object(one.get("properties"), "properties") for one in frontends)
        if tier.endswith("_v2") and not public:
            raise network_error(
                400,
                "ApplicationGatewayFeatureCannotBeEnabledForSelectedSku",
                f"Application Gateway {document['id']} does not support Application Gateway without Public IP for the "
                f"selected SKU tier {tier}. Supported SKU tiers are Standard,WAF.",
            )


class PrivateZone(ShapedNetworkType):
    """`Microsoft.Network/privateDnsZones`: they lie in no region."""

    @override
    def accepted(self, call: Call, resource: Resource, kind: str) -> JSON:
        return {}

    @override
    def begin(self, call: Call, resource: Resource, kind: str, *, created: bool) -> Response:
        response = super().begin(call, resource, kind, created=created)
        response.body = response.body or b"{}"
        return response


class Circuit(ShapedNetworkType):
    """`Microsoft.Network/expressRouteCircuits`, with their traffic."""

    @override
    def special(self, method: str, tail: str) -> Handler | None:
        if method == "GET" and tail.lower() == "stats":
            return self.get_stats
        return super().special(method, tail)

    def get_stats(self, call: Call) -> Response:
        """Answer how much went over the circuit: nothing."""
        self.require(call)
        names = ("primaryBytesIn", "primaryBytesOut", "secondaryBytesIn", "secondaryBytesOut")
        return Response.of(200, dict.fromkeys(names, 0))


def _handler(shape: Shape) -> ShapedNetworkType:
    special: dict[str, type[ShapedNetworkType]] = {
        "Microsoft.Network/connections": Connection,
        "Microsoft.Network/applicationGateways": Gateway,
        "Microsoft.Network/expressRouteCircuits": Circuit,
        "Microsoft.Network/privateDnsZones": PrivateZone,
    }
    return special.get(shape.type, ShapedNetworkType)(shape)


TYPES = (*(_handler(shape) for shape in SHAPES), *(ShapedChild(shape) for shape in CHILD_SHAPES), SharedKey())
