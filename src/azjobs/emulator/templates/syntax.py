"""The grammar of ARM template expressions: text between ``[`` and ``]`` to a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from azjobs.emulator.templates.errors import ExpressionError, Json

LONGEST_EXPRESSION = 24_576
DEEPEST_NESTING = 64
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or an integer."""

    value: Json


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """``name(arguments)``; the name of a user's function carries its namespace: ``contoso.name``."""

    name: str
    arguments: tuple[Expression, ...]
    position: int


@dataclass(frozen=True, slots=True)
class PropertyAccess:
    """``target.name``."""

    target: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Indexing:
    """``target[index]``."""

    target: Expression
    index: Expression


Expression: TypeAlias = Literal | FunctionCall | PropertyAccess | Indexing


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an expression; ``kind`` is ARM's name of it, as its messages use it."""

    kind: str
    text: str
    position: int


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<StringLiteral>'(?:[^']|'')*')
      | (?P<Integer>[+-]?[0-9]+)
      | (?P<Identifier>[A-Za-z_$][A-Za-z0-9_$]*)
      | (?P<LeftParenthesis>\()
      | (?P<RightParenthesis>\))
      | (?P<LeftSquareBracket>\[)
      | (?P<RightSquareBracket>\])
      | (?P<Comma>,)
      | (?P<Dot>\.)
    )""",
    re.VERBOSE,
)


def is_expression(text: str) -> bool:
    """Whether a string of a template is an expression: ``[...]``, but not ``[[...]``, the escaped bracket."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def unescaped(text: str) -> str:
    """A string of a template that is no expression, with the bracket of ``[[...]`` unescaped."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Parse an expression.

    Args:
        text: the expression with its brackets, such as ``[concat('a', parameters('b'))]``.

    Raises:
        ExpressionError: it is not an expression.
    """
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(
            f"The language expression length limit exceeded: the limit is '{LONGEST_EXPRESSION}' characters and the "
            f"expression has '{len(text)}'."
        )
    return _Parser(text[1:-1]).expression()


def calls(expression: Expression) -> Iterator[FunctionCall]:
    """Every function call in an expression, outermost first."""
    match expression:
        case FunctionCall(arguments=arguments):
            yield expression
            for argument in arguments:
                yield from calls(argument)
        case PropertyAccess(target=target):
            yield from calls(target)
        case Indexing(target=target, index=index):
            yield from calls(target)
            yield from calls(index)
        case Literal():
            return


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._scan())
        self._next = 0
        self._depth = 0

    def _scan(self) -> Iterator[Token]:
        position, end = 0, len(self._text.rstrip())
        while position < end:
            match = _TOKEN.match(self._text, position)
            if match is None or match.lastgroup is None:
                raise self._error(f"unexpected character at position '{position}'")
            yield Token(match.lastgroup, match.group(match.lastgroup), match.start(match.lastgroup))
            position = match.end()
        yield Token("EndOfData", "", position)

    def _error(self, reason: str) -> ExpressionError:
        return ExpressionError(
            f"Unable to parse language expression '{self._text}': {reason}. "
            "Please see https://aka.ms/arm-template-expressions for usage details."
        )

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self, *kinds: str) -> Token:
        token = self._peek()
        if token.kind not in kinds:
            expected = ",".join(kinds)
            raise self._error(f"expected token '{expected}' and actual '{token.kind}'")
        self._next += 1
        return token

    def expression(self) -> Expression:
        tree = self._operand()
        self._take("EndOfData")
        return tree

    def _operand(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise self._error(f"it is nested deeper than '{DEEPEST_NESTING}' levels")
        tree = self._accesses(self._primary())
        self._depth -= 1
        return tree

    def _primary(self) -> Expression:
        token = self._take("StringLiteral", "Integer", "Identifier")
        if token.kind == "StringLiteral":
            return Literal(token.text[1:-1].replace("''", "'"))
        if token.kind == "Integer":
            return Literal(self._integer(token.text))
        name = token.text
        while self._peek().kind == "Dot":
            self._take("Dot")
            name += "." + self._take("Identifier").text
        return FunctionCall(name, self._arguments(), token.position)

    def _integer(self, text: str) -> int:
        # Python refuses to read numbers of thousands of digits; ARM's are of 64 bits.
        value = int(text) if len(text) <= 20 else LARGEST_INTEGER + 1
        if not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
            raise self._error(f"the integer '{text[:40]}' does not fit in 64 bits")
        return value

    def _arguments(self) -> tuple[Expression, ...]:
        self._take("LeftParenthesis")
        if self._peek().kind == "RightParenthesis":
            self._take("RightParenthesis")
            return ()
        arguments = [self._operand()]
        while self._take("Comma", "RightParenthesis").kind == "Comma":
            arguments.append(self._operand())
        return tuple(arguments)

    def _accesses(self, tree: Expression) -> Expression:
        accesses = 0
        while self._peek().kind in ("Dot", "LeftSquareBracket"):
            accesses += 1
            if accesses > DEEPEST_NESTING:
                raise self._error(f"it is nested deeper than '{DEEPEST_NESTING}' levels")
            if self._take("Dot", "LeftSquareBracket").kind == "Dot":
                tree = PropertyAccess(tree, self._take("Identifier").text)
            else:
                tree = Indexing(tree, self._operand())
                self._take("RightSquareBracket")
        return tree
