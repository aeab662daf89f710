"""A template's resources: names, types and ids, with copy loops unrolled and conditions decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from azjobs.emulator.templates.errors import ExpressionError, Json, RuntimeOnlyError
from azjobs.emulator.templates.expressions import copy_count, evaluate
from azjobs.emulator.templates.scope import CopyIndex, Scope
from azjobs.emulator.templates.syntax import is_expression

DEPLOYMENTS = "microsoft.resources/deployments"
_RESOURCE_GROUPS = "microsoft.resources/resourcegroups"
# What the template language itself reads; everything else of a resource is sent to its provider.
_LANGUAGE = frozenset({
    "type", "name", "apiversion", "dependson", "condition", "copy", "comments", "scope", "resources", "existing",
    "resourcegroup", "subscriptionid", "metadata", "import", "@options",
})  # fmt: skip
_USAGE = "Please see https://aka.ms/arm-syntax-resources for usage details."


class ResourceError(ExpressionError):
    """A resource's declaration is not valid; carries its name and place for the message around it.

    Attributes:
        name: the resource's name, evaluated where that is possible.
        place: property names and indexes from the template's root.
        complete: whether the message names the resource itself.
    """

    def __init__(self, message: str, name: str, place: tuple[str | int, ...], *, complete: bool = False) -> None:
        super().__init__(message)
        self.name = name
        self.place = place
        self.complete = complete


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource to deploy.

    Attributes:
        id: the full resource id.
        type: such as ``Microsoft.Network/virtualNetworks/subnets``.
        name: such as ``VNet1/Subnet1``.
        api_version: of its declaration.
        definition: the declaration, its expressions not evaluated.
        scope: what its expressions see.
        place: property names and indexes from the template's root to it.
        symbol: its symbolic name, in templates of language version 2.0.
        loop: the name of the copy loop that made it.
        wave: its batch in a serial copy loop, from 0.
        condition: False when it is not to be deployed.
        existing: whether it is only referred to.
    """

    id: str
    type: str
    name: str
    api_version: str
    definition: Mapping[str, Json]
    scope: Scope
    place: tuple[str | int, ...]
    symbol: str | None = None
    loop: str | None = None
    wave: int | None = None
    condition: bool = True
    existing: bool = False

    @property
    def key(self) -> str:
        """The id in lower case: ids are case-insensitive."""
        return self.id.lower()

    @property
    def is_deployed(self) -> bool:
        """Whether the deployment makes it."""
        return self.condition and not self.existing

    def location(self) -> str | None:
        """Its region, where it is known before the deployment runs."""
        try:
            value = evaluate(self.definition.get("location"), self.scope)
        except ExpressionError:
            return None
        return value if isinstance(value, str) else None

    def depends_on(self) -> list[str]:
        """The names and ids of ``dependsOn``.

        Raises:
            ResourceError: it is not a list of strings.
        """
        with_expressions = self.definition.get("dependsOn") or []
        names = self.evaluated(with_expressions)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ResourceError("'dependsOn' must be an array of strings", self.name, self.place)
        return names

    def evaluated(self, value: Json) -> Json:
        """A value of its declaration, evaluated before the deployment runs.

        Raises:
            ResourceError: it cannot be.
        """
        try:
            return evaluate(value, self.scope)
        except ExpressionError as error:
            raise ResourceError(error.message, self.name, self.place) from error

    def payload(self) -> dict[str, Json]:
        """What of the declaration goes to the provider, its expressions not evaluated."""
        return {name: value for name, value in self.definition.items() if name.lower() not in _LANGUAGE}

    def body(self, scope: Scope) -> dict[str, Json]:
        """What goes to the provider, evaluated.

        Args:
            scope: the resource's scope with a working ``reference``.

        Raises:
            ExpressionError: an expression has no value.
        """
        payload = self.payload()
        template = inner_template(self.type, payload)
        if template is None:
            return dict(evaluate(payload, scope))
        outer = {**payload, "properties": {k: v for k, v in payload["properties"].items() if k != "template"}}
        body = dict(evaluate(outer, scope))
        body["properties"]["template"] = template
        return body


