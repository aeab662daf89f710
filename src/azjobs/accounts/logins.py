"""What it takes to get tokens as an account. It is secret: these objects hide it, and only the token store keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azjobs.accounts.context import AccountKind, Context


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """An account that has logged in.

    Attributes:
        kind: what kind of account this is.
        account: the user's name, or the application id of a service principal.
        tenant: where it logged in; a user may get tokens for other tenants with the same login.
        authority: the URL of the Entra that it logged in to.
        client_secret: the secret of a service principal.
        record: azure-identity's AuthenticationRecord of a user, serialized.
        cache: MSAL's token cache of a user, serialized; it holds the refresh token.
        public_secret: the secret is published with the emulator, so that no care is due.
    """

    kind: AccountKind
    account: str
    tenant: str
    authority: str
    client_secret: str | None = field(default=None, repr=False)
    record: str | None = field(default=None, repr=False)
    cache: str | None = field(default=None, repr=False)
    public_secret: bool = False

    @property
    def key(self) -> str:
        """Under what the login is kept."""
        return _key(self.kind, self.authority, self.tenant, self.account)

    def to_json(self) -> dict[str, Any]:
        """Return the login, secrets included, as JSON-able data."""
        data: dict[str, Any] = {
            "kind": self.kind,
            "account": self.account,
            "tenant": self.tenant,
            "authority": self.authority,
            "clientSecret": self.client_secret,
            "record": self.record,
            "cache": self.cache,
            "publicSecret": self.public_secret or None,
        }
        return {name: value for name, value in data.items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Login:
        """Return the login that `to_json` wrote."""
        return cls(
            kind=data["kind"],
            account=data["account"],
            tenant=data["tenant"],
            authority=data["authority"],
            client_secret=data.get("clientSecret"),
            record=data.get("record"),
            cache=data.get("cache"),
            public_secret=bool(data.get("publicSecret")),
        )


def key_of(context: Context) -> str:
    """Return under what the login of a context is kept."""
    return _key(context.account_kind, context.environment.authority, context.tenant, context.account)


def _key(kind: AccountKind, authority: str, tenant: str, account: str) -> str:
    where = "" if kind == "User" else tenant
    return "|".join((kind, authority, where, account)).casefold()
