"""A template made ready to deploy: its parameters given, its resources found and put in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from azjobs.emulator.templates.errors import ExpressionError, Json, TemplateError, validation_failed
from azjobs.emulator.templates.expressions import evaluate, unroll
from azjobs.emulator.templates.functions.hashing import murmur64
from azjobs.emulator.templates.functions.texts import compact
from azjobs.emulator.templates.graph import Dependency, Names, basic, check_acyclic, dependencies, relative_id
from azjobs.emulator.templates.parameters import TYPES, Parameters, declared, resolve
from azjobs.emulator.templates.positions import position
from azjobs.emulator.templates.resources import Resource, ResourceError, check_payload, declared_resources
from azjobs.emulator.templates.scope import Scope, Target, UserFunction
from azjobs.emulator.templates.variables import Variables

Reference: TypeAlias = Callable[[str, str | None, bool], Json]
"""Answers ``reference(name_or_id, apiVersion, full)`` while a deployment runs."""

_REQUIRED = ("$schema", "contentVersion", "resources")
_MEMBERS = frozenset({
    "$schema", "contentversion", "languageversion", "apiprofile", "parameters", "functions", "variables", "resources",
    "outputs", "definitions", "metadata", "imports", "extensions", "rules", "exports",
})  # fmt: skip
_EXPRESSIONS = "Please see https://aka.ms/arm-template-expressions for usage details."
_ROOT = ("properties", "template")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A template with everything that is known before it is deployed.

    Attributes:
        parameters: with their values.
        scope: what the template's expressions see.
        resources: in the template's order; also those that are not deployed.
        waits_for: what each resource waits for, by its id in lower case.
        outputs: the template's ``outputs``, not evaluated.
        names: how the template names its resources.
        template_hash: ARM's hash of the template.
        positions: line and column of each resource in the request, by its id in lower case.
    """

    parameters: Parameters
    scope: Scope
    resources: tuple[Resource, ...]
    waits_for: Mapping[str, list[Dependency]]
    outputs: Mapping[str, Json]
    names: Names
    template_hash: str
    positions: Mapping[str, tuple[int, int]]

    def deployed(self) -> list[Resource]:
        """The resources that the deployment makes."""
        return [resource for resource in self.resources if resource.is_deployed]

    def body(self, resource: Resource, reference: Reference) -> dict[str, Json]:
        """What is sent to a resource's provider.

        Args:
            resource: one of the plan's.
            reference: gives the state of other resources.

        Raises:
            TemplateError: an expression has no value.
        """
        try:
            return resource.body(replace(resource.scope, reference=reference))
        except ExpressionError as error:
            line, column = self.positions[resource.key]
            raise TemplateError(
                f"Unable to process template language expressions for resource '{resource.id}' at line '{line}' and "
                f"column '{column}'. '{self.parameters.scrubbed(error.message)}'"
            ) from None

    def evaluated_outputs(self, reference: Reference) -> dict[str, Json]:
        """The deployment's outputs: a type and a value for each, without the values of secure ones.

        Outputs are written down, and secrets are not: where another output holds a secure parameter's value, that is
        masked. (Azure shows it.)

        Args:
            reference: gives the state of resources.

        Raises:
            TemplateError: an output has no value.
        """
        scope = replace(self.scope, reference=reference)
        results: dict[str, Json] = {}
        for name, definition in self.outputs.items():
            try:
                output = _output(name, definition, scope)
            except TemplateError as error:
                raise _output_error(name, self.parameters.scrubbed(error.message)) from None
            if output is not None:
                results[name] = self.parameters.scrubbed(output)
        return results

    def providers(self) -> list[dict[str, Json]]:
        """The resource types and regions that the template uses, as a deployment's body lists them."""
        namespaces: dict[str, dict[str, list[str | None]]] = {}
        for resource in self.deployed():
            namespace, _, type_name = resource.type.partition("/")
            locations = namespaces.setdefault(namespace, {}).setdefault(type_name, [])
            if resource.location() not in locations:
                locations.append(resource.location())
        return [
            {
                "namespace": namespace,
                "resourceTypes": [{"resourceType": name, "locations": places} for name, places in types.items()],
            }
            for namespace, types in namespaces.items()
        ]

    def dependency_list(self) -> list[dict[str, Json]]:
        """Which resources wait for which, as a deployment's body lists them."""
        return [
            {"dependsOn": [edge.as_json() for edge in self.waits_for[resource.key]], **basic(resource)}
            for resource in self.deployed()
            if self.waits_for[resource.key]
        ]


