"""A template's variables, evaluated when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from azjobs.emulator.templates.errors import ExpressionError, Json
from azjobs.emulator.templates.expressions import evaluate, unroll
from azjobs.emulator.templates.scope import Scope


class Variables:
    """The variables of a template.

    Args:
        definitions: the template's ``variables``; under ``copy`` are loops, each of which makes an array.
        scope: what their expressions see; the other variables are added to it.
    """

    def __init__(self, definitions: dict[str, Json], scope: Scope) -> None:
        self._scope = replace(scope, variable=self.value)
        self._makers: dict[str, Callable[[], Json]] = {}
        self._values: dict[str, Json] = {}
        self._evaluating: list[str] = []
        for name, definition in definitions.items():
            if name.lower() == "copy" and isinstance(definition, list):
                for loop in definition:
                    self._declare_loop(loop)
            else:
                self._declare(name, definition)

    def _declare(self, name: str, definition: Json) -> None:
        self._makers[name.lower()] = lambda: evaluate(definition, self._scope)

    def _declare_loop(self, loop: Json) -> None:
        if not isinstance(loop, dict) or not isinstance(loop.get("name"), str):
            raise ExpressionError("The template variable copy definition is not valid: it must have a 'name'.")
        self._makers[loop["name"].lower()] = lambda: unroll(loop, self._scope, loop["name"])

    def names(self) -> list[str]:
        """The names of all variables, in lower case."""
        return list(self._makers)

    def value(self, name: str) -> Json:
        """The value of a variable.

        Raises:
            ExpressionError: there is none of that name, or it depends on itself.
        """
        key = name.lower()
        if key in self._values:
            return self._values[key]
        if key not in self._makers:
            return Scope(target=self._scope.target).variable(name)
        if key in self._evaluating:
            raise ExpressionError(
                f"The template variable '{name}' is not valid: circular dependency detected. "
                "Please see https://aka.ms/arm-syntax-variables for usage details."
            )
        self._evaluating.append(key)
        try:
            self._values[key] = self._makers[key]()
        finally:
            self._evaluating.pop()
        return self._values[key]
