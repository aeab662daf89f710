"""One request against one resource, as the handlers of resource types see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from azjobs.emulator.paths import ResourcePath
from azjobs.emulator.request import JSON, Request

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure
    from azjobs.emulator.store import Store


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request with its parsed path.

    Args:
        azure: The emulated Azure.
        request: The request.
        path: The path, its types in canonical casing.
        internal: Whether a deployment makes the request, and not a client.
    """

    azure: Azure
    request: Request
    path: ResourcePath
    internal: bool = False

    @property
    def now(self) -> float:
        """Emulator time of this request."""
        return self.azure.now

    @property
    def store(self) -> Store:
        """What exists."""
        return self.azure.store

    @property
    def api_version(self) -> str:
        """The api-version of the request."""
        return self.request.api_version

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; names in lower case."""
        return dict(self.request.query)

    @cached_property
    def body(self) -> JSON:
        """The body as a JSON object; parsed once.

        Raises:
            ArmError: It is none.
        """
        return self.request.json()