def template_hash(template: Json) -> str:
    """A hash of a template: 64 bits as a decimal number, the same for the same template."""
    return str(murmur64(compact(template).encode("utf-8", "surrogatepass")))


def plan(template: Json, given: Json, target: Target, source: str = "") -> Plan:
    """Make a template ready to deploy.

    Args:
        template: the template.
        given: the deployment's parameters, ``{name: {"value": ...}}``.
        target: where it goes.
        source: the text of the request, to say where in it a mistake is.

    Raises:
        TemplateError: the template or a parameter is not valid; nothing must be deployed.
    """
    _check_shape(template, source)
    base = Scope(target=target, functions=_user_functions(template.get("functions")))

    def fail(name: str, reason: str) -> TemplateError:
        place = position(source, (*_ROOT, "parameters", name))
        reason = reason.replace("{at}", f"at line '{place[0]}' and column '{place[1]}'")
        return validation_failed(reason, path=f"properties.template.parameters.{name}", position=place)

    parameters = resolve(declared(template.get("parameters") or {}), given or {}, base, fail)
    scope = replace(base, parameter=parameters.value)
    try:
        variables = Variables(template.get("variables") or {}, scope)
        for name in variables.names():
            variables.value(name)
        return _planned(template, parameters, replace(scope, variable=variables.value), source)
    except ExpressionError as error:
        raise validation_failed(parameters.scrubbed(error.message)) from None
    except TemplateError as error:
        raise error.masked(parameters.scrubbed) from None


def restored_plan(template: Json, values: Mapping[str, Json], target: Target) -> Plan:
    """The plan of a deployment that was under way when the emulator stopped.

    Args:
        template: its template, valid when it was first planned.
        values: its parameters' values by name in lower case; secure ones are missing, and what needs them fails.
        target: where it goes.

    Raises:
        TemplateError: a name, an id or a condition needs a value that is missing.
    """
    parameters = Parameters(declared=declared(template.get("parameters") or {}), values=values)
    functions = _user_functions(template.get("functions"))
    scope = Scope(target=target, functions=functions, parameter=parameters.value)
    variables = Variables(template.get("variables") or {}, scope)
    return _planned(template, parameters, replace(scope, variable=variables.value), "", check=False)


def _planned(
    template: dict[str, Json], parameters: Parameters, scope: Scope, source: str, *, check: bool = True
) -> Plan:
    try:
        resources = declared_resources(template["resources"], scope)
        _check_distinct(resources)
        names = Names(resources)
        edges = dependencies(resources, names)
        check_acyclic(resources, edges)
        for resource in resources:
            if check and resource.is_deployed:
                check_payload(resource)
    except ResourceError as error:
        raise _resource_error(error, source) from error
    except (ExpressionError, RecursionError) as error:
        raise validation_failed(str(error)) from error
    outputs = template.get("outputs") or {}
    return Plan(
        parameters=parameters,
        scope=scope,
        resources=tuple(resources),
        waits_for=edges,
        outputs=outputs,
        names=names,
        template_hash=template_hash(template),
        positions={resource.key: position(source, (*_ROOT, *resource.place)) for resource in resources},
    )


