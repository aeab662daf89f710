"""Tags: the names and values that a subscription keeps, and the tags of one scope as a resource of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from azjobs.emulator import listing
from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_object
from azjobs.emulator.errors import ArmError
from azjobs.emulator.paths import ResourcePath
from azjobs.emulator.request import JSON, Response
from azjobs.emulator.store import Resource
from azjobs.emulator.types.resource import ReadOnlyType, ResourceType, check_envelope

if TYPE_CHECKING:
    pass

_NAMES = "Microsoft.Resources/tagNames"
_TAGS = "Microsoft.Resources/tags"


def _counts(call: Call) -> dict[str, dict[str, int]]:
    """How often each value of each tag is used in the subscription, with those that are only kept."""
    subscription = f"/subscriptions/{call.path.subscription}"
    counts: dict[str, dict[str, int]] = {}
    for kept in call.store.of_type(_NAMES, subscription):
        counts[kept.attributes["tag"]] = dict.fromkeys(kept.attributes["values"], 0)
    for resource in call.store:
        if resource.key.startswith(subscription.lower() + "/"):
            for name, value in (resource.document.get("tags") or {}).items():
                values = counts.setdefault(name, {})
                values[value] = values.get(value, 0) + 1
    return counts


def _name_document(call: Call, name: str, values: dict[str, int]) -> JSON:
    root = f"/subscriptions/{call.path.subscription}/tagNames/{name}"
    return {
        "id": root,
        "tagName": name,
        "count": {"type": "Total", "value": sum(values.values())},
        "values": [_value_document(root, value, count) for value, count in values.items()],
    }


def _value_document(root: str, value: str, count: int) -> JSON:
    return {"id": f"{root}/tagValues/{value}", "tagValue": value, "count": {"type": "Total", "value": count}}


class TagNames(ReadOnlyType):
    """`/subscriptions/{id}/tagNames`: the tags in use, and those that are kept for use."""

    type = _NAMES

    @override
    def list(self, call: Call) -> Response:
        found = [_name_document(call, name, values) for name, values in _counts(call).items()]
        return listing.page(call.request, found)

    @override
    def put(self, call: Call) -> Response:
        known = call.store.get(call.path.id)
        name = call.path.name
        if known is None:
            attributes: JSON = {"tag": name, "values": []}
            now = call.now
            call.store.put(
                Resource(id=call.path.id, type=_NAMES, document={}, created=now, changed=now, attributes=attributes)
            )
        return Response.of(200 if known else 201, _name_document(call, name, _counts(call).get(name, {})))

    @override
    def delete(self, call: Call) -> Response:
        known = call.store.get(call.path.id)
        if known is None:
            return Response.of(204)
        if sum(_counts(call).get(known.attributes["tag"], {}).values()):
            raise ArmError(
                409, "TagInUse", f"The tag '{call.path.name}' cannot be deleted because it is in use.", gateway=True
            )
        call.store.remove(known)
        return Response.of(200)


class TagValues(ReadOnlyType):
    """`/subscriptions/{id}/tagNames/{name}/tagValues`."""

    type = f"{_NAMES}/tagValues"

    @staticmethod
    def _name(call: Call) -> Resource:
        known = call.store.get(call.path.parent.id)
        if known is None:
            name = call.path.parent.name
            raise ArmError(404, "TagNameNotFound", f"The tag name '{name}' could not be found.", gateway=True)
        return known

    @override
    def put(self, call: Call) -> Response:
        known, value = self._name(call), call.path.name
        is_new = value not in known.attributes["values"]
        if is_new:
            known.attributes["values"].append(value)
            call.store.touch()
        count = _counts(call)[known.attributes["tag"]].get(value, 0)
        return Response.of(201 if is_new else 200, _value_document(call.path.parent.id, value, count))

    @override
    def delete(self, call: Call) -> Response:
        known, value = self._name(call), call.path.name
        if value not in known.attributes["values"]:
            return Response.of(204)
        known.attributes["values"].remove(value)
        call.store.touch()
        return Response.of(200)


class ScopeTags(ResourceType):
    """`{scope}/providers/Microsoft.Resources/tags/default`: the tags of a resource, a group or a subscription."""

    type = _TAGS

    def _owner(self, call: Call) -> Resource | None:
        """The resource whose tags they are; None at a subscription, which has them here alone."""
        scope = call.path.scope
        owner = call.store.get(scope)
        if owner is None and scope.strip("/").count("/") > 1:
            raise ArmError(404, "ResourceNotFound", f"The Resource '{scope}' was not found.", gateway=True)
        return owner

    def _tags(self, call: Call) -> dict[str, str]:
        owner = self._owner(call)
        if owner is not None:
            return dict(owner.document.get("tags") or {})
        own = call.store.get(call.path.id)
        return dict(own.attributes["tags"]) if own is not None else {}

    def _write(self, call: Call, tags: dict[str, str]) -> Response:
        check_envelope({"tags": tags})
        owner = self._owner(call)
        if owner is not None:
            owner.document["tags"] = tags
            call.store.put(owner)
        else:
            now = call.now
            own = Resource(id=call.path.id, type=_TAGS, document={}, created=now, changed=now)
            own.attributes["tags"] = tags
            call.store.put(own)
        return Response.of(200, self._document(call.path, tags))

    @staticmethod
    def _document(path: ResourcePath, tags: dict[str, str]) -> JSON:
        return {"id": path.id, "name": "default", "type": _TAGS, "properties": {"tags": tags}}

    @override
    def get(self, call: Call) -> Response:
        return Response.of(200, self._document(call.path, self._tags(call)))

    @override
    def put(self, call: Call) -> Response:
        return self._write(call, self._given(call))

    @override
    def patch(self, call: Call) -> Response:
        given, tags = self._given(call), self._tags(call)
        match call.body.get("operation"):
            case "Merge":
                tags.update(given)
            case "Replace":
                tags = given
            case "Delete":
                tags = {name: value for name, value in tags.items() if name not in given}
            case other:
                raise ArmError(
                    400, "InvalidTagPatchOperation", f"The operation '{other}' is not Merge, Replace or Delete."
                )
        return self._write(call, tags)

    @override
    def delete(self, call: Call) -> Response:
        response = self._write(call, {})
        response.body = b""
        return response

    @staticmethod
    def _given(call: Call) -> dict[str, str]:
        properties = as_object(call.body.get("properties"), "properties")
        return dict(as_object(properties.get("tags"), "properties.tags"))


TYPES = (TagNames(), TagValues(), ScopeTags())
