"""Logical and comparison functions: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-logical."""

from __future__ import annotations

from azjobs.emulator.templates.errors import ExpressionError, Json
from azjobs.emulator.templates.functions.collections import same
from azjobs.emulator.templates.functions.registry import MANY, Call, function


@function("if", 3)
def _if(call: Call) -> Json:
    # Only the chosen branch is evaluated: the other may refer to what does not exist.
    return call.value(1) if call.boolean(0) else call.value(2)


@function("and", 2, MANY)
def _and(call: Call) -> Json:
    return all(call.boolean(index) for index in range(len(call.arguments)))


@function("or", 2, MANY)
def _or(call: Call) -> Json:
    return any(call.boolean(index) for index in range(len(call.arguments)))


@function("not", 1)
def _not(call: Call) -> Json:
    return not call.boolean(0)


@function("true", 0)
def _true(_call: Call) -> Json:
    return True


@function("false", 0)
def _false(_call: Call) -> Json:
    return False


@function("bool", 1)
def _bool(call: Call) -> Json:
    value = call.either(0, str, int, bool)
    if not isinstance(value, str):
        return bool(value)
    words = {"true": True, "false": False, "1": True, "0": False}
    if value.lower() not in words:
        raise call.error(f"the value '{value}' cannot be converted to a boolean")
    return words[value.lower()]


@function("equals", 2)
def _equals(call: Call) -> Json:
    return same(call.value(0), call.value(1))


def _compared(call: Call) -> int:
    left, right = call.either(0, int, str), call.either(1, int, str)
    if isinstance(left, str) != isinstance(right, str):
        raise call.error("both parameters must be integers, or both must be strings")
    return int(left > right) - int(left < right)


@function("less", 2)
def _less(call: Call) -> Json:
    return _compared(call) < 0


@function("lessOrEquals", 2)
def _less_or_equals(call: Call) -> Json:
    return _compared(call) <= 0


@function("greater", 2)
def _greater(call: Call) -> Json:
    return _compared(call) > 0


@function("greaterOrEquals", 2)
def _greater_or_equals(call: Call) -> Json:
    return _compared(call) >= 0


@function("fail", 1)
def _fail(call: Call) -> Json:
    raise ExpressionError(call.string(0))
