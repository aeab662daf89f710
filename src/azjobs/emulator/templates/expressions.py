"""The value of ARM template expressions, alone and inside JSON documents."""

from __future__ import annotations

from dataclasses import replace

from azjobs.emulator.templates.errors import ExpressionError, Json
from azjobs.emulator.templates.functions.registry import Call, find
from azjobs.emulator.templates.scope import CopyIndex, Scope
from azjobs.emulator.templates.syntax import (
    Expression,
    FunctionCall,
    Indexing,
    Literal,
    PropertyAccess,
    is_expression,
    parse,
    unescaped,
)

MOST_COPIES = 800
DEEPEST_DOCUMENT = 64


def evaluate(value: Json, scope: Scope) -> Json:
    """A JSON document with its expressions replaced by their values; property copy loops are unrolled.

    Args:
        value: any JSON value of a template.
        scope: what its expressions see.

    Raises:
        ExpressionError: an expression is not valid or has no value.

    Example:
        >>> from azjobs.emulator.templates.scope import Target
        >>> evaluate({"name": "[concat('my', 'vm')]"}, Scope(target=Target(subscription={}, resource_group=None)))
        {'name': 'myvm'}
    """
    try:
        return _document(value, scope, 0)
    except RecursionError as error:
        raise ExpressionError("The template language expression is nested too deeply.") from error


def _document(value: Json, scope: Scope, depth: int) -> Json:
    if isinstance(value, str):
        return evaluate_expression(parse(value), scope) if is_expression(value) else unescaped(value)
    if depth > DEEPEST_DOCUMENT:
        raise ExpressionError(f"The template is nested deeper than '{DEEPEST_DOCUMENT}' levels.")
    if isinstance(value, list):
        return [_document(item, scope, depth + 1) for item in value]
    if isinstance(value, dict):
        return _object(value, scope, depth)
    return value


def _object(value: dict[str, Json], scope: Scope, depth: int) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for name, item in value.items():
        if name.lower() == "copy" and _is_property_copy(item):
            for loop in item:
                result[loop["name"]] = unroll(loop, scope, loop["name"])
        else:
            key = _document(name, scope, depth + 1)
            if not isinstance(key, str):
                raise ExpressionError(f"The property name '{name}' is not valid: its value must be a string.")
            result[key] = _document(item, scope, depth + 1)
    return result


def _is_property_copy(item: Json) -> bool:
    return (
        isinstance(item, list)
        and bool(item)
        and all(isinstance(loop, dict) and isinstance(loop.get("name"), str) and "input" in loop for loop in item)
    )


def copy_count(value: Json, scope: Scope) -> int:
    """How often a copy loop runs.

    Args:
        value: the loop's ``count``: an integer or an expression.
        scope: what the expression sees.

    Raises:
        ExpressionError: it is no integer from 0 to 800.
    """
    count = evaluate(value, scope)
    if isinstance(count, bool) or not isinstance(count, int):
        raise ExpressionError("The template copy definition is not valid: its 'count' must be an integer.")
    if not 0 <= count <= MOST_COPIES:
        raise ExpressionError(
            f"The number of template copies '{count}' is not valid: it must be between '0' and '{MOST_COPIES}'. "
            "Please see https://aka.ms/arm-copy for usage details."
        )
    return count


def unroll(loop: dict[str, Json], scope: Scope, name: str) -> list[Json]:
    """The values of a property, variable or output copy loop.

    Args:
        loop: the loop, with ``count`` and ``input``.
        scope: what its expressions see.
        name: the loop's name, as ``copyIndex('name')`` asks for it.
    """
    count = copy_count(loop.get("count"), scope)
    return [
        evaluate(loop.get("input"), replace(scope, copies=(*scope.copies, CopyIndex(name=name, index=index))))
        for index in range(count)
    ]


def evaluate_expression(expression: Expression, scope: Scope) -> Json:
    """The value of a parsed expression.

    Raises:
        ExpressionError: a function, a parameter, a variable or a property is unknown, or an argument is not valid.
    """
    match expression:
        case Literal(value=value):
            return value
        case PropertyAccess(target=target, name=name):
            return access(evaluate_expression(target, scope), name)
        case Indexing(target=target, index=index):
            return access(evaluate_expression(target, scope), evaluate_expression(index, scope))
        case FunctionCall():
            return _call(expression, scope)


def _call(call: FunctionCall, scope: Scope) -> Json:
    if "." in call.name:
        return _call_user_function(call, scope)
    function = find(call.name)
    if function is None:
        raise ExpressionError(
            f"The template function '{call.name}' is not valid. "
            "Please see https://aka.ms/arm-functions for usage details."
        )
    if not function.minimum <= len(call.arguments) <= function.maximum:
        raise ExpressionError(
            f"Unable to evaluate template language function '{call.name}': function requires "
            f"{function.arity()} while '{len(call.arguments)}' were provided. "
            "Please see https://aka.ms/arm-functions for usage details."
        )
    return function.body(Call(call, scope, evaluate_expression))


def _call_user_function(call: FunctionCall, scope: Scope) -> Json:
    function = scope.functions.get(call.name.lower())
    if function is None or len(function.parameters) != len(call.arguments):
        raise ExpressionError(
            f"The template function '{call.name}' is not valid. "
            "Please see https://aka.ms/arm-functions for usage details."
        )
    values = {
        name.lower(): evaluate_expression(argument, scope)
        for name, argument in zip(function.parameters, call.arguments, strict=True)
    }

    def parameter(name: str) -> Json:
        if name.lower() not in values:
            return Scope(target=scope.target).parameter(name)
        return values[name.lower()]

    # A function sees its own parameters and nothing else; not even other functions, so it cannot recurse.
    return evaluate(function.output, Scope(target=scope.target, parameter=parameter))


def access(target: Json, key: Json) -> Json:
    """A property of an object (case-insensitive, as in ARM) or an item of an array.

    Raises:
        ExpressionError: there is no such property or item.
    """
    if isinstance(target, dict) and isinstance(key, str):
        return _property(target, key)
    if isinstance(target, list) and isinstance(key, int) and not isinstance(key, bool):
        if 0 <= key < len(target):
            return target[key]
        raise ExpressionError(f"The language expression property array index '{key}' is out of bounds.")
    raise ExpressionError(f"The language expression property '{key}' can't be evaluated.")


def _property(target: dict[str, Json], name: str) -> Json:
    if name in target:
        return target[name]
    for key, value in target.items():
        if key.lower() == name.lower():
            return value
    raise ExpressionError(
        f"The language expression property '{name}' doesn't exist, available properties are '{', '.join(target)}'."
    )
