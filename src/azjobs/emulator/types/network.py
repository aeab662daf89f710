"""What the resources of Microsoft.Network have in common: etags, resource GUIDs, references, children in the body."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from azjobs.emulator.behaviour import behaviour_of
from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_objects, as_text
from azjobs.emulator.errors import (
    ArmError,
    invalid_reference,
    invalid_request_format,
    network_error,
    referenced_resource_not_provisioned,
)
from azjobs.emulator.operations import Operation
from azjobs.emulator.paths import ResourcePath, looks_like_resource_id
from azjobs.emulator.polling import accepted_headers
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types.resource import ResourceType, check_preconditions

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

NAME = re.compile(r"\w(?:[\w.-]{0,78}\w)?", re.ASCII)


class NetworkType(ResourceType):
    """A resource of Microsoft.Network."""

    needs_location = True
    name_rule = NAME
    children: ClassVar[tuple[str, ...]] = ()
    """The properties that are lists of child resources; their children's type is the property's name."""

    @override
    def not_found(self, call: Call) -> ArmError:
        if call.store.get(call.path.parent.id) is None and len(call.path.types) > 1:
            return network_error(404, "ParentResourceNotFound", f"Resource {call.path.parent.id} not found.")
        return super().not_found(call)

    @override
    def incoming(self, call: Call, existing: Resource | None) -> JSON:
        document = super().incoming(call, existing)
        document["properties"] = _with_bare_references(document["properties"])
        return document

    @override
    def prepare(self, call: Call, resource: Resource, existing: Resource | None) -> None:
        guid = resource.attributes.setdefault("resourceGuid", call.azure.new_id())
        self.complete(call, resource)
        properties = resource.properties
        resource.document["properties"] = {"provisioningState": "Succeeded", "resourceGuid": guid, **properties}
        resource.document["properties"]["resourceGuid"] = guid
        self.renew_etag(call.azure, resource)

    def complete(self, call: Call, resource: Resource) -> None:
        """Fill in the defaults of the type."""

    def patch(self, call: Call) -> Response:
        """Answer PATCH: of a network resource, tags alone, at once."""
        existing = self.require(call)
        check_preconditions(call, existing)
        change = self.incoming_patch(call, existing)
        tags = change.get("tags", {})
        existing.document["tags"] = {name: value for name, value in tags.items() if value is not None}
        self.renew_etag(call.azure, existing)
        call.store.put(existing)
        row = behaviour_of(f"{self.type}/patch")
        shown = dict(self.show(call.azure, existing))
        shown["properties"] = {**shown["properties"], "provisioningState": row.state}
        return Response.of(200, shown, {"Azure-AsyncNotification": "Enabled"} if row.notification else {})

    @override
    def set_state(self, azure: Azure, resource: Resource, state: str) -> None:
        super().set_state(azure, resource, state)
        self.renew_etag(azure, resource)

    def renew_etag(self, azure: Azure, resource: Resource) -> None:
        """Give the resource and its children a new etag, and the children the resource's state."""
        etag = f'W/"{azure.new_id()}"'
        resource.document["etag"] = etag
        for name in self.children:
            for child in resource.properties.get(name) or ():
                child["etag"] = etag
                child.setdefault("properties", {})["provisioningState"] = resource.state
        azure.store.touch()


