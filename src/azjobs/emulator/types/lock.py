"""Management locks, which forbid deletes and writes below their scope. `dispatch` enforces them."""

from __future__ import annotations

from typing_extensions import override

from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_text
from azjobs.emulator.errors import ArmError
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types.resource import ResourceType

_LEVELS = ("NotSpecified", "CanNotDelete", "ReadOnly")


class Lock(ResourceType):
    """`Microsoft.Authorization/locks`, on a subscription, a group or a resource."""

    type = "Microsoft.Authorization/locks"

    @override
    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        level = as_text(document["properties"].get("level"), "properties.level")
        if level not in _LEVELS:
            raise ArmError(
                400,
                "LockLevelInvalid",
                f"The lock level '{level}' is invalid. The valid levels are '{','.join(_LEVELS)}'.",
                gateway=True,
            )

    @override
    def put(self, call: Call) -> Response:
        response = super().put(call)
        resource = self.find(call)
        if resource is not None:
            resource.properties.pop("provisioningState", None)
            return Response.of(response.status, self.show(call.azure, resource))
        return response


TYPES = (Lock(),)
