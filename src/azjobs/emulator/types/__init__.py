"""Resource types: the table says how an operation behaves on the wire, these say what a type alone does.

A module in here has a tuple `TYPES` of `ResourceType` instances. To add a type, write the module and name it in
`_MODULES`. Whatever has no handler is answered by `GenericType`: it exists, is listed and deleted, and is synchronous.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from azjobs.emulator.behaviour import PollUrl, behaviour_of
from azjobs.emulator.shapes import Shape
from azjobs.emulator.types.provider import register
from azjobs.emulator.types.resource import GenericType, ResourceType
from azjobs.emulator.types.shaped_network import ShapedNetworkType

if TYPE_CHECKING:
    from azjobs.emulator.call import Call
    from azjobs.emulator.core import Azure
    from azjobs.emulator.request import Response

_MODULES = (
    "resource_group",
    "subscription",
    "tag",
    "reports",
    "provider",
    "lock",
    "polls",
    "virtual_network",
    "public_ip",
    "network_security_group",
    "network_interface",
    "shaped_network",
    "virtual_machine",
    "machine_extension",
    "disk",
    "snapshot",
    "shaped_compute",
    "scale_set",
    "scale_set_instance",
    "compute_catalogue",
    "catalogue",
    "deployment",
)


class Registry:
    """The handlers by their type."""

    def __init__(self) -> None:
        self._handlers: dict[str, ResourceType] = {}
        self._generic: dict[str, ResourceType] = {}
        for module in _MODULES:
            for handler in import_module(f"{__name__}.{module}").TYPES:
                self.add(handler)

    def add(self, handler: ResourceType) -> None:
        """Register a handler for its type, in place of the one that is there."""
        self._handlers[handler.type.lower()] = handler

    def install(self, azure: Azure) -> None:
        """Let every handler register its listeners and timers."""
        for handler in self._handlers.values():
            handler.install(azure)

    def find(self, resource_type: str) -> ResourceType | None:
        """The handler made for a type."""
        return self._handlers.get(resource_type.lower())

    def of(self, resource_type: str) -> ResourceType:
        """The handler of a type, the generic one when none is made for it."""
        key = resource_type.lower()
        handler = self._handlers.get(key) or self._generic.get(key)
        if handler is None:
            handler = self._made(resource_type)
            if len(self._generic) < 1000:
                self._generic[key] = handler
        return handler

    @staticmethod
    def _made(resource_type: str) -> ResourceType:
        """A handler for a type that nothing is known of; those of the network provider are much alike."""
        if behaviour_of(f"{resource_type}/create").poll_url is PollUrl.NETWORK:
            return ShapedNetworkType(Shape(type=resource_type, location=False))
        return GenericType(resource_type)

    def canonical_types(self, resource_type: str) -> str:
        """A full type in the casing that Azure answers with, as far as it is known."""
        known = self._handlers.get(resource_type.lower())
        if known is not None:
            return known.type
        head, _, tail = resource_type.rpartition("/")
        return f"{self.canonical_types(head)}/{tail}" if "/" in head else resource_type

    def action_of_provider(self, resource_type: str, call: Call) -> Response:
        """Answer `POST …/providers/{namespace}/{action}`: the action's own handler, or a registration."""
        handler = self.find(resource_type)
        return handler.post(call) if handler is not None else register(call)

    def known_types(self) -> list[str]:
        """The full names of the types that have handlers."""
        return sorted(handler.type for handler in self._handlers.values())
