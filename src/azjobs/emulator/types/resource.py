"""What is common to all resource types: reading, writing, listing and deleting as ARM does."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from azjobs.emulator import listing, polling
from azjobs.emulator.behaviour import behaviour_of
from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_object, as_text, merge, without_nulls, without_secrets
from azjobs.emulator.errors import (
    ArmError,
    invalid_request_format,
    invalid_resource_type,
    method_not_allowed,
    resource_not_found,
)
from azjobs.emulator.locations import LOCATIONS, normalize
from azjobs.emulator.operations import Operation
from azjobs.emulator.paths import ResourcePath, ancestors
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

Handler = Callable[[Call], Response]
_READ_ONLY = frozenset({"id", "name", "type", "etag", "systemdata"})
_MAXIMUM_TAGS = 50


class ResourceType:
    """One resource type. Stateless: one instance serves every emulated Azure.

    The methods up to `special` answer requests; a type overrides them when it is unlike other resources. The hooks
    below are what most types override.
    """

    type: str = ""
    """The full type, in Azure's casing."""
    needs_location: bool = False
    name_rule: ClassVar[re.Pattern[str] | None] = None
    specials: ClassVar[Mapping[str, str]] = {}
    """Reads and actions below a resource, `"POST start"` to the name of the method that answers."""

    # Requests

    def get(self, call: Call) -> Response:
        """Answer GET of one resource."""
        document = self.read(call.azure, call.path)
        if document is None:
            raise self.not_found(call)
        headers = {"ETag": document["etag"]} if isinstance(document.get("etag"), str) else {}
        pending = str((document.get("properties") or {}).get("provisioningState", "")) in _TRANSIENT
        return Response.of(200, document, headers, pending=pending)

    def head(self, call: Call) -> Response:
        """Answer HEAD: 204 when the resource exists, 404 when not."""
        if self.read(call.azure, call.path) is None:
            raise self.not_found(call)
        return Response.of(204)

    def list(self, call: Call) -> Response:
        """Answer GET of a collection: in a subscription, in a group, or below a parent."""
        owner = call.path.parent
        if owner.types and call.azure.types.of(owner.type).read(call.azure, owner) is None:
            raise call.azure.types.of(owner.type).not_found(_at(call, owner))
        scope = owner.id if owner.types else call.path.scope
        found = [
            self.show(call.azure, resource)
            for resource in call.store.of_type(call.path.type, scope)
            if not resource.attributes.get("hidden")
        ]
        return listing.page(call.request, found)

    def put(self, call: Call) -> Response:
        """Answer PUT: create the resource, or replace what is there."""
        existing = self.find(call)
        check_parent(call)
        check_preconditions(call, existing)
        document = self.incoming(call, existing)
        self.check(call, document, existing)
        self.check_references(call, document, existing)
        kind = self.kind(call, "create" if existing is None else "update", document)
        if existing is not None:
            call.azure.claim(existing, kind)
        resource = self.place(call, document, existing)
        return self.begin(call, resource, kind, created=existing is None)

    def patch(self, call: Call) -> Response:
        """Answer PATCH: merge into what is there."""
        existing = self.find(call)
        if existing is None:
            raise self.not_found(call)
        check_preconditions(call, existing)
        kind = self.kind(call, "patch", existing.document)
        call.azure.claim(existing, kind)
        document = self.merged(existing, self.incoming_patch(call, existing))
        self.check_patch(call, document, existing)
        self.check(call, document, existing)
        self.check_references(call, document, existing)
        resource = self.place(call, document, existing)
        return self.begin(call, resource, kind, created=False)

    def delete(self, call: Call) -> Response:
        """Answer DELETE: 204 when there is nothing to delete."""
        existing = self.find(call)
        if existing is None:
            return Response.of(204)
        check_preconditions(call, existing)
        self.check_delete(call.azure, existing)
        kind = f"{self.type}/delete"
        running = call.azure.operation_on(existing)
        if running is not None and running.verb == "delete":
            return Response.of(202, None, polling.accepted_headers(running, call.request), pending=True)
        call.azure.claim(existing, kind)
        if not behaviour_of(kind).is_asynchronous:
            call.azure.remove(existing)
            return Response.of(200)
        return self.begin(call, existing, kind, created=False)

    def post(self, call: Call) -> Response:
        """Answer POST on what is neither a resource nor an action in `specials`."""
        raise invalid_resource_type(call.path.namespace, call.path.type.partition("/")[2], call.api_version)

    def special(self, method: str, tail: str) -> Handler | None:
        """The handler of a read or an action below a resource; None when the type has none of that name.

        The handler is called with the path of the resource itself.
        """
        name = self.specials.get(f"{method} {tail.lower()}")
        return getattr(self, name) if name else None

    def preflight(self, call: Call) -> None:
        """Refuse what can be said of a PUT's body alone.

        Raises:
            ArmError: What is wrong.
        """
        existing = self.find(call)
        self.check(call, self.incoming(call, existing), existing)

    # Hooks

    def install(self, azure: Azure) -> None:
        """Register listeners and timers, once for each emulated Azure."""

    def read(self, azure: Azure, path: ResourcePath) -> JSON | None:
        """The body that a GET answers; None when there is no such resource. Not to be changed by the caller."""
        resource = azure.store.get(path.id)
        if resource is None or resource.attributes.get("hidden"):
            return None
        return self.show(azure, resource)

    def show(self, azure: Azure, resource: Resource) -> JSON:
        """The body of a resource as Azure shows it: its document and what is computed."""
        return resource.document

    def accepted(self, call: Call, resource: Resource, kind: str) -> JSON:
        """The body of the answer that starts the operation of a write."""
        return self.show(call.azure, resource)

    def check(self, call: Call, document: JSON, existing: Resource | None) -> None:
        """Refuse what can be said of the document alone. A document is whole: for a PATCH, after the merge."""

    def check_references(self, call: Call, document: JSON, existing: Resource | None) -> None:
        """Refuse what refers to something that is absent or taken."""

    def check_patch(self, call: Call, document: JSON, existing: Resource) -> None:
        """Refuse changes that a PATCH must not make."""

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        """Refuse to delete what is in use."""

    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        """Fill in what Azure itself gives: defaults, ids, addresses. The resource is in the store already."""

    def kind(self, call: Call, verb: str, document: JSON) -> str:
        """The key into the behaviour table of a write."""
        return f"{self.type}/{verb}"

    def seconds(self, resource: Resource, kind: str) -> float | None:
        """How long an operation takes; None for what the table says."""
        return None

    def succeeded(self, azure: Azure, operation: Operation) -> None:
        """An operation on a resource of this type has done its work.

        Raises:
            ArmError: It has not: the operation fails with this error.
        """
        resource = azure.store.get(operation.target)
        if resource is None:
            return
        if operation.verb == "delete":
            azure.remove(resource)
            return
        resource.attributes.pop("hidden", None)
        self.set_state(azure, resource, "Succeeded")

    def failed(self, azure: Azure, operation: Operation) -> None:
        """An operation on a resource of this type has failed or was cancelled."""
        resource = azure.store.get(operation.target)
        if resource is not None:
            resource.attributes.pop("hidden", None)
            self.set_state(azure, resource, "Failed")

    def removed(self, azure: Azure, resource: Resource) -> None:
        """A resource of this type has left the store."""

    # What the methods above are made of

    def find(self, call: Call) -> Resource | None:
        """The resource that the path names."""
        return call.store.get(call.path.id)

    def not_found(self, call: Call) -> ArmError:
        """The error for a resource that does not exist."""
        return resource_not_found(call.path.type, call.path.full_name, call.path.group)

    def set_state(self, azure: Azure, resource: Resource, state: str) -> None:
        """Give the resource a provisioning state."""
        resource.state = state
        azure.store.touch()

    def incoming(self, call: Call, existing: Resource | None) -> JSON:
        """The document that a PUT asks for, with the members that all resources have."""
        body = without_secrets(without_nulls(call.body))
        self.check_name(call, existing)
        check_envelope(body)
        resource_id = call.path.id if existing is None else existing.id
        document: JSON = {"name": resource_id.rpartition("/")[2], "id": resource_id, "type": self.type}
        location = self.location(call, body, existing)
        if location is not None:
            document["location"] = location
        for name, value in body.items():
            if name.lower() not in _READ_ONLY and name != "location":
                document[name] = value
        document.setdefault("properties", {})
        return document

    def incoming_patch(self, call: Call, existing: Resource) -> JSON:
        """The change that a PATCH asks for."""
        body: JSON = without_secrets(call.body)
        check_envelope(without_nulls(body))
        return {name: value for name, value in body.items() if name.lower() not in _READ_ONLY and name != "location"}

    @staticmethod
    def merged(existing: Resource, change: JSON) -> JSON:
        """The document after a PATCH. Tags are replaced as a whole, as Azure does."""
        document = merge(existing.document, change)
        if isinstance(change.get("tags"), dict):
            document["tags"] = without_nulls(change["tags"])
        document.setdefault("properties", {})
        return document

    def check_name(self, call: Call, existing: Resource | None) -> None:
        """Refuse a name that breaks the type's rule."""
        if existing is None and self.name_rule is not None and not self.name_rule.fullmatch(call.path.name):
            raise self.invalid_name(call.path.name)

    def invalid_name(self, name: str) -> ArmError:
        """The error for a name that breaks the rule."""
        return ArmError(
            400,
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word "
            "character, and it must end with a word character or with '_'. The name may contain word characters or "
            "'.', '-', '_'.",
            details=[],
        )

    def location(self, call: Call, body: JSON, existing: Resource | None) -> str | None:
        """The region that a body names, as Azure writes it."""
        given = as_text(body.get("location"), "location")
        if not given:
            if self.needs_location and existing is None:
                raise ArmError(
                    400, "LocationRequired", "The location property is required for this definition.", gateway=True
                )
            return existing.document.get("location") if existing is not None else None
        location = normalize(given)
        if self.needs_location and location not in LOCATIONS:
            raise ArmError(
                400,
                "LocationNotAvailableForResourceType",
                f"The provided location '{given}' is not available for resource type '{self.type}'. "
                f"List of available regions for the resource type is '{','.join(LOCATIONS)}'.",
                gateway=True,
            )
        if existing is not None and self.needs_location and location != existing.location:
            raise ArmError(
                409,
                "InvalidResourceLocation",
                f"The resource '{existing.name}' already exists in location '{existing.location}' in resource group "
                f"'{call.path.group}'. A resource with the same name cannot be created in location '{location}'. "
                "Please select a new resource name.",
                gateway=True,
            )
        return location

    def place(self, call: Call, document: JSON, existing: Resource | None) -> Resource:
        """Put the document into the store, with what Azure itself gives. When that is refused, nothing has changed.

        Raises:
            ArmError: There is nothing to give, such as an address in a full subnet.
        """
        if existing is None:
            resource = Resource(id=call.path.id, type=self.type, document=document, created=call.now, changed=call.now)
            before = None
        else:
            resource = existing
            before = (existing.document, existing.changed, copy.deepcopy(existing.attributes))
            # A merged document shares its parts with the one that it was merged into.
            resource.document, resource.changed = copy.deepcopy(document), call.now
        call.store.put(resource)
        try:
            self.prepare(call, resource, existing)
        except ArmError:
            if before is None:
                call.store.remove(resource)
            else:
                resource.document, resource.changed, resource.attributes = before
                call.store.put(resource)
            raise
        return resource

    def begin(self, call: Call, resource: Resource, kind: str, *, created: bool) -> Response:
        """Start the operation of a write or a delete, and answer its first response."""
        row = behaviour_of(kind)
        verb = kind.rpartition("/")[2]
        if row.hidden and created:
            resource.attributes["hidden"] = True
        self.set_state(call.azure, resource, row.state)
        call.store.put(resource)
        status = 200 if row.status == 201 and not created else row.status
        if verb == "patch" and row.is_asynchronous:
            status = row.status
        if not row.is_asynchronous:
            return Response.of(status, self.show(call.azure, resource))
        operation = call.azure.start_operation(
            kind, resource, api_version=call.api_version, seconds=self.seconds(resource, kind)
        )
        if row.state == "Succeeded":
            self.set_state(call.azure, resource, row.state)
        silent = row.hidden or verb == "delete"
        document = None if silent else self.accepted(call, resource, kind)
        headers = polling.accepted_headers(operation, call.request)
        return Response.of(status, document, headers, pending=not operation.is_terminal)

    def act(self, call: Call, resource: Resource, action: str, details: JSON | None = None) -> Response:
        """Start the operation of an action, and answer 202."""
        kind = f"{self.type}/{action}"
        call.azure.claim(resource, kind)
        operation = call.azure.start_operation(
            kind, resource, api_version=call.api_version, seconds=self.seconds(resource, kind), details=details
        )
        self.set_state(call.azure, resource, operation.behaviour.state)
        headers = polling.accepted_headers(operation, call.request)
        return Response.of(202, None, headers, pending=True)

    def require(self, call: Call) -> Resource:
        """The resource that the path names.

        Raises:
            ArmError: It does not exist.
        """
        resource = self.find(call)
        if resource is None:
            raise self.not_found(call)
        return resource


