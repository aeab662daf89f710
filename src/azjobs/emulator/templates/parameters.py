"""A template's parameters: their types, defaults and limits, and the values that a deployment gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from azjobs.emulator.templates.errors import ExpressionError, Json, TemplateError, validation_failed
from azjobs.emulator.templates.expressions import evaluate
from azjobs.emulator.templates.functions.collections import same
from azjobs.emulator.templates.functions.registry import kind
from azjobs.emulator.templates.functions.texts import text_of
from azjobs.emulator.templates.scope import Scope

Fail: TypeAlias = Callable[[str, str], TemplateError]
"""Makes the error of a parameter from its name and the reason; it knows where the parameter stands."""

TYPES = {
    "string": "String",
    "securestring": "SecureString",
    "int": "Int",
    "bool": "Bool",
    "object": "Object",
    "secureobject": "SecureObject",
    "array": "Array",
}
_SECURE = frozenset({"securestring", "secureobject"})
_ACCEPTED: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "securestring": (str,),
    "int": (int,),
    "bool": (bool,),
    "object": (dict,),
    "secureobject": (dict,),
    "array": (list,),
}
_EXPECTED = {
    "string": "String, Uri",
    "securestring": "String, Uri",
    "int": "Integer",
    "bool": "Boolean",
    "object": "Object",
    "secureobject": "Object",
    "array": "Array",
}
_MASK = "********"
_SHORTEST_MASKED = 4
_USAGE = "Please see https://aka.ms/resource-manager-parameter-files for usage details."


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One declared parameter."""

    name: str
    type: str
    definition: Mapping[str, Json]

    @property
    def is_secure(self) -> bool:
        """Whether its value must be shown nowhere."""
        return self.type in _SECURE

    @property
    def has_default(self) -> bool:
        """Whether the template gives it a value."""
        return "defaultValue" in self.definition


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The parameters of a deployment with their values.

    Attributes:
        declared: in the template's order.
        values: by name in lower case. The value of a secure parameter may be missing: it is kept only in memory
            and lost when the emulator restarts.
    """

    declared: tuple[Parameter, ...]
    values: Mapping[str, Json]

    def value(self, name: str) -> Json:
        """The value of a parameter.

        Raises:
            ExpressionError: there is none of that name, or its secret has been lost.
        """
        key = name.lower()
        if key in self.values:
            return self.values[key]
        if any(parameter.name.lower() == key for parameter in self.declared):
            raise ExpressionError(
                f"The value of the secure template parameter '{name}' is no longer known: secure values are held in "
                "memory only and the emulator was restarted while the deployment ran. Deploy again."
            )
        raise ExpressionError(
            f"The template parameter '{name}' is not found. "
            "Please see https://aka.ms/arm-syntax-parameters for usage details."
        )

    def echo(self) -> dict[str, Json]:
        """The parameters as a deployment's body shows them: types, and values where they are not secure."""
        return {
            parameter.name: {"type": TYPES[parameter.type]}
            if parameter.is_secure
            else {"type": TYPES[parameter.type], "value": self.values.get(parameter.name.lower())}
            for parameter in self.declared
        }

    def plain_values(self) -> dict[str, Json]:
        """The values that may be written down, by name in lower case."""
        secure = {parameter.name.lower() for parameter in self.declared if parameter.is_secure}
        return {name: value for name, value in self.values.items() if name not in secure}

    def scrubbed(self, value: Json) -> Json:
        """A value with the secrets of the secure parameters masked wherever they stand in its strings."""
        secrets = [
            text
            for parameter in self.declared
            if parameter.is_secure
            for text in _strings(self.values.get(parameter.name.lower()))
            if len(text) >= _SHORTEST_MASKED
        ]
        return _masked(value, sorted(secrets, key=len, reverse=True)) if secrets else value


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _masked(value: Json, secrets: list[str]) -> Json:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, _MASK)
        return value
    if isinstance(value, list):
        return [_masked(item, secrets) for item in value]
    if isinstance(value, dict):
        return {name: _masked(item, secrets) for name, item in value.items()}
    return value


def declared(definitions: Json) -> tuple[Parameter, ...]:
    """The parameters that a template declares.

    Raises:
        TemplateError: a declaration is not valid.
    """
    if not isinstance(definitions, dict):
        raise validation_failed("The template 'parameters' must be an object.", path="properties.template.parameters")
    result = []
    for name, definition in definitions.items():
        path = f"properties.template.parameters.{name}"
        type_name = definition.get("type") if isinstance(definition, dict) else None
        if not isinstance(type_name, str) or type_name.lower() not in TYPES:
            raise validation_failed(
                f"The template parameter '{name}' is not valid: the type '{text_of(type_name)}' must be one of "
                f"'{', '.join(TYPES.values())}'. Please see https://aka.ms/arm-syntax-parameters for usage details.",
                path=path,
            )
        result.append(Parameter(name=name, type=type_name.lower(), definition=definition))
    return tuple(result)


