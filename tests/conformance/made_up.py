"""Made-up recordings: what a recorder would have written of an Azure that answers as the emulator does, or not."""

from __future__ import annotations

import json
from typing import Any

BASE = "https://management.azure.com"
SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
OPERATION = f"{BASE}{SUBSCRIPTION}/providers/Microsoft.Network/locations/eastus/operations/abc?api-version=2020-06-01"
DATES = [f"Tue, 06 Apr 2021 03:55:{second:02} GMT" for second in range(60)]


def entry(method: str, url: str, status: int, body: Any = None, *, second: int = 0, **more: Any) -> dict[str, Any]:
    """One entry as .NET's recorder writes it; `sent` is the request's body, `headers` are the response's."""
    headers = {"Date": [DATES[second]], **{name: [value] for name, value in more.get("headers", {}).items()}}
    sent = more.get("sent")
    return {
        "RequestUri": url if "?" in url else f"{url}?api-version=2020-06-01",
        "EncodedRequestUri": "",
        "RequestMethod": method,
        "RequestBody": "" if sent is None else json.dumps(sent),
        "RequestHeaders": {},
        "ResponseBody": "" if body is None else json.dumps(body),
        "ResponseHeaders": headers,
        "StatusCode": status,
    }


def group_body() -> dict[str, Any]:
    """A resource group as Azure answers it."""
    return {
        "id": GROUP,
        "name": "rg",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "eastus",
        "properties": {"provisioningState": "Succeeded"},
    }


def network_body(state: str) -> dict[str, Any]:
    """A virtual network as Azure answers it."""
    return {
        "name": "v",
        "id": NETWORK,
        "etag": 'W/"7"',
        "type": "Microsoft.Network/virtualNetworks",
        "location": "eastus",
        "properties": {
            "provisioningState": state,
            "resourceGuid": "d7b16667-8b8f-4d82-9dac-9c10fcf5e028",
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [],
            "virtualNetworkPeerings": [],
            "enableDdosProtection": False,
            "enableVmProtection": False,
        },
    }


def network_session() -> dict[str, Any]:
    """A group and a virtual network, polled until it is made. Its operation takes longer than the emulator's."""
    sent = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    started = {"Azure-AsyncOperation": OPERATION, "Retry-After": "3"}
    running, done = {"status": "InProgress"}, {"status": "Succeeded"}
    entries = [
        entry("PUT", GROUP, 201, group_body(), sent={"location": "eastus"}),
        entry("PUT", NETWORK, 201, network_body("Updating"), second=1, sent=sent, headers=started),
        entry("GET", OPERATION.removeprefix(BASE), 200, running, second=4, headers={"Retry-After": "10"}),
        entry("GET", OPERATION.removeprefix(BASE), 200, running, second=44, headers={"Retry-After": "10"}),
        entry("GET", OPERATION.removeprefix(BASE), 200, done, second=55),
        entry("GET", NETWORK, 200, network_body("Succeeded"), second=55),
    ]
    return {"Entries": entries, "Names": {}, "Variables": {}}


def cassette(session: dict[str, Any]) -> str:
    """The same recording as Python's recorder writes it. YAML is a superset of JSON."""
    interactions = [
        {
            "request": {
                "method": one["RequestMethod"],
                "uri": BASE + one["RequestUri"],
                "body": one["RequestBody"] or None,
                "headers": {},
            },
            "response": {
                "status": {"code": one["StatusCode"], "message": ""},
                "headers": one["ResponseHeaders"],
                "body": {"string": one["ResponseBody"]},
            },
        }
        for one in session["Entries"]
    ]
    return json.dumps({"interactions": interactions, "version": 1})


def go_cassette(session: dict[str, Any]) -> str:
    """The same recording as Go's recorder writes it."""
    interactions = [
        {
            "id": number,
            "request": {"method": one["RequestMethod"], "url": BASE + one["RequestUri"], "body": one["RequestBody"]},
            "response": {
                "status": f"{one['StatusCode']} whatever",
                "code": one["StatusCode"],
                "headers": one["ResponseHeaders"],
                "body": one["ResponseBody"],
                "duration": "1.2s",
            },
        }
        for number, one in enumerate(session["Entries"])
    ]
    return json.dumps({"version": 2, "interactions": interactions})
