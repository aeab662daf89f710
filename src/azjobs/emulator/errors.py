"""ARM's errors: one exception, and a function for each error that more than one module answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class ArmError(Exception):
    """An error as ARM answers it.

    Args:
        status: HTTP status code.
        code: ARM's stable error code.
        message: The message, worded as Azure words it.
        target: The property or resource that is wrong, when Azure names one.
        details: Inner errors. An empty list is sent (Microsoft.Network does), None is not.
        gateway: Whether ARM's front door, and not a resource provider, refused.
        headers: Further headers of the response.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        details: list[dict[str, Any]] | None = None,
        gateway: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.details = details
        self.gateway = gateway
        self.headers = dict(headers or {})

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def content(self) -> dict[str, Any]:
        """What stands under `error` in the body."""
        content: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            content["target"] = self.target
        if self.details is not None:
            content["details"] = self.details
        return content

    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": self.content()}


def network_error(status: int, code: str, message: str) -> ArmError:
    """An error of Microsoft.Network, which always sends `details`."""
    return ArmError(status, code, message, details=[])


def invalid_parameter(message: str, target: str) -> ArmError:
    """A property that Microsoft.Compute refuses."""
    return ArmError(400, "InvalidParameter", message, target=target)


def missing_parameter(name: str) -> ArmError:
    """A required property of Microsoft.Compute that is absent."""
    return invalid_parameter(f"Required parameter '{name}' is missing (null).", name)


def invalid_request_format(message: str) -> ArmError:
    """A body whose JSON has the wrong shape."""
    return ArmError(400, "InvalidRequestFormat", f"Cannot parse the request. {message}", details=[])


def resource_group_not_found(group: str) -> ArmError:
    """A request in a resource group that does not exist."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.", gateway=True)


def resource_group_being_deleted(group: str) -> ArmError:
    """A write in a resource group that is on its way out."""
    return ArmError(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{group}' is in deprovisioning state and cannot perform this operation.",
        gateway=True,
    )


def resource_not_found(resource_type: str, name: str, group: str | None) -> ArmError:
    """A read of a resource that does not exist."""
    where = f"under resource group '{group}' " if group else ""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}' {where}was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        gateway=True,
    )


def entity_not_found() -> ArmError:
    """A compute operation, size or image that does not exist."""
    return ArmError(404, "NotFound", "The entity was not found in this Azure location.")


def invalid_reference(referenced: str, referrer: str) -> ArmError:
    """A resource that names another one which does not exist or is in another region."""
    return network_error(
        400,
        "InvalidResourceReference",
        f"Resource {referenced} referenced by resource {referrer} was not found. "
        "Please make sure that the referenced resource exists, and that both resources are in the same region.",
    )


def referenced_resource_not_provisioned(referenced: str, referrer: str, state: str) -> ArmError:
    """A resource that names another one which cannot be used now."""
    return network_error(
        409,
        "ReferencedResourceNotProvisioned",
        f"Cannot proceed with operation because resource {referenced} used by resource {referrer} "
        f"is not in Succeeded state. Resource is in {state} state.",
    )


def method_not_allowed(method: str, path: str) -> ArmError:
    """A method that a path has no meaning for."""
    return ArmError(
        405,
        "MethodNotAllowed",
        f"The HTTP method '{method}' is not supported at '{path}'.",
        gateway=True,
    )


def path_not_found(path: str) -> ArmError:
    """A path that ARM has no meaning for."""
    return ArmError(404, "NotFound", f"The request path '{path}' was not found.", gateway=True)


def invalid_resource_type(namespace: str, resource_type: str, api_version: str) -> ArmError:
    """An action or a type that the namespace does not have."""
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type '{resource_type}' could not be found in the namespace '{namespace}' "
        f"for api version '{api_version}'.",
        gateway=True,
    )


def in_use_by(identifiers: Iterable[str]) -> str:
    """The list of resource ids in a message about what is in use."""
    return ",".join(sorted(identifiers))
