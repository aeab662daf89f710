"""Who you are in Azure: account, tenant, subscription, environment; plain data without a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from azjobs.accounts.environments import Environment
from azjobs.errors import InvalidArgument
from azjobs.jobs import private

AccountKind = Literal["ServicePrincipal", "User"]
"""What kind of account logged in; the words of `Connect-AzAccount`."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """Who you are in Azure, as `Get-AzContext` gives it.

    A context holds no secret: what it takes to get tokens is kept apart. Sent to a job in another process, it works
    there.

    Attributes:
        account: the user's name, or the application id of a service principal.
        account_kind: what kind of account this is.
        tenant: the id of the tenant.
        subscription: the id of the subscription that commands act in; None: none was chosen.
        subscription_name: its display name.
        environment: which Azure.
        name: what the context is saved as; upstream's `Subscription (id) - tenant - account` when not given.

    Example:
        >>> from azjobs.accounts.environments import AZURE_CLOUD
        >>> me = Context(account="me@contoso.com", account_kind="User", tenant="T", environment=AZURE_CLOUD,
        ...              subscription="S", subscription_name="Production")
        >>> me.name
        'Production (S) - T - me@contoso.com'
    """

    account: str
    account_kind: AccountKind
    tenant: str
    subscription: str | None
    subscription_name: str | None
    environment: Environment
    name: str = ""

    def __post_init__(self) -> None:
        if self.account_kind not in get_args(AccountKind):
            raise InvalidArgument(
                f"This version of azjobs knows no accounts of kind {self.account_kind!r}: "
                f"use one of {', '.join(get_args(AccountKind))}, or a newer azjobs."
            )
        if not self.name:
            object.__setattr__(self, "name", _default_name(self))

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes two contexts the same one, whatever their names (upstream's rule, and the environment)."""
        return (
            self.environment.name.casefold(),
            self.account.casefold(),
            self.tenant.casefold(),
            (self.subscription or "").casefold(),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the context as JSON-able data."""
        return {
            "name": self.name,
            "account": self.account,
            "accountKind": self.account_kind,
            "tenant": self.tenant,
            "subscription": self.subscription,
            "subscriptionName": self.subscription_name,
            "environment": self.environment.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Context:
        """Return the context that `to_json` wrote."""
        return cls(
            name=data.get("name") or "",
            account=data["account"],
            account_kind=data["accountKind"],
            tenant=data["tenant"],
            subscription=data.get("subscription"),
            subscription_name=data.get("subscriptionName"),
            environment=Environment.from_json(data["environment"]),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        private.announce(self)
        return Context.from_json, (self.to_json(),)


def _default_name(context: Context) -> str:
    ending = f"{context.tenant} - {context.account}"
    if context.subscription is None:
        return ending
    return f"{context.subscription_name or context.subscription} ({context.subscription}) - {ending}"
