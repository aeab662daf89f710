"""How operations of Microsoft.Network behave: very much alike, whatever the type."""

from __future__ import annotations

from dataclasses import replace

from azjobs.emulator.behaviour import Behaviour, PollUrl

_NAMESPACE = "microsoft.network/"
_WRITE = Behaviour(
    state="Updating",
    headers="A",
    poll_url=PollUrl.NETWORK,
    retry_after=10,
    poll_retry_after=10,
    seconds=10,
    notification=True,
)
_DELETE = Behaviour(
    status=202,
    state="Deleting",
    headers="AL",
    poll_url=PollUrl.NETWORK,
    retry_after=10,
    poll_retry_after=10,
    final_status=204,
    seconds=10,
    notification=True,
)
_ACTION = replace(_DELETE, state="Updating", final_status=200, notification=False)
_QUERY = replace(_ACTION, headers="L", result=True)
_CHILD_WRITE, _CHILD_DELETE = replace(_WRITE, notification=False), replace(_DELETE, notification=False)
_AT_ONCE = replace(_WRITE, state="Succeeded", seconds=0, retry_after=None, poll_retry_after=None)
"""Done when it is answered; it has a poll URL all the same."""
_TAGS = Behaviour(status=200, notification=True)
"""A PATCH of a network resource changes its tags, at once."""
_FIREWALL_MANAGER = replace(_WRITE, poll_url=PollUrl.FIREWALL_MANAGER, notification=False)

_WRITES: dict[str, Behaviour] = {
    "virtualnetworks": replace(_WRITE, seconds=4, retry_after=3),
    "virtualnetworks/subnets": replace(_CHILD_WRITE, seconds=3, retry_after=3),
    "publicipaddresses": replace(_WRITE, seconds=2, retry_after=1, poll_retry_after=2),
    "networksecuritygroups": replace(_WRITE, seconds=4, retry_after=3),
    "networksecuritygroups/securityrules": replace(_CHILD_WRITE, seconds=4, retry_after=3),
    "networkinterfaces": _AT_ONCE,
    "loadbalancers": _AT_ONCE,
    "loadbalancers/inboundnatrules": replace(_AT_ONCE, notification=False),
    "ddosprotectionplans": _AT_ONCE,
    "networkprofiles": _AT_ONCE,
    "networkwatchers": _AT_ONCE,
    "virtualnetworkgateways": replace(_WRITE, seconds=1500),
    "azurefirewalls": replace(_WRITE, seconds=300),
    "vpngateways": replace(_WRITE, seconds=1500),
    "virtualhubs": replace(_WRITE, seconds=600),
    "bastionhosts": replace(_WRITE, seconds=300),
    "applicationgateways": replace(_WRITE, seconds=300),
    "firewallpolicies": _FIREWALL_MANAGER,
    "firewallpolicies/rulegroups": _FIREWALL_MANAGER,
    "firewallpolicies/rulecollectiongroups": _FIREWALL_MANAGER,
    "ipgroups": _FIREWALL_MANAGER,
}

TABLE: dict[str, Behaviour] = {
    **{f"{_NAMESPACE}{name}/{verb}": row for name, row in _WRITES.items() for verb in ("create", "update")},
    f"{_NAMESPACE}networkinterfaces/attached": replace(_WRITE, seconds=10),
    f"{_NAMESPACE}networkinterfaces/delete": replace(_DELETE, retry_after=None),
    f"{_NAMESPACE}networkinterfaces/effectivenetworksecuritygroups": _QUERY,
    f"{_NAMESPACE}networkinterfaces/effectiveroutetable": _QUERY,
    f"{_NAMESPACE}firewallpolicies/delete": Behaviour(),
    f"{_NAMESPACE}ipgroups/delete": Behaviour(),
    f"{_NAMESPACE}firewallpolicies/rulegroups/delete": replace(_CHILD_DELETE, poll_url=PollUrl.FIREWALL_MANAGER),
    f"{_NAMESPACE}firewallpolicies/rulecollectiongroups/delete": replace(
        _CHILD_DELETE, poll_url=PollUrl.FIREWALL_MANAGER
    ),
    f"{_NAMESPACE}azurefirewalls/patch": replace(_TAGS, state="Updating"),
    f"{_NAMESPACE}virtualhubs/patch": replace(_TAGS, state="Updating"),
    f"{_NAMESPACE}virtualnetworkgateways/patch": replace(_TAGS, state="Updating"),
    f"{_NAMESPACE}virtualnetworkgateways/getadvertisedroutes": _QUERY,
    f"{_NAMESPACE}virtualnetworkgateways/getbgppeerstatus": _QUERY,
    f"{_NAMESPACE}virtualnetworkgateways/getlearnedroutes": _QUERY,
    f"{_NAMESPACE}connections/setsharedkey": replace(_CHILD_WRITE, status=200),
    f"{_NAMESPACE}networkwatchers/networkconfigurationdiagnostic": _QUERY,
    f"{_NAMESPACE}networkwatchers/securitygroupview": _QUERY,
    f"{_NAMESPACE}networkwatchers/troubleshoot": _QUERY,
    f"{_NAMESPACE}networkwatchers/connectivitycheck": _QUERY,
    f"{_NAMESPACE}networkwatchers/configureflowlog": _QUERY,
    f"{_NAMESPACE}networkwatchers/topology": replace(_ACTION, status=200),
    f"{_NAMESPACE}networkwatchers/connectionmonitors/start": replace(_ACTION, status=200),
    f"{_NAMESPACE}networkwatchers/packetcaptures/querystatus": _QUERY,
    f"{_NAMESPACE}networkwatchers/connectionmonitors/query": _QUERY,
    f"{_NAMESPACE}privatelinkservices/privateendpointconnections/create": replace(_CHILD_WRITE, status=200),
    f"{_NAMESPACE}privatednszones/create": Behaviour(
        status=202,
        state="Accepted",
        headers="AL",
        poll_url=PollUrl.PRIVATE_DNS,
        retry_after=30,
        seconds=30,
        hidden=True,
    ),
    f"{_NAMESPACE}privatednszones/update": Behaviour(
        status=202, state="Updating", headers="AL", poll_url=PollUrl.PRIVATE_DNS, retry_after=30, seconds=30
    ),
    f"{_NAMESPACE}privatednszones/delete": Behaviour(
        status=202, state="Deleting", headers="AL", poll_url=PollUrl.PRIVATE_DNS, retry_after=30, seconds=30
    ),
}
_SYNCHRONOUS = ("dnszones", "trafficmanagerprofiles", "frontdoors", "privatednszones/")
"""Types that other services than the network provider answer for."""


def default(type_and_verb: str) -> Behaviour | None:
    """The row of an operation of this provider that has none of its own.

    Args:
        type_and_verb: The key of the row, in lower case.
    """
    if not type_and_verb.startswith(_NAMESPACE):
        return None
    resource_type, _, verb = type_and_verb.removeprefix(_NAMESPACE).rpartition("/")
    if resource_type.startswith(_SYNCHRONOUS):
        return None
    is_child = "/" in resource_type
    match verb:
        case "create" | "update":
            return _CHILD_WRITE if is_child else _WRITE
        case "delete":
            return _CHILD_DELETE if is_child else _DELETE
        case "patch":
            return _TAGS
    return _ACTION
