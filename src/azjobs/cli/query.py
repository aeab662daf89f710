"""`--query`: JMESPath over a result, as Azure CLI has it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import click


def check(expression: str) -> str:
    """Return the expression when it is JMESPath.

    Raises:
        click.UsageError: it is not.
    """
    import jmespath
    import jmespath.exceptions

    try:
        jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        column = getattr(error, "lex_position", None)
        where = f" (wrong from character {column + 1} on)" if isinstance(column, int) else ""
        raise click.UsageError(
            f"--query {expression!r} is no JMESPath{where}: https://jmespath.org tells how it is written."
        ) from None
    return expression


def pick(expression: str, data: Any) -> Any:
    """Return what the expression picks from JSON data.

    Raises:
        click.UsageError: a function in the expression was given what it does not take.
    """
    import jmespath
    import jmespath.exceptions

    try:
        return jmespath.search(expression, data, jmespath.Options(dict_cls=OrderedDict))
    except jmespath.exceptions.JMESPathError as error:
        reason = " ".join(str(error).split())
        raise click.UsageError(f"--query {expression!r} cannot be applied to this result: {reason}") from None
