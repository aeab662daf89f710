"""The actions of Microsoft.Network types: what is asked of a running network, and what an emulated one can say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from azjobs.emulator.behaviour import behaviour_of
from azjobs.emulator.call import Call
from azjobs.emulator.clock import timestamp
from azjobs.emulator.errors import invalid_resource_type
from azjobs.emulator.polling import accepted_headers
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource

Answer = Callable[[Call, Resource], Any]


def _nothing(call: Call, resource: Resource) -> None:
    return None


def _empty(call: Call, resource: Resource) -> JSON:
    return {"value": []}


def _default_routes(call: Call, resource: Resource) -> JSON:
    """The routes that every subnet has."""
    routes = (("10.0.0.0/16", "VnetLocal"), ("0.0.0.0/0", "Internet"), ("10.0.0.0/8", "None"))
    return {
        "value": [
            {
                "disableBgpRoutePropagation": False,
                "source": "Default",
                "state": "Active",
                "hasBgpOverride": False,
                "addressPrefix": [prefix],
                "nextHopType": hop,
                "nextHopIpAddress": [],
                "destinationServiceTags": [],
                "tagMap": {},
            }
            for prefix, hop in routes
        ]
    }


def _advertised(call: Call, resource: Resource) -> JSON:
    route = {"localAddress": "", "network": "10.0.0.0/16", "nextHop": "Virtual Network", "origin": "Network"}
    return {"value": [{**route, "weight": 0}]}


def _topology(call: Call, resource: Resource) -> JSON:
    """The network resources of a group."""
    now = timestamp(call.now)
    group = f"/subscriptions/{call.path.subscription}/resourceGroups/{call.body.get('targetResourceGroupName', '')}"
    found = [other for other in call.store.in_group(group) if other.type.startswith("Microsoft.Network/")]
    return {
        "id": call.azure.new_id(),
        "createdDateTime": now,
        "lastModified": now,
        "resources": [
            {"name": other.name, "id": other.id, "location": other.location, "associations": []} for other in found
        ],
    }


def _flow_log(call: Call, resource: Resource) -> JSON:
    body = call.body
    properties = {"storageId": "", "enabled": False, "retentionPolicy": {"days": 0, "enabled": False}}
    properties["format"] = {"type": "JSON", "version": 1}
    return {
        "targetResourceId": body.get("targetResourceId"),
        "properties": {**properties, **(body.get("properties") or {})},
        "flowAnalyticsConfiguration": {},
    }


def _troubleshooting(call: Call, resource: Resource) -> JSON:
    now = timestamp(call.now)
    return {"startTime": now, "endTime": now, "code": "Healthy", "results": []}


def _connectivity(call: Call, resource: Resource) -> JSON:
    found = {"hops": [], "connectionStatus": "Reachable", "avgLatencyInMs": 1, "minLatencyInMs": 1}
    return {**found, "maxLatencyInMs": 2, "probesSent": 66, "probesFailed": 0}


def _capture_status(call: Call, resource: Resource) -> JSON:
    return {
        "name": resource.name,
        "id": resource.id,
        "captureStartTime": timestamp(resource.created),
        "packetCaptureStatus": "Running",
        "packetCaptureError": [],
    }


def _monitor_states(call: Call, resource: Resource) -> JSON:
    return {"sourceStatus": "Active", "states": []}


ACTIONS: dict[str, dict[str, Answer]] = {
    "Microsoft.Network/networkInterfaces": {
        "effectivenetworksecuritygroups": _empty,
        "effectiveroutetable": _default_routes,
    },
    "Microsoft.Network/virtualNetworkGateways": {
        "reset": _nothing,
        "getbgppeerstatus": _empty,
        "getlearnedroutes": _empty,
        "getadvertisedroutes": _advertised,
    },
    "Microsoft.Network/vpnGateways": {"reset": _nothing},
    "Microsoft.Network/applicationGateways": {"start": _nothing, "stop": _nothing},
    "Microsoft.Network/networkWatchers": {
        "topology": _topology,
        "networkconfigurationdiagnostic": lambda call, resource: {"results": []},
        "securitygroupview": lambda call, resource: {"networkInterfaces": []},
        "connectivitycheck": _connectivity,
        "configureflowlog": _flow_log,
        "queryflowlogstatus": _flow_log,
        "troubleshoot": _troubleshooting,
        "querytroubleshootresult": _troubleshooting,
    },
    "Microsoft.Network/networkWatchers/connectionMonitors": {
        "query": _monitor_states,
        "start": _nothing,
        "stop": _nothing,
    },
    "Microsoft.Network/networkWatchers/packetCaptures": {"querystatus": _capture_status, "stop": _nothing},
}
_AT_ONCE = frozenset({"queryflowlogstatus", "querytroubleshootresult"})


def has_action(resource_type: str, name: str) -> bool:
    """Whether resources of a type have an action.

    Args:
        resource_type: The full type, in Azure's casing.
        name: The action, in lower case.
    """
    return name in ACTIONS.get(resource_type, {})


def act(call: Call, resource: Resource, name: str) -> Response:
    """Answer an action.

    Args:
        call: The request, at the resource's own path.
        resource: The resource.
        name: The action, in lower case.
    """
    answer = ACTIONS.get(resource.type, {}).get(name)
    if answer is None:
        raise invalid_resource_type(call.path.namespace, name, call.api_version)
    found = answer(call, resource)
    if name in _AT_ONCE:
        return Response.of(200, found)
    kind = f"{resource.type}/{name}"
    operation = call.azure.start_operation(kind, resource, api_version=call.api_version, holds=False)
    operation.result = found
    row = behaviour_of(kind)
    headers = accepted_headers(operation, call.request)
    response = Response.of(row.status, None, headers, pending=True)
    if row.status == 200 and found is not None:
        return Response.of(200, found, headers)
    if row.headers == "L":
        response.body = b"null"
        response.headers["Content-Type"] = "application/json; charset=utf-8"
    return response
