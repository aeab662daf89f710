"""What can be wrong with a template, in Azure's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value: null, a boolean, a number, a string, a list or an object."""


class TemplateError(Exception):
    """A template, its parameters or one of its expressions is not valid.

    Attributes:
        code: ARM's error code, such as ``InvalidTemplate``.
        message: ARM's sentence.
        target: the id or name of what is wrong, where there is one.
        details: inner errors, as ARM error objects.
        path: where in the deployment's request the mistake is, for ``additionalInfo``; None adds none.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "InvalidTemplate",
        target: str | None = None,
        details: tuple[Json, ...] = (),
        path: str | None = None,
        position: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.target = target
        self.details = details
        self.path = path
        self.position = position

    def masked(self, mask: Callable[[Json], Json]) -> TemplateError:
        """The same error with its texts put through a mask."""
        return TemplateError(
            mask(self.message),
            code=self.code,
            target=self.target,
            details=tuple(mask(list(self.details))),
            path=self.path,
            position=self.position,
        )

    def error(self) -> dict[str, Json]:
        """The ARM error object (the value of ``error`` in an error response)."""
        body: dict[str, Json] = {"code": self.code}
        if self.target is not None:
            body["target"] = self.target
        body["message"] = self.message
        if self.details:
            body["details"] = list(self.details)
        if self.path is not None:
            line, column = self.position
            violation = {"lineNumber": line, "linePosition": column, "path": self.path}
            body["additionalInfo"] = [{"type": "TemplateViolation", "info": violation}]
        return body


class ExpressionError(TemplateError):
    """An expression cannot be parsed or evaluated; whoever evaluates it says where it stands."""


class RuntimeOnlyError(ExpressionError):
    """A function was met that works only while a deployment runs, such as ``reference``."""


def validation_failed(reason: str, *, path: str = "", position: tuple[int, int] = (0, 0)) -> TemplateError:
    """``InvalidTemplate`` as ARM answers it before anything is deployed.

    Args:
        reason: the sentence that ARM puts between single quotes.
        path: where in the request the mistake is, such as ``properties.template.parameters.location``.
        position: the line and the column of that place in the request's text; zeros where ARM knows none.
    """
    return TemplateError(f"Deployment template validation failed: '{reason}'.", path=path, position=position)
