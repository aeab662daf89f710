"""How a context is printed: the columns of Connect-AzAccount, or an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azjobs.cli.output import emit
from azjobs.cli.settings import Settings
from azjobs.jobs.table import Column, render, terminal_width

if TYPE_CHECKING:
    from azjobs.accounts.context import Context

_COLUMNS = (
    Column("Account", shrink=2),
    Column("SubscriptionName", shrink=2),
    Column("SubscriptionId", shrink=1),
    Column("TenantId", shrink=1),
    Column("Environment"),
)


def print_context(settings: Settings, context: Context) -> None:
    """Print who you are and which subscription you act in."""
    cells = [
        context.account,
        context.subscription_name or "",
        context.subscription or "",
        context.tenant,
        context.environment.name,
    ]
    emit(settings, lambda: _object(context), lambda: render(_COLUMNS, [cells], terminal_width()))


def _object(context: Context) -> dict[str, Any]:
    return {
        "name": context.name,
        "account": context.account,
        "accountKind": context.account_kind,
        "tenantId": context.tenant,
        "subscriptionId": context.subscription,
        "subscriptionName": context.subscription_name,
        "environment": context.environment.name,
        "resourceManager": context.environment.resource_manager,
    }