def _check_shape(template: Json, source: str) -> None:
    if not isinstance(template, dict):
        raise _undeserializable("The template must be a JSON object.", source, ())
    for name in template:
        if name.lower() not in _MEMBERS:
            raise _undeserializable(f"Could not find member '{name}' on object of type 'Template'.", source, (name,))
    for name in _REQUIRED:
        if name not in template:
            raise _undeserializable(f"Required property '{name}' not found in JSON.", source, ())
    if not isinstance(template["resources"], (list, dict)):
        raise _undeserializable("The property 'resources' must be an array.", source, ("resources",))
    for name in ("parameters", "variables", "outputs"):
        if not isinstance(template.get(name) or {}, dict):
            raise _undeserializable(f"The property '{name}' must be an object.", source, (name,))


def _undeserializable(reason: str, source: str, place: tuple[str, ...]) -> TemplateError:
    line, column = position(source, (*_ROOT, *place))
    path = ".".join((*_ROOT, *place))
    return TemplateError(
        f"The request content was invalid and could not be deserialized: '{reason} Path '{path}', line {line}, "
        f"position {column}.'.",
        code="InvalidRequestContent",
    )


def _user_functions(namespaces: Json) -> dict[str, UserFunction]:
    found: dict[str, UserFunction] = {}
    for namespace in namespaces if isinstance(namespaces, list) else []:
        members = namespace.get("members") if isinstance(namespace, dict) else None
        for name, member in members.items() if isinstance(members, dict) else ():
            parameters = member.get("parameters") or [] if isinstance(member, dict) else None
            output = member.get("output") if isinstance(member, dict) else None
            if not isinstance(parameters, list) or not isinstance(output, dict) or "value" not in output:
                raise validation_failed(f"The template function '{name}' is not valid: it must have an 'output'.")
            full_name = f"{namespace.get('namespace')}.{name}"
            found[full_name.lower()] = UserFunction(
                name=full_name,
                parameters=tuple(str(each.get("name")) for each in parameters if isinstance(each, dict)),
                output=output["value"],
            )
    return found


def _check_distinct(resources: list[Resource]) -> None:
    seen: set[str] = set()
    for resource in resources:
        if resource.key in seen and resource.is_deployed:
            raise ResourceError(
                f"The resource '{relative_id(resource)}' {{at}} is defined multiple times in a template. "
                "Please see https://aka.ms/arm-syntax-resources for usage details.",
                resource.name,
                resource.place,
                complete=True,
            )
        if resource.is_deployed:
            seen.add(resource.key)


def _resource_error(error: ResourceError, source: str) -> TemplateError:
    place = position(source, (*_ROOT, *error.place))
    at = f"at line '{place[0]}' and column '{place[1]}'"
    message = (
        error.message.replace("{at}", at)
        if error.complete
        else f"The template resource '{error.name}' {at} is not valid: {error.message}. {_EXPRESSIONS}"
    )
    path = ".".join((*_ROOT, *(str(part) for part in error.place)))
    return validation_failed(message, path=path, position=place)


def _output(name: str, definition: Json, scope: Scope) -> dict[str, Json] | None:
    type_name = definition.get("type") if isinstance(definition, dict) else None
    if not isinstance(type_name, str) or type_name.lower() not in TYPES:
        raise ExpressionError(f"The template output '{name}' is not valid: its type must be one of {list(TYPES)}.")
    if evaluate(definition.get("condition", True), scope) is False:
        return None
    loop = definition.get("copy")
    shown: dict[str, Json] = {"type": TYPES[type_name.lower()]}
    if type_name.lower() in ("securestring", "secureobject"):
        return shown
    shown["value"] = unroll(loop, scope, name) if isinstance(loop, dict) else evaluate(definition.get("value"), scope)
    return shown


def _output_error(name: str, reason: str) -> TemplateError:
    inner = {
        "code": "DeploymentOutputEvaluationFailed",
        "target": name,
        "message": f"The template output '{name}' is not valid: {reason}.",
    }
    return TemplateError(
        f"Unable to evaluate template outputs: '{name}'. Please see error details and deployment operations. "
        "Please see https://aka.ms/arm-common-errors for usage details.",
        code="DeploymentOutputEvaluationFailed",
        details=(inner,),
    )