class GenericType(ResourceType):
    """A type that nothing is known of: it takes any body and is done at once."""

    def __init__(self, resource_type: str) -> None:
        self.type = resource_type

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        as_object(resource.document.get("properties"), "properties")

    @override
    def set_state(self, azure: Azure, resource: Resource, state: str) -> None:
        if self.type.lower().startswith(_STATELESS):
            azure.store.touch()
        else:
            super().set_state(azure, resource, state)


_STATELESS = (
    "microsoft.authorization/",
    "microsoft.resources/links",
    "microsoft.resources/tags",
    "microsoft.solutions/applicationdefinitions",
)
"""Types without a provisioning state."""


class ReadOnlyType(ResourceType):
    """A type that answers reads alone."""

    @override
    def put(self, call: Call) -> Response:
        raise method_not_allowed("PUT", call.request.path)

    @override
    def patch(self, call: Call) -> Response:
        raise method_not_allowed("PATCH", call.request.path)

    @override
    def delete(self, call: Call) -> Response:
        raise method_not_allowed("DELETE", call.request.path)


_TRANSIENT = frozenset({"Creating", "Updating", "Deleting", "Accepted", "Running"})


def check_envelope(body: JSON) -> None:
    """Refuse members that all resources have, when their JSON has the wrong type."""
    if "properties" in body and not isinstance(body["properties"], dict):
        raise invalid_request_format("The property 'properties' must be an object.")
    tags = body.get("tags")
    if tags is None:
        return
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise invalid_request_format("The property 'tags' must be an object of strings.")
    if len(tags) > _MAXIMUM_TAGS:
        raise ArmError(
            400,
            "InvalidTagsCount",
            f"The number of tags '{len(tags)}' specified exceeds the maximum number of tags '{_MAXIMUM_TAGS}'.",
            gateway=True,
        )
    for name, value in tags.items():
        if not 1 <= len(name) <= 512 or len(value) > 256 or re.search(r"[<>%&\\?/]", name):
            raise ArmError(
                400,
                "InvalidTagNameOrValue",
                f"The tag '{name[:80]}' is invalid: a name has 1 to 512 characters without <>%&\\?/, "
                "a value at most 256 characters.",
                gateway=True,
            )


