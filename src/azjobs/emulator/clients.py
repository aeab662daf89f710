"""Making a client of an azure-mgmt package for an emulator."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

ClientT = TypeVar("ClientT")


def is_async(client_class: Callable[..., object]) -> bool:
    """Whether a client's class is asyncio's: it comes from the `aio` part of its package."""
    return "aio" in getattr(client_class, "__module__", "").split(".")


def make(
    client_class: Callable[..., ClientT], subscription_id: str, given: Mapping[str, Any], options: Mapping[str, Any]
) -> ClientT:
    """A client for an emulator.

    Args:
        client_class: The class.
        subscription_id: The subscription, for classes that want one.
        given: What the emulator gives to the class.
        options: What the caller gives; it wins.

    Raises:
        TypeError: The class is none of an azure-mgmt package.
    """
    parameters: Mapping[str, inspect.Parameter] = {}
    with contextlib.suppress(TypeError, ValueError):
        parameters = inspect.signature(client_class).parameters
    if "credential" not in parameters:
        name = getattr(client_class, "__name__", repr(client_class))
        raise TypeError(f"{name} is not a client of Azure Resource Manager: give the class of an azure-mgmt client.")
    subscription = {"subscription_id": subscription_id} if "subscription_id" in parameters else {}
    return client_class(**{**given, **subscription, **options})
