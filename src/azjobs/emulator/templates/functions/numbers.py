"""Numeric functions: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-numeric."""

from __future__ import annotations

from azjobs.emulator.templates.errors import Json
from azjobs.emulator.templates.functions.registry import Call, function


@function("add", 2)
def _add(call: Call) -> Json:
    return call.fitting(call.integer(0) + call.integer(1))


@function("sub", 2)
def _sub(call: Call) -> Json:
    return call.fitting(call.integer(0) - call.integer(1))


@function("mul", 2)
def _mul(call: Call) -> Json:
    return call.fitting(call.integer(0) * call.integer(1))


@function("div", 2)
def _div(call: Call) -> Json:
    return call.fitting(_quotient(call))


@function("mod", 2)
def _mod(call: Call) -> Json:
    return call.integer(0) - _quotient(call) * call.integer(1)


def _quotient(call: Call) -> int:
    """The quotient cut towards zero, as .NET does; Python rounds down."""
    dividend, divisor = call.integer(0), call.integer(1)
    if divisor == 0:
        raise call.error("the divisor must not be '0'")
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


@function("int", 1)
def _int(call: Call) -> Json:
    value = call.either(0, str, int, float)
    try:
        return call.fitting(int(value))
    except ValueError as error:
        raise call.error(f"the value '{str(value)[:40]}' cannot be converted to an integer") from error


@function("float", 1)
def _float(call: Call) -> Json:
    value = call.either(0, str, int, float)
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise call.error(f"the value '{str(value)[:40]}' cannot be converted to a number") from error
    if number != number or number in (float("inf"), float("-inf")):
        raise call.error(f"the value '{str(value)[:40]}' cannot be converted to a number")
    return number