def resolve(parameters: tuple[Parameter, ...], given: Json, scope: Scope, fail: Fail) -> Parameters:
    """Give each parameter its value: the one of the deployment, else the template's default.

    Args:
        parameters: what the template declares.
        given: the ``parameters`` of the deployment's request: ``{name: {"value": ...}}``.
        scope: what the defaults see; earlier parameters are added to it.
        fail: makes the error of a parameter.

    Raises:
        TemplateError: a value is missing, unknown or not valid.
    """
    supplied = _supplied(parameters, given)
    values: dict[str, Json] = {}
    resolving: list[str] = []
    by_name = {parameter.name.lower(): parameter for parameter in parameters}

    def look_up(name: str) -> Json:
        key = name.lower()
        if key in values:
            return values[key]
        if key not in by_name:
            return Scope(target=scope.target).parameter(name)
        if key in resolving:
            raise ExpressionError(f"The template parameter '{name}' depends on its own value.")
        resolving.append(key)
        values[key] = _value(by_name[key], supplied, replace(scope, parameter=look_up), fail)
        resolving.pop()
        return values[key]

    for parameter in parameters:
        look_up(parameter.name)
    return Parameters(declared=parameters, values=values)


def _supplied(parameters: tuple[Parameter, ...], given: Json) -> dict[str, Json]:
    if not isinstance(given, dict):
        raise TemplateError(
            "The request content was invalid and could not be deserialized: 'the deployment's parameters must be an "
            'object of the form {"name": {"value": ...}}\'.',
            code="InvalidRequestContent",
        )
    known = {parameter.name.lower() for parameter in parameters}
    unknown = [name for name in given if name.lower() not in known]
    if unknown:
        supported = ", ".join(parameter.name for parameter in parameters)
        raise validation_failed(
            f"The template parameters '{', '.join(unknown)}' in the parameters file are not valid; they are not "
            "present in the original template and can therefore not be provided at deployment time. The only "
            f"supported parameters for this template are '{supported}'. "
            "Please see https://aka.ms/arm-pass-parameter-values for usage details."
        )
    supplied = {}
    for name, holder in given.items():
        if isinstance(holder, dict) and "reference" in holder:
            raise TemplateError(
                f"The parameter '{name}' refers to a Key Vault secret: the emulator holds no vaults. Give its value.",
                code="KeyVaultParameterReferenceNotFound",
            )
        if not isinstance(holder, dict) or "value" not in holder:
            raise TemplateError(
                "The request content was invalid and could not be deserialized: 'the parameter "
                f"'{name}' must be an object with a property 'value'.'.",
                code="InvalidRequestContent",
            )
        supplied[name.lower()] = holder["value"]
    return supplied


def _value(parameter: Parameter, supplied: Mapping[str, Json], scope: Scope, fail: Fail) -> Json:
    key = parameter.name.lower()
    nullable = parameter.definition.get("nullable") is True
    if key in supplied and not (supplied[key] is None and (parameter.has_default or nullable)):
        value = supplied[key]
    elif parameter.has_default:
        try:
            value = evaluate(parameter.definition["defaultValue"], replace(scope, salt=parameter.name, defaults=True))
        except ExpressionError as error:
            raise fail(
                parameter.name, f"The template parameter '{parameter.name}' is not valid: {error.message}"
            ) from error
    elif nullable:
        return None
    else:
        raise fail(
            parameter.name, f"The value for the template parameter '{parameter.name}' {{at}} is not provided. {_USAGE}"
        )
    return _checked(parameter, value, fail)


def _checked(parameter: Parameter, value: Json, fail: Fail) -> Json:
    accepted = _ACCEPTED[parameter.type]
    if not isinstance(value, accepted) or (isinstance(value, bool) and parameter.type == "int"):
        raise fail(
            parameter.name,
            f"Template parameter JToken type is not valid. Expected '{_EXPECTED[parameter.type]}'. "
            f"Actual '{kind(value)}'. {_USAGE}",
        )
    allowed = parameter.definition.get("allowedValues")
    if isinstance(allowed, list) and not _allowed(parameter, value, allowed):
        shown = _MASK if parameter.is_secure else text_of(value)
        raise fail(
            parameter.name,
            f"The provided value '{shown}' for the template parameter '{parameter.name}' {{at}} is not valid. "
            f"The parameter value is not part of the allowed value(s): '{','.join(map(text_of, allowed))}'.",
        )
    _check_limits(parameter, value, fail)
    return value


def _allowed(parameter: Parameter, value: Json, allowed: list[Json]) -> bool:
    if parameter.type == "array":
        return all(any(same(item, each) for each in allowed) for item in value) or any(
            same(value, each) for each in allowed
        )
    return any(same(value, each) for each in allowed)


def _check_limits(parameter: Parameter, value: Json, fail: Fail) -> None:
    for name, what in (("minLength", "length"), ("maxLength", "length"), ("minValue", "value"), ("maxValue", "value")):
        limit, measured = parameter.definition.get(name), _measure(value, what)
        if isinstance(limit, bool) or not isinstance(limit, int) or measured is None:
            continue
        is_lower = name.startswith("min")
        if measured < limit if is_lower else measured > limit:
            words = "greater" if is_lower else "less"
            shown = "" if parameter.is_secure else f" with value '{text_of(value)}'"
            raise fail(
                parameter.name,
                f"The provided value for the template parameter '{parameter.name}' {{at}} is not valid. "
                f"The parameter{shown} must have a {what} {words} than or equal to '{limit}'.",
            )


def _measure(value: Json, what: str) -> int | None:
    if what == "length":
        return len(value) if isinstance(value, (str, list)) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