def _with_bare_references(value: Any) -> Any:
    """The value with its references to other resources reduced to their ids: Azure keeps no more of them."""
    if isinstance(value, list):
        return [_with_bare_references(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _bare(item)
        if isinstance(item, dict) and looks_like_resource_id(item.get("id"))
        else _with_bare_references(item)
        for name, item in value.items()
    }


def _bare(reference: JSON) -> JSON:
    properties = reference.get("properties")
    option = properties.get("deleteOption") if isinstance(properties, dict) else None
    bare: JSON = {"id": reference["id"]}
    return bare if option is None else {**bare, "properties": {"deleteOption": option}}


def child_documents(call: Call, resource_id: str, resource_type: str, properties: JSON, name: str) -> list[JSON]:
    """The child resources in a list property, each with id and type.

    Raises:
        ArmError: A child has no name, or one twice.
    """
    children, seen = [], set()
    for child in as_objects(properties.get(name), f"properties.{name}"):
        child_name = as_text(child.get("name"), f"properties.{name}.name")
        if not child_name or not NAME.fullmatch(child_name):
            raise network_error(
                400,
                "InvalidResourceName",
                f"Resource name {child_name or ''} is invalid. The name can be up to 80 characters long. It must begin "
                "with a word character, and it must end with a word character or with '_'. The name may contain word "
                "characters or '.', '-', '_'.",
            )
        if child_name.lower() in seen:
            raise network_error(
                400,
                "InvalidRequestFormat",
                f"Cannot parse the request: Duplicate resource name {child_name} in 'properties.{name}'.",
            )
        seen.add(child_name.lower())
        child_properties = child.get("properties") or {}
        if not isinstance(child_properties, dict):
            raise invalid_request_format(f"The property 'properties.{name}.properties' must be an object.")
        children.append(
            {
                "name": child_name,
                "id": f"{resource_id}/{name}/{child_name}",
                "type": f"{resource_type}/{name}",
                "properties": {"provisioningState": "Updating", **child_properties},
            }
        )
    return children


def require_reference(call: Call, referenced: str, resource_type: str, *, location: str | None = None) -> Resource:
    """The resource that another one names: it must exist, be of the type, in the region, and not be on its way out.

    Args:
        call: The write that names it.
        referenced: The id.
        resource_type: The type that it must have.
        location: The region that it must lie in; None for any.

    Raises:
        ArmError: InvalidResourceReference or ReferencedResourceNotProvisioned.
    """
    found = call.store.get(referenced)
    if found is None or found.attributes.get("hidden") or found.type.lower() != resource_type.lower():
        raise invalid_reference(referenced, call.path.id)
    if location is not None and found.location != location:
        raise invalid_reference(referenced, call.path.id)
    if found.state == "Deleting":
        raise referenced_resource_not_provisioned(referenced, call.path.id, found.state)
    return found


class ChildType(NetworkType):
    """A child resource that lives in a list property of its parent's body, such as a subnet.

    Its operations hold the parent: a virtual network takes one write at a time.
    """

    needs_location = False
    parent_type: str = ""
    property_name: str = ""
    """The array of the parent's body."""

    @property
    def segment(self) -> str:
        """The last part of the type."""
        return self.type.rpartition("/")[2]

    def parent(self, call: Call) -> Resource:
        """The parent, which must exist."""
        path = call.path.parent
        found = call.store.get(path.id)
        if found is None:
            handler = call.azure.types.of(path.type)
            raise handler.not_found(Call(azure=call.azure, request=call.request, path=path))
        return found

    def siblings(self, parent: Resource) -> list[JSON]:
        """The children in the parent's body."""
        found: list[JSON] = parent.properties.setdefault(self.property_name, [])
        return found

    def child(self, parent: Resource, name: str) -> JSON | None:
        """The child of that name in the parent's body."""
        return next((child for child in self.siblings(parent) if child["name"].lower() == name.lower()), None)

    @override
    def read(self, azure: Azure, path: ResourcePath) -> JSON | None:
        parent = azure.store.get(path.parent.id)
        if parent is None:
            return None
        shown = azure.types.of(parent.type).show(azure, parent)["properties"].get(self.property_name) or []
        return next((child for child in shown if child["name"].lower() == path.name.lower()), None)

    @override
    def list(self, call: Call) -> Response:
        owner = call.store.get(call.path.parent.id)
        if owner is None:
            raise call.azure.types.of(call.path.parent.type).not_found(
                Call(azure=call.azure, request=call.request, path=call.path.parent)
            )
        shown = call.azure.types.of(owner.type).show(call.azure, owner)
        return Response.of(200, {"value": shown["properties"].get(self.property_name) or []})

    @override
    def put(self, call: Call) -> Response:
        parent = self.parent(call)
        before = self.child(parent, call.path.name)
        document = self.incoming(call, None)
        kind = f"{self.type}/{'create' if before is None else 'update'}"
        call.azure.claim(parent, kind)
        body = {"name": call.path.name, "properties": document["properties"]}
        kept = [child for child in self.siblings(parent) if child is not before]
        wanted = {**parent.properties, self.property_name: [*kept, body]}
        owner = call.azure.types.of(parent.type)
        assert isinstance(owner, NetworkType)
        self.replace(call, owner, parent, wanted)
        call.store.put(parent)
        operation = call.azure.start_operation(
            kind, parent, api_version=call.api_version, target=f"{parent.id}/{self.segment}/{call.path.name}"
        )
        owner.set_state(call.azure, parent, operation.behaviour.state)
        shown = self.read(call.azure, call.path)
        headers = accepted_headers(operation, call.request)
        return Response.of(201 if before is None else 200, shown, headers, pending=True)

    @abstractmethod
    def replace(self, call: Call, owner: NetworkType, parent: Resource, properties: JSON) -> None:
        """Give the parent new properties, checked and completed as in a write of the parent."""

    @override
    def patch(self, call: Call) -> Response:
        raise ArmError(
            405, "MethodNotAllowed", f"The resource type '{self.type}' does not support PATCH.", gateway=True
        )

    @override
    def delete(self, call: Call) -> Response:
        parent = call.store.get(call.path.parent.id)
        child = self.child(parent, call.path.name) if parent is not None else None
        if parent is None or child is None:
            return Response.of(204)
        self.check_child_delete(call.azure, child)
        kind = f"{self.type}/delete"
        call.azure.claim(parent, kind)
        child["properties"]["provisioningState"] = "Deleting"
        operation = call.azure.start_operation(kind, parent, api_version=call.api_version, target=child["id"])
        return Response.of(202, None, accepted_headers(operation, call.request), pending=True)

    def check_child_delete(self, azure: Azure, child: JSON) -> None:
        """Refuse to delete a child that is in use."""

    @override
    def succeeded(self, azure: Azure, operation: Operation) -> None:
        parent = azure.store.get(operation.details["holder"])
        if parent is None:
            return
        if operation.verb == "delete":
            gone = operation.target.lower()
            remaining = [child for child in self.siblings(parent) if child["id"].lower() != gone]
            parent.properties[self.property_name] = remaining
        azure.store.put(parent)
        azure.types.of(parent.type).set_state(azure, parent, "Succeeded")

    @override
    def failed(self, azure: Azure, operation: Operation) -> None:
        parent = azure.store.get(operation.details["holder"])
        if parent is not None:
            azure.types.of(parent.type).set_state(azure, parent, "Failed")