def inner_template(type_name: str, payload: Mapping[str, Json]) -> Json:
    """The template of a nested deployment that evaluates its own expressions; None for every other resource."""
    properties = payload.get("properties")
    if type_name.lower() != DEPLOYMENTS or not isinstance(properties, dict):
        return None
    options = properties.get("expressionEvaluationOptions")
    scope = options.get("scope") if isinstance(options, dict) else None
    return properties.get("template") if isinstance(scope, str) and scope.lower() == "inner" else None


def runtime_strings(value: Json) -> Iterator[Json]:
    """The parts of a declaration that can be evaluated alone: expressions, and objects with property copy loops."""
    if isinstance(value, str):
        if is_expression(value):
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from runtime_strings(item)
    elif isinstance(value, dict):
        if any(name.lower() == "copy" for name in value):
            yield value
            return
        for name, item in value.items():
            yield from runtime_strings(name)
            yield from runtime_strings(item)


def check_payload(resource: Resource) -> None:
    """Evaluate what can be evaluated before the deployment runs, to refuse a wrong template in time.

    Raises:
        ResourceError: an expression is not valid.
    """
    payload = resource.payload()
    if inner_template(resource.type, payload) is not None:
        payload["properties"] = {k: v for k, v in payload["properties"].items() if k != "template"}
    for part in runtime_strings(payload):
        try:
            evaluate(part, resource.scope)
        except RuntimeOnlyError:
            continue
        except ExpressionError as error:
            raise ResourceError(error.message, resource.name, resource.place) from error


def declared_resources(resources: Json, scope: Scope) -> list[Resource]:
    """The resources of a template, in its order.

    Args:
        resources: the template's ``resources``: an array, or an object of symbolic names.
        scope: what their expressions see.

    Raises:
        ResourceError: a declaration is not valid.
    """
    return [resource for each in _entries(resources) for resource in _unrolled(*each, scope, None)]


def _entries(resources: Json) -> Iterator[tuple[Json, tuple[str | int, ...], str | None]]:
    if isinstance(resources, dict):
        for symbol, definition in resources.items():
            yield definition, ("resources", symbol), symbol
    else:
        for index, definition in enumerate(resources):
            yield definition, ("resources", index), None


def _unrolled(
    definition: Json, place: tuple[str | int, ...], symbol: str | None, scope: Scope, parent: Resource | None
) -> Iterator[Resource]:
    if not isinstance(definition, dict):
        raise ResourceError("a resource must be an object", str(place[-1]), place)
    loop = definition.get("copy")
    if loop is None:
        yield from _with_children(_resource(definition, place, symbol, scope, parent))
        return
    label = str(definition.get("name"))
    if not isinstance(loop, dict) or not isinstance(loop.get("name"), str):
        raise ResourceError("its 'copy' must be an object with 'name' and 'count'", label, place)
    try:
        name = evaluate(loop["name"], scope)
        count = copy_count(loop.get("count"), scope)
        batch = evaluate(loop.get("batchSize", 1), scope) if str(loop.get("mode", "")).lower() == "serial" else 0
    except ExpressionError as error:
        raise ResourceError(error.message, label, place) from error
    if not isinstance(batch, int) or batch < 0:
        raise ResourceError("the 'batchSize' of its 'copy' must be an integer of at least '1'", label, place)
    for index in range(count):
        inner = replace(scope, copies=(*scope.copies, CopyIndex(name=str(name), index=index)))
        resource = _resource(definition, place, symbol, inner, parent)
        wave = index // batch if batch else None
        yield from _with_children(replace(resource, loop=str(name), wave=wave))


def _with_children(resource: Resource) -> Iterator[Resource]:
    yield resource
    children = resource.definition.get("resources") or []
    if not isinstance(children, (list, dict)):
        raise ResourceError("its 'resources' must be an array", resource.name, resource.place)
    for definition, place, symbol in _entries(children):
        for child in _unrolled(definition, (*resource.place, *place), symbol, resource.scope, resource):
            yield child if resource.condition else replace(child, condition=False)