def check_parent(call: Call) -> None:
    """Refuse a child of a resource that does not exist."""
    if len(call.path.types) < 2 or call.path.rooted:
        return
    top = ancestors(call.path.id)[0]
    if call.store.get(top) is None:
        raise ArmError(
            404,
            "ParentResourceNotFound",
            f"Failed to perform 'write' on resource(s) of type '{call.path.type.partition('/')[2]}', because the "
            f"parent resource '{call.path.names[0]}' could not be found.",
            gateway=True,
        )


def check_preconditions(call: Call, existing: Resource | None) -> None:
    """Refuse a write whose If-Match or If-None-Match header does not hold."""
    if_match = call.request.headers.get("if-match")
    if_none_match = call.request.headers.get("if-none-match")
    if call.request.method == "DELETE" and existing is None:
        return
    current = existing.document.get("etag") if existing is not None else None
    holds = True
    if if_match:
        holds = existing is not None and (if_match == "*" or current is None or if_match == current)
    if if_none_match and existing is not None:
        holds = holds and if_none_match != "*" and if_none_match != current
    if not holds:
        raise ArmError(
            412, "PreconditionFailed", "Precondition failed: the condition of an If-Match header does not hold."
        )


def _at(call: Call, path: ResourcePath) -> Call:
    return Call(azure=call.azure, request=call.request, path=path, internal=call.internal)
