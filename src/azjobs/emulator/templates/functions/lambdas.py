"""Lambda functions: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-lambda."""

from __future__ import annotations

import functools
from dataclasses import replace

from azjobs.emulator.templates.errors import Json
from azjobs.emulator.templates.functions.collections import same
from azjobs.emulator.templates.functions.registry import Call, function
from azjobs.emulator.templates.functions.texts import text_of
from azjobs.emulator.templates.syntax import Expression, FunctionCall


class _Lambda:
    """``lambda('a', 'b', body)``, given as an argument of another function."""

    def __init__(self, call: Call, expression: Expression, most: int) -> None:
        is_lambda = isinstance(expression, FunctionCall) and expression.name.lower() == "lambda"
        if not isinstance(expression, FunctionCall) or not is_lambda or not 2 <= len(expression.arguments) <= most + 1:
            raise call.error(f"it expects a lambda of '1' to '{most}' arguments")
        self._call = call
        names = [call.evaluate(argument) for argument in expression.arguments[:-1]]
        if not all(isinstance(name, str) for name in names):
            raise call.error("the names of a lambda's arguments must be strings")
        self._names = names
        self._body = expression.arguments[-1]

    def __call__(self, *values: Json) -> Json:
        # A lambda may name fewer arguments than it is given: the index is optional.
        variables = {name.lower(): value for name, value in zip(self._names, values, strict=False)}
        scope = self._call.scope
        return self._call.evaluate(self._body, replace(scope, lambda_variables={**scope.lambda_variables, **variables}))


def _lambda_at(call: Call, index: int, most: int) -> _Lambda:
    return _Lambda(call, call.arguments[index], most)


@function("lambda", 1, 10)
def _lambda(call: Call) -> Json:
    raise call.error("a lambda is expected only as an argument of another function")


@function("lambdaVariables", 1)
def _lambda_variables(call: Call) -> Json:
    name = call.string(0).lower()
    if name not in call.scope.lambda_variables:
        raise call.error(f"there is no lambda variable '{name}'")
    return call.scope.lambda_variables[name]


@function("map", 2)
def _map(call: Call) -> Json:
    body = _lambda_at(call, 1, 2)
    return [body(item, index) for index, item in enumerate(call.array(0))]


@function("filter", 2)
def _filter(call: Call) -> Json:
    body = _lambda_at(call, 1, 2)
    return [item for index, item in enumerate(call.array(0)) if _true(call, body(item, index))]


def _true(call: Call, value: Json) -> bool:
    if not isinstance(value, bool):
        raise call.error("the lambda must give a boolean")
    return value


@function("reduce", 3)
def _reduce(call: Call) -> Json:
    body = _lambda_at(call, 2, 3)
    value = call.value(1)
    for index, item in enumerate(call.array(0)):
        value = body(value, item, index)
    return value


@function("sort", 2)
def _sort(call: Call) -> Json:
    body = _lambda_at(call, 1, 2)

    def compare(left: Json, right: Json) -> int:
        if same(left, right):
            return 0
        return -1 if _true(call, body(left, right)) else 1

    return sorted(call.array(0), key=functools.cmp_to_key(compare))


@function("toObject", 2, 3)
def _to_object(call: Call) -> Json:
    key = _lambda_at(call, 1, 1)
    value = _lambda_at(call, 2, 1) if len(call.arguments) == 3 else None
    return {text_of(key(item)): value(item) if value else item for item in call.array(0)}


@function("groupBy", 2)
def _group_by(call: Call) -> Json:
    key = _lambda_at(call, 1, 1)
    groups: dict[str, list[Json]] = {}
    for item in call.array(0):
        groups.setdefault(text_of(key(item)), []).append(item)
    return groups


@function("mapValues", 2)
def _map_values(call: Call) -> Json:
    body = _lambda_at(call, 1, 1)
    return {key: body(value) for key, value in call.object(0).items()}
