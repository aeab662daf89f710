"""The changes that a deployment would make, resource by resource, as a what-if lists them.

Azure follows nested deployments and lists what they make instead of them, and leaves an expression that is known only
while a deployment runs, such as ``reference``, as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from azjobs.emulator.documents import SECRET_PROPERTIES, without_secrets
from azjobs.emulator.paths import InvalidPath, parse
from azjobs.emulator.request import JSON
from azjobs.emulator.store import Resource
from azjobs.emulator.templates.errors import Json, RuntimeOnlyError, TemplateError
from azjobs.emulator.templates.expressions import evaluate
from azjobs.emulator.templates.resources import Resource as TemplateResource
from azjobs.emulator.templates.scope import Scope
from azjobs.emulator.templates.template import Plan, plan
from azjobs.emulator.types.deployments.bodies import TYPE
from azjobs.emulator.types.deployments.cleanup import is_counted, victims
from azjobs.emulator.types.deployments.differences import differences
from azjobs.emulator.types.deployments.rehearsal import Rehearsal, overlaid, settable
from azjobs.emulator.types.deployments.target import target_of

if TYPE_CHECKING:
    from azjobs.emulator.core import Azure

_MASK = "*******"
_GROUPS = "microsoft.resources/resourcegroups"
_DEEPEST = 10
_UNKNOWN = (
    "Changes to the resource declared at '{name}' cannot be analyzed because its template or parameters depend on a "
    "value that is known only when the deployment runs: {reason}"
)


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A resource of a template, or of a nested one, with the plan that it stands in."""

    resource: TemplateResource
    plan: Plan