def _resource(
    definition: dict[str, Json],
    place: tuple[str | int, ...],
    symbol: str | None,
    scope: Scope,
    parent: Resource | None,
) -> Resource:
    reader = _Reader(definition, place, scope)
    name, type_name = reader.text("name"), reader.text("type")
    if parent is not None and not type_name.lower().startswith(parent.type.lower() + "/"):
        name, type_name = f"{parent.name}/{name}", f"{parent.type}/{type_name}"
    reader.label = name
    if (
        "/" not in type_name
        or type_name.count("/") != name.count("/") + 1
        or "" in (*name.split("/"), *type_name.split("/"))
    ):
        raise ResourceError(
            f"The template resource '{name}' for type '{type_name}' {{at}} has incorrect segment lengths. A nested "
            "resource type must have identical number of segments as its resource name. A root resource type must "
            f"have segment length one greater than its resource name. {_USAGE}",
            name,
            place,
            complete=True,
        )
    existing = definition.get("existing") is True
    return Resource(
        id=_resource_id(reader, type_name, name, scope),
        type=type_name,
        name=name,
        api_version=reader.text("apiVersion") if not existing or "apiVersion" in definition else "",
        definition=definition,
        scope=scope,
        place=place,
        symbol=symbol,
        condition=reader.condition(),
        existing=existing,
    )


class _Reader:
    """Reads the properties of a declaration that must be known before the deployment runs."""

    def __init__(self, definition: dict[str, Json], place: tuple[str | int, ...], scope: Scope) -> None:
        self._definition = definition
        self._place = place
        self._scope = scope
        self.label = str(definition.get("name", definition.get("type", place[-1])))

    def _evaluate(self, value: Json) -> Json:
        try:
            return evaluate(value, self._scope)
        except ExpressionError as error:
            raise ResourceError(error.message, self.label, self._place) from error

    def optional(self, name: str) -> str | None:
        """A property that may be missing and must else be a string."""
        value = self._evaluate(self._definition.get(name))
        if value is not None and not isinstance(value, str):
            raise ResourceError(f"its '{name}' must be a string", self.label, self._place)
        return value

    def text(self, name: str) -> str:
        """A property that must be a string which is not empty."""
        value = self.optional(name)
        if not value:
            raise ResourceError(f"the required property '{name}' is missing or empty", self.label, self._place)
        return value

    def condition(self) -> bool:
        """Whether the resource is to be deployed."""
        declared = self._definition.get("condition")
        value = True if declared is None else self._evaluate(declared)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            value = value.lower() == "true"
        if not isinstance(value, bool):
            raise ResourceError("its 'condition' must be a boolean", self.label, self._place)
        return value


def _resource_id(reader: _Reader, type_name: str, name: str, scope: Scope) -> str:
    namespace, *types = type_name.split("/")
    names = name.split("/")
    pairs = "/".join(f"{kind}/{part}" for kind, part in zip(types, names, strict=True))
    subscription = reader.optional("subscriptionId") or str(scope.target.subscription.get("subscriptionId", ""))
    if type_name.lower() == _RESOURCE_GROUPS:
        return f"/subscriptions/{subscription}/resourceGroups/{name}"
    extended = reader.optional("scope")
    if extended is not None:
        return f"{_absolute(extended, subscription, scope)}/providers/{namespace}/{pairs}"
    own_group = scope.target.resource_group
    group = reader.optional("resourceGroup") or (str(own_group["name"]) if own_group else "")
    prefix = f"/subscriptions/{subscription}" + (f"/resourceGroups/{group}" if group else "")
    return f"{prefix}/providers/{namespace}/{pairs}"


def _absolute(extended: str, subscription: str, scope: Scope) -> str:
    """The id that a ``scope`` property means: an id, ``/`` for the tenant, or ``type/name`` in the resource group."""
    if extended.startswith("/"):
        return extended.rstrip("/")
    group = scope.target.resource_group
    prefix = f"/subscriptions/{subscription}" + (f"/resourceGroups/{group['name']}" if group else "")
    return f"{prefix}/providers/{extended.strip('/')}"
