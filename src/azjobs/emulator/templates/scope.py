"""What an expression can see: parameters, variables, the deployment and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn, TypeAlias

from azjobs.emulator.templates.errors import ExpressionError, Json, RuntimeOnlyError

Lookup: TypeAlias = Callable[[str], Json]


@dataclass(frozen=True, kw_only=True)
class UserFunction:
    """A function that a template defines under ``functions``."""

    name: str
    parameters: tuple[str, ...]
    output: Json


@dataclass(frozen=True, kw_only=True)
class CopyIndex:
    """Where a copy loop stands; a resource's loop has the name of its ``copy``."""

    name: str
    index: int


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a deployment goes and what it knows of itself.

    Attributes:
        subscription: what ``subscription()`` gives: id, subscriptionId, tenantId, displayName.
        resource_group: what ``resourceGroup()`` gives; None at a scope without a resource group.
        tenant: what ``tenant()`` gives.
        environment: what ``environment()`` gives.
        deployment: what ``deployment()`` gives.
        correlation_id: seeds ``newGuid()``, so that evaluating twice gives the same.
        now: emulator time, for ``utcNow()``.
    """

    subscription: Mapping[str, Json]
    resource_group: Mapping[str, Json] | None
    tenant: Mapping[str, Json] = field(default_factory=dict)
    environment: Mapping[str, Json] = field(default_factory=dict)
    deployment: Mapping[str, Json] = field(default_factory=dict)
    correlation_id: str = "00000000-0000-0000-0000-000000000000"
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def _no_parameter(name: str) -> NoReturn:
    raise ExpressionError(
        f"The template parameter '{name}' is not found. "
        "Please see https://aka.ms/arm-syntax-parameters for usage details."
    )


def _no_variable(name: str) -> NoReturn:
    raise ExpressionError(
        f"The template variable '{name}' is not found. "
        "Please see https://aka.ms/arm-syntax-variables for usage details."
    )


def _not_running(name: str, _api_version: str | None, _full: bool) -> NoReturn:
    raise RuntimeOnlyError(
        "The template function 'reference' is not expected at this location. "
        "Please see https://aka.ms/arm-functions for usage details."
    )


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Everything that an expression's value depends on.

    Attributes:
        target: where the deployment goes.
        parameter: the value of a parameter by name.
        variable: the value of a variable by name.
        reference: the state of a resource by name or id: ``(name_or_id, api_version, full)``.
        copies: the copy loops around the expression, innermost last.
        functions: the template's own functions, by ``namespace.name`` in lower case.
        lambda_variables: the arguments of the lambdas around the expression.
        salt: what tells this place of the template from others, for ``newGuid()``.
        defaults: whether a parameter's default is being evaluated, the only place of ``utcNow`` and ``newGuid``.
    """

    target: Target
    parameter: Lookup = _no_parameter
    variable: Lookup = _no_variable
    reference: Callable[[str, str | None, bool], Json] = _not_running
    copies: tuple[CopyIndex, ...] = ()
    functions: Mapping[str, UserFunction] = field(default_factory=dict)
    lambda_variables: Mapping[str, Json] = field(default_factory=dict)
    salt: str = ""
    defaults: bool = False