@dataclass(kw_only=True)
class Forecast:
    """What a deployment would do to what exists.

    Args:
        azure: The emulated Azure. It stays as it is.
        base_url: The address at which the client reached the emulator.
        correlation_id: The deployment's correlation id.
        ids_only: Whether to say only what becomes of each resource, and not how.
    """

    azure: Azure
    base_url: str
    correlation_id: str
    ids_only: bool = False
    _rehearsal: Rehearsal = field(init=False)
    _api_versions: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._rehearsal = Rehearsal(self.azure)

    def changes(self, planned: Plan, mode: str, group_id: str | None) -> list[JSON]:
        """The changes, in the order of their resources' ids.

        Args:
            planned: The plan of the deployment.
            mode: Incremental or Complete.
            group_id: The resource group that is deployed to; None at a subscription.
        """
        changes: list[JSON] = []
        wanted: dict[str, _Wanted] = {}
        for each in self._wanted(planned, changes, 0):
            wanted.setdefault(each.resource.key, each)
        changes += [self._change(each) for each in wanted.values()]
        groups = {each.resource.key.split("/providers/")[0] for each in wanted.values()}
        groups = {group for group in groups if "/resourcegroups/" in group}
        doomed: set[str] = set()
        if group_id is not None:
            groups.add(group_id.lower())
            if mode == "Complete":
                doomed = {victim.key for victim in victims(self.azure, group_id, planned, wanted.keys())}
        for group in groups:
            for other in self.azure.store.in_group(group):
                if is_counted(other) and other.key not in wanted:
                    changes.append(self._bystander(other, "Delete" if other.key in doomed else "Ignore"))
        return sorted(changes, key=lambda change: str(change["resourceId"]).lower())

    # Which resources

    def _wanted(self, planned: Plan, changes: list[JSON], depth: int) -> Iterator[_Wanted]:
        for resource in planned.deployed():
            if resource.type.lower() != TYPE.lower():
                yield _Wanted(resource=resource, plan=planned)
                continue
            try:
                nested = self._nested(planned, resource)
            except TemplateError as error:
                reason = _UNKNOWN.format(name=resource.name, reason=planned.parameters.scrubbed(error.message))
                changes.append({"resourceId": resource.id, "changeType": "Unsupported", "unsupportedReason": reason})
                continue
            if depth < _DEEPEST:
                yield from self._wanted(nested, changes, depth + 1)

    def _nested(self, outer: Plan, resource: TemplateResource) -> Plan:
        """The plan of a nested deployment.

        Raises:
            TemplateError: It cannot be made before the outer deployment runs.
        """
        body = resource.body(resource.scope)
        properties = body.get("properties")
        if not isinstance(properties, dict):
            raise TemplateError("it has no properties")
        template, given = properties.get("template"), properties.get("parameters") or {}
        link = properties.get("templateLink")
        if template is None and isinstance(link, dict):
            template = self.azure.read_link(str(link.get("uri") or link.get("id")))
        if template is None:
            raise TemplateError("it has no template that can be read")
        try:
            path = parse(resource.id)
        except InvalidPath:
            raise TemplateError(f"'{resource.id}' is no id of a deployment") from None
        location = body.get("location")
        target = target_of(
            self.azure,
            path,
            base_url=self.base_url,
            correlation_id=self.correlation_id,
            properties={"template": template, "mode": properties.get("mode"), "parameters": given},
            location=location if isinstance(location, str) else None,
        )
        if path.group_id is not None and target.resource_group is None:
            target = replace(target, resource_group=_group_of(outer, path.group_id))
        return plan(template, given, target)

    # What becomes of one

    def _change(self, wanted: _Wanted) -> JSON:
        resource = wanted.resource
        before = self.azure.get_resource(resource.id)
        if self.ids_only:
            return {"resourceId": resource.id, "changeType": "Create" if before is None else "Deploy"}
        body: JSON = wanted.plan.parameters.scrubbed(_known(resource.payload(), resource.scope))
        if before is None:
            after = {**self._envelope(resource.id, resource.type, resource.api_version), **_masked(_sent(body))}
            return {"resourceId": resource.id, "changeType": "Create", "after": after}
        rehearsed = self._rehearsal.after(resource.id, body, resource.api_version)
        after = overlaid(before, without_secrets(_sent(body))) if rehearsed is None else rehearsed
        envelope = self._envelope(str(before.get("id", resource.id)), resource.type, resource.api_version)
        shown_before = {**envelope, **settable(before, resource.type)}
        shown_after = {**envelope, **settable(after, resource.type)}
        delta = differences(shown_before, shown_after)
        kind = "Modify" if delta else "NoChange"
        change = {"resourceId": resource.id, "changeType": kind, "before": shown_before, "after": shown_after}
        return {**change, "delta": delta}

    def _bystander(self, resource: Resource, kind: str) -> JSON:
        """The entry of what exists and is not in the template."""
        change: JSON = {"resourceId": resource.id, "changeType": kind}
        document = None if self.ids_only else self.azure.get_resource(resource.id)
        if document is None:
            return change
        envelope = self._envelope(resource.id, resource.type, self._latest_api_version(resource))
        change["before"] = {**envelope, **settable(document, resource.type)}
        return change if kind == "Delete" else {**change, "after": change["before"]}

    @staticmethod
    def _envelope(resource_id: str, resource_type: str, api_version: str) -> JSON:
        name = resource_id.rpartition("/")[2]
        return {"apiVersion": api_version, "id": resource_id, "type": resource_type, "name": name}

    def _latest_api_version(self, resource: Resource) -> str:
        namespace = resource.type.partition("/")[0]
        if namespace not in self._api_versions:
            scope = f"/subscriptions/{resource.path.subscription}"
            provider = self.azure.get_resource(f"{scope}/providers/{namespace}") or {}
            types: list[JSON] = provider.get("resourceTypes") or [{}]
            self._api_versions[namespace] = str(types[0].get("defaultApiVersion", "2025-01-01"))
        return self._api_versions[namespace]


def _group_of(outer: Plan, group_id: str) -> JSON | None:
    """A resource group that the same deployment makes, as ``resourceGroup()`` gives it within."""
    for resource in outer.deployed():
        if resource.type.lower() == _GROUPS and resource.key == group_id.lower():
            location = resource.location()
            return {"id": resource.id, "name": resource.name, "type": resource.type, "location": location, "tags": {}}
    return None


def _sent(body: JSON) -> JSON:
    return {name: value for name, value in body.items() if value is not None and name.lower() != "name"}


def _known(value: Json, scope: Scope) -> Json:
    """A part of a declaration with its expressions evaluated, but for those that need the deployment to run."""
    try:
        return evaluate(value, scope)
    except RuntimeOnlyError:
        pass
    if isinstance(value, list):
        return [_known(item, scope) for item in value]
    if isinstance(value, dict) and not any(name.lower() == "copy" for name in value):
        return {name: _known(item, scope) for name, item in value.items()}
    return value


def _masked(value: Any) -> Any:
    """A body with its write-only properties masked: what Azure shows of a password in a what-if."""
    if isinstance(value, dict):
        return {
            name: _MASK if name.lower() in SECRET_PROPERTIES and isinstance(item, str) else _masked(item)
            for name, item in value.items()
        }
    return [_masked(item) for item in value] if isinstance(value, list) else value
