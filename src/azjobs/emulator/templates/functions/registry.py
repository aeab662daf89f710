"""How a template function is declared, found and given its arguments."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias

from azjobs.emulator.templates.errors import ExpressionError, Json
from azjobs.emulator.templates.scope import Scope
from azjobs.emulator.templates.syntax import LARGEST_INTEGER, SMALLEST_INTEGER, Expression, FunctionCall

MANY = 10_000
LONGEST_LITERAL = 131_072
_FAMILIES = ("strings", "collections", "logic", "numbers", "dates", "deployment", "resources", "lambdas", "networks")

Evaluate: TypeAlias = Callable[[Expression, Scope], Json]
Body: TypeAlias = Callable[["Call"], Json]


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of the language: how many arguments it takes and what it does with them."""

    name: str
    minimum: int
    maximum: int
    body: Body

    def arity(self) -> str:
        """The number of arguments, as a message says it."""
        if self.minimum == self.maximum:
            return f"exactly '{self.minimum}' argument(s)"
        if self.maximum == MANY:
            return f"at least '{self.minimum}' argument(s)"
        return f"from '{self.minimum}' to '{self.maximum}' arguments"


_functions: dict[str, Function] = {}


def function(name: str, minimum: int, maximum: int | None = None) -> Callable[[Body], Body]:
    """Declare a template function.

    Args:
        name: its name in Azure's casing.
        minimum: the fewest arguments.
        maximum: the most arguments; as many as the minimum when not given.
    """

    def declare(body: Body) -> Body:
        most = minimum if maximum is None else maximum
        _functions[name.lower()] = Function(name=name, minimum=minimum, maximum=most, body=body)
        return body

    return declare


@cache
def _load() -> None:
    for family in _FAMILIES:
        importlib.import_module(f"azjobs.emulator.templates.functions.{family}")


def find(name: str) -> Function | None:
    """The function of a name, whatever its casing; None when there is none."""
    _load()
    return _functions.get(name.lower())


def names() -> list[str]:
    """The names of all functions."""
    _load()
    return sorted(function.name for function in _functions.values())


def kind(value: Json) -> str:
    """ARM's name for the type of a value, as its messages use it."""
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case int():
            return "Integer"
        case float():
            return "Float"
        case str():
            return "String"
        case list():
            return "Array"
        case _:
            return "Object"


class Call:
    """A call being evaluated: its arguments, evaluated when asked for, and what it sees."""

    def __init__(self, call: FunctionCall, scope: Scope, evaluate: Evaluate) -> None:
        self.name = call.name
        self.arguments = call.arguments
        self.position = call.position
        self.scope = scope
        self._evaluate = evaluate

    def evaluate(self, expression: Expression, scope: Scope | None = None) -> Json:
        """The value of an expression, in the call's own scope unless another is given."""
        return self._evaluate(expression, scope or self.scope)

    @cached_property
    def values(self) -> list[Json]:
        """The values of all arguments."""
        return [self.evaluate(argument) for argument in self.arguments]

    def value(self, index: int, default: Json = None) -> Json:
        """The value of one argument, or the default when it is not given."""
        return self.evaluate(self.arguments[index]) if index < len(self.arguments) else default

    def error(self, reason: str) -> ExpressionError:
        """An error of this call, in ARM's frame."""
        return ExpressionError(
            f"Unable to evaluate template language function '{self.name}': {reason}. "
            "Please see https://aka.ms/arm-functions for usage details."
        )

    def _expect(self, value: Json, index: int, *expected: type) -> Json:
        fits = isinstance(value, expected) and not (isinstance(value, bool) and bool not in expected)
        if fits:
            return value
        wanted = {
            str: "a string",
            int: "an integer",
            float: "a number",
            bool: "a boolean",
            list: "an array",
            dict: "an object",
        }
        kinds = " or ".join(wanted[each] for each in expected)
        raise ExpressionError(
            f"The template language function '{self.name}' expects its parameter at position '{index + 1}' to be "
            f"{kinds}. The provided value is of type '{kind(value)}'. "
            "Please see https://aka.ms/arm-functions for usage details."
        )

    def string(self, index: int, default: str = "") -> str:
        """An argument that must be a string."""
        return str(self._expect(self.value(index, default), index, str))

    def strings(self, start: int = 0) -> list[str]:
        """All arguments from one on, which must be strings."""
        return [str(self._expect(value, start + at, str)) for at, value in enumerate(self.values[start:])]

    def integer(self, index: int, default: int = 0) -> int:
        """An argument that must be an integer."""
        return int(self._expect(self.value(index, default), index, int))

    def boolean(self, index: int, default: bool = False) -> bool:
        """An argument that must be a boolean."""
        return bool(self._expect(self.value(index, default), index, bool))

    def array(self, index: int) -> list[Json]:
        """An argument that must be an array."""
        return list(self._expect(self.value(index), index, list))

    def object(self, index: int) -> dict[str, Json]:
        """An argument that must be an object."""
        return dict(self._expect(self.value(index), index, dict))

    def either(self, index: int, *expected: type) -> Json:
        """An argument of one of several types."""
        return self._expect(self.value(index), index, *expected)

    def limited(self, text: str) -> str:
        """A result that is not too long to be a literal."""
        if len(text) > LONGEST_LITERAL:
            raise self.error(f"literal limit exceeded: the limit is '{LONGEST_LITERAL}' and the actual '{len(text)}'")
        return text

    def fitting(self, number: int) -> int:
        """A result that fits in 64 bits."""
        if not SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
            raise self.error("the result does not fit in 64 bits")
        return number
