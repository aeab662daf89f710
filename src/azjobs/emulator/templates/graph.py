"""Which resource of a template waits for which: ``dependsOn``, ``reference()`` and serial copy loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from azjobs.emulator.templates.errors import ExpressionError, Json, TemplateError, validation_failed
from azjobs.emulator.templates.expressions import evaluate_expression
from azjobs.emulator.templates.resources import Resource, inner_template
from azjobs.emulator.templates.syntax import calls, is_expression, parse

_USAGE = "Please see https://aka.ms/arm-syntax-resources for usage details."


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """A resource that another one waits for, as a deployment's body lists it.

    Attributes:
        resource: the resource that is waited for.
        api_version: set where it is waited for because of ``reference(id, apiVersion)``.
    """

    resource: Resource
    api_version: str | None = None

    def as_json(self) -> dict[str, Json]:
        """The entry of the deployment's ``dependencies``."""
        entry = basic(self.resource)
        if self.api_version is not None:
            entry["apiVersion"] = self.api_version
        return entry


def basic(resource: Resource) -> dict[str, Json]:
    """Id, type and name of a resource, as a deployment's body lists them."""
    return {"id": resource.id, "resourceType": resource.type, "resourceName": resource.name}


class Names:
    """The ways in which a template's expressions name its resources."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_name: dict[str, list[Resource]] = {}
        self._by_id: dict[str, Resource] = {}
        for resource in resources:
            self._by_id[resource.key] = resource
            names = {resource.name, resource.symbol, resource.loop, relative_id(resource), _flat(resource)}
            for name in sorted({name.lower().strip("/") for name in names if name}):
                self._by_name.setdefault(name, []).append(resource)

    def find(self, name: str) -> list[Resource]:
        """The resources that an id, a name, a symbolic name or the name of a copy loop means; empty for none."""
        key = name.lower().rstrip("/")
        if key in self._by_id:
            return [self._by_id[key]]
        return self._by_name.get(key.strip("/"), [])


def _flat(resource: Resource) -> str:
    """``Microsoft.Network/virtualNetworks/subnets/v/s``, another spelling that templates use."""
    return f"{resource.type}/{resource.name}"


def relative_id(resource: Resource) -> str:
    """``Microsoft.Network/virtualNetworks/v``: how ARM's messages name a resource of a template."""
    return resource.id.rsplit("/providers/", 1)[-1]


def dependencies(resources: Sequence[Resource], names: Names) -> dict[str, list[Dependency]]:
    """What each resource waits for.

    Args:
        resources: all resources of the template.
        names: how they are named.

    Returns:
        By the resource's id in lower case: what it waits for, without what is not deployed.

    Raises:
        TemplateError: a name means no resource.
    """
    waves: dict[tuple[str, int], list[Resource]] = {}
    for resource in resources:
        if resource.loop is not None and resource.wave is not None:
            waves.setdefault((resource.loop, resource.wave), []).append(resource)
    found: dict[str, list[Dependency]] = {}
    for resource in resources:
        edges: dict[str, Dependency] = {}
        if resource.is_deployed:
            previous = waves.get((resource.loop or "", (resource.wave or 0) - 1), [])
            for edge in (*_explicit(resource, names), *_implicit(resource, names), *map(_edge, previous)):
                if edge.resource.is_deployed:
                    edges.setdefault(edge.resource.key, edge)
        found[resource.key] = list(edges.values())
    return found


def _edge(resource: Resource) -> Dependency:
    return Dependency(resource=resource)


def _explicit(resource: Resource, names: Names) -> Iterator[Dependency]:
    for name in resource.depends_on():
        targets = names.find(name)
        if not targets:
            shown = name.rsplit("/providers/", 1)[-1]
            raise validation_failed(f"The resource '{shown}' is not defined in the template. {_USAGE}")
        yield from map(_edge, targets)


def _implicit(resource: Resource, names: Names) -> Iterator[Dependency]:
    payload = resource.payload()
    template = inner_template(resource.type, payload)
    for text in _expressions(payload, template):
        for call in calls(parse(text)):
            if call.name.lower() != "reference" or not call.arguments:
                continue
            try:
                name = evaluate_expression(call.arguments[0], resource.scope)
                version = evaluate_expression(call.arguments[1], resource.scope) if len(call.arguments) > 1 else None
            except ExpressionError:
                # It depends on another reference or on a loop inside: what it names is known only at run time.
                continue
            if isinstance(name, str):
                for target in names.find(name):
                    if target.key != resource.key:
                        yield Dependency(resource=target, api_version=version if isinstance(version, str) else None)
                    else:
                        raise circular(resource)


def _expressions(value: Json, skipped: Json) -> Iterator[str]:
    if isinstance(value, str):
        if is_expression(value):
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _expressions(item, skipped)
    elif isinstance(value, dict) and (skipped is None or value is not skipped):
        for name, item in value.items():
            yield from _expressions(name, skipped)
            yield from _expressions(item, skipped)


def circular(resource: Resource) -> TemplateError:
    """The error of a resource that waits for itself."""
    return validation_failed(f"Circular dependency detected on resource: '{resource.id}'. {_USAGE}")


def check_acyclic(resources: Sequence[Resource], edges: Mapping[str, Sequence[Dependency]]) -> None:
    """Refuse resources that wait for each other.

    Raises:
        TemplateError: there is a cycle.
    """
    waiting = {resource.key: {edge.resource.key for edge in edges[resource.key]} for resource in resources}
    ready = [key for key, needed in waiting.items() if not needed]
    dependents: dict[str, list[str]] = {}
    for key, needed in waiting.items():
        for each in needed:
            dependents.setdefault(each, []).append(key)
    while ready:
        done = ready.pop()
        del waiting[done]
        for key in dependents.get(done, []):
            waiting[key].discard(done)
            if not waiting[key]:
                ready.append(key)
    for resource in resources:
        if resource.key in waiting and _waits_for_itself(resource.key, edges):
            raise circular(resource)


def _waits_for_itself(key: str, edges: Mapping[str, Sequence[Dependency]]) -> bool:
    seen: set[str] = set()
    open_keys = [edge.resource.key for edge in edges[key]]
    while open_keys:
        current = open_keys.pop()
        if current == key:
            return True
        if current not in seen:
            seen.add(current)
            open_keys += [edge.resource.key for edge in edges[current]]
    return False
