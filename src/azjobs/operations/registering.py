"""Registering a subscription for a resource provider that it has not used yet, as the SDKs and `az` do unasked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azjobs.operations.answers import Answer, arm_error, member

if TYPE_CHECKING:
    from azjobs.operations.arm import Arm

API_VERSION = "2021-04-01"
PAUSE = 10.0
LOOKS = 30

_NAMESPACE = re.compile(r"namespace '(?P<namespace>[\w.]+)'")
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/?]+", re.IGNORECASE)


def wanted(answer: Answer, url: str) -> str | None:
    """Return the path of the provider that Azure wants the subscription to be registered for, or None.

    Example:
        >>> error = {"code": "MissingSubscriptionRegistration", "message": "… to use namespace 'Microsoft.Network'."}
        >>> wanted(Answer(409, {}, {"error": error}), "https://h/subscriptions/S/resourceGroups/g?x")
        '/subscriptions/S/providers/Microsoft.Network'
    """
    error = arm_error(answer.body)
    if answer.status != 409 or member(error, "code") != "MissingSubscriptionRegistration":
        return None
    namespace = _NAMESPACE.search(str(member(error, "message")))
    subscription = _SUBSCRIPTION.search(url)
    if namespace is None or subscription is None:
        return None
    return f"{subscription[0]}/providers/{namespace['namespace']}"


async def register(arm: Arm, provider: str) -> None:
    """Register the subscription for a provider and wait until it is; it may take minutes.

    Args:
        arm: as whom.
        provider: what `wanted` returned.

    Raises:
        RequestRefused: who asks may not register.
    """
    arm.warn(f"The subscription has not used {provider.rpartition('/')[2]} yet; it is registered for it, at no cost.")
    await arm.request("POST", f"{provider}/register", api_version=API_VERSION)
    for _ in range(LOOKS):
        body = await arm.get(provider, api_version=API_VERSION)
        if str(member(body, "registrationState")).lower() == "registered":
            return
        await arm.pause(PAUSE)
