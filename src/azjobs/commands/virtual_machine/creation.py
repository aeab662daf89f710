"""How a VM is made: what is looked at first, and the one deployment that makes it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from azjobs.commands.rules.labels import with_suffix
from azjobs.commands.virtual_machine import image_lookup, resources, surroundings, template
from azjobs.commands.virtual_machine.resources import properties
from azjobs.commands.virtual_machine.specification import Specification
from azjobs.commands.virtual_machine.surroundings import Surroundings
from azjobs.commands.virtual_machine.template import Blueprint
from azjobs.errors import InvalidArgument, RequestRefused
from azjobs.operations.plan import Finished, FirstRequest, ResultFrom

if TYPE_CHECKING:
    from azjobs.operations.arm import Arm

DEPLOYMENT_PREFIX = "azjobs-"
"""Deployments of ours are named by it and the instance id of the job."""

DOMAIN_NAME = "fully_qualified_domain_name"
"""What `VirtualMachine.from_arm` is given beside the VM's body."""

_LABEL_TRIES = 8
# How Azure answers a question about a region that it does not have (or that has none of this).
_NO_SUCH_REGION = frozenset({"NoRegisteredProviderFound", "NotFound", "LocationNotAvailableForResourceType"})


def creation(subscription: str, specification: Specification) -> Callable[[Arm], Awaitable[FirstRequest | Finished]]:
    """Return what prepares the deployment; see `prepare`."""

    async def run(arm: Arm) -> FirstRequest | Finished:
        return await prepare(arm, subscription, specification)

    return run


async def prepare(arm: Arm, subscription: str, specification: Specification) -> FirstRequest | Finished:
    """Look at the resource group, make it when it is missing, and return the deployment that makes the VM.

    All that is checked here is checked before the group is made, so that its refusal leaves nothing behind.

    Raises:
        InvalidArgument: a DNS label that was asked for is taken, or what is there does not fit together.
        RequestRefused: Azure refused.
    """
    found = await surroundings.look(arm, subscription, specification)
    if found.virtual_machine is not None:
        return await _existing(arm, specification, found)
    location = surroundings.choose_location(specification, found)
    if not specification.image.known:
        image = await image_lookup.complete(arm, subscription, location, specification.image)
        specification = specification.with_image(image)
    label = await _choose_label(arm, subscription, location, specification, found)
    blueprint = Blueprint(specification=specification, surroundings=found, location=location, label=label)
    body = template.deployment(blueprint)
    for warning in warnings(specification, found):
        arm.warn(warning)
    if found.group is None:
        group = resources.group_path(subscription, specification.resource_group)
        await arm.request("PUT", group, api_version=resources.RESOURCES, body={"location": location})
    return await _first_request(arm, subscription, blueprint, body)


def warnings(specification: Specification, found: Surroundings) -> list[str]:
    """Return what was asked for and does not come about because a part is there already and is used as it is."""
    said = []
    if found.network_interface is not None:
        said.append(
            f"The network interface '{found.network_interface['name']}' exists already and is used as it is, with "
            "its addresses."
        )
        return said
    if found.virtual_network is not None and specification.network_given:
        said.append(
            f"The virtual network '{found.virtual_network['name']}' exists already and is used as it is; "
            "address_prefix does not change it."
        )
    if (subnet := found.subnet(specification.parts.subnet)) is not None and specification.subnet_given:
        said.append(
            f"The subnet '{subnet['name']}' exists already and is used as it is; "
            "subnet_address_prefix does not change it."
        )
    if found.security_group is not None and specification.ports_given:
        said.append(
            f"The network security group '{found.security_group['name']}' exists already and is used as it is; "
            "open_ports and allow_from do not change it."
        )
    if found.public_ip is not None and specification.label is not None:
        said.append(
            f"The public IP address '{found.public_ip['name']}' exists already and is used as it is; "
            "domain_name_label does not change it."
        )
    return said


async def _existing(arm: Arm, specification: Specification, found: Surroundings) -> Finished:
    body = dict(found.virtual_machine or {})
    state = properties(body).get("provisioningState", "Succeeded")
    advice = "" if state == "Succeeded" else f" (its state is {state}); remove it with remove_vm to make it anew"
    return Finished(
        body=body,
        extras={DOMAIN_NAME: await surroundings.find_domain_name(arm, body)},
        warnings=(
            f"The VM '{body['name']}' in the resource group '{specification.resource_group}' exists already and "
            "is returned "
            f"unchanged{advice}.",
        ),
    )


async def _choose_label(
    arm: Arm, subscription: str, location: str, specification: Specification, found: Surroundings
) -> str | None:
    """Return the DNS label of the public IP address that is made; None when none is made."""
    if not specification.public_ip or found.public_ip is not None or found.network_interface is not None:
        return None
    label = specification.default_label if specification.label is None else specification.label
    if await _label_is_free(arm, subscription, location, label):
        return label
    if specification.label is not None:
        raise InvalidArgument(
            f"The DNS label '{label}' is taken in {location} and nothing was created; give another "
            "domain_name_label, or none to "
            "get one that is free."
        )
    for _ in range(_LABEL_TRIES):
        candidate = with_suffix(label, secrets.token_hex(3))
        if await _label_is_free(arm, subscription, location, candidate):
            return candidate
    raise InvalidArgument(f"No free DNS label was found in {location} for '{label}'; give domain_name_label.")


async def _label_is_free(arm: Arm, subscription: str, location: str, label: str) -> bool:
    path = f"/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/CheckDnsNameAvailability"
    try:
        answer = await arm.get(path, api_version=resources.NETWORK, query={"domainNameLabel": label})
    except RequestRefused as error:
        if error.error_code not in _NO_SUCH_REGION:
            raise
        raise InvalidArgument(
            f"'{location}' is no region of Azure that has public IP addresses; give a location such as 'eastus' "
            "(`az account list-locations` lists them)."
        ) from error
    return bool((answer or {}).get("available"))


async def _first_request(arm: Arm, subscription: str, blueprint: Blueprint, body: dict[str, object]) -> FirstRequest:
    specification = blueprint.specification
    group = specification.resource_group
    # Named after the job, so that whoever takes the job up after a crash knows whether Azure got it.
    name = f"{DEPLOYMENT_PREFIX}{arm.instance_id or secrets.token_hex(16)}"
    path = resources.resource_path(subscription, group, resources.DEPLOYMENTS, name)
    domain_name = None
    if blueprint.surroundings.network_interface is not None:
        domain_name = await surroundings.find_interface_domain_name(arm, blueprint.surroundings.network_interface)
    has_output = template.DOMAIN_NAME_OUTPUT in body["properties"]["template"]["outputs"]  # type: ignore[index]
    virtual_machine = resources.resource_path(subscription, group, resources.VIRTUAL_MACHINES, specification.name)
    return FirstRequest(
        method="PUT",
        path=path,
        api_version=resources.RESOURCES,
        body=body,
        deployment=path,
        result=ResultFrom(
            path=virtual_machine,
            api_version=resources.COMPUTE,
            extras={DOMAIN_NAME: domain_name},
            extras_from_outputs={DOMAIN_NAME: template.DOMAIN_NAME_OUTPUT} if has_output else {},
            look=virtual_machine,
        ),
    )
