"""Tokens for a context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from azjobs.accounts import profile, sources, token_store
from azjobs.accounts.context import Context
from azjobs.accounts.logins import Login, key_of
from azjobs.accounts.sources import TokenSource
from azjobs.accounts.token_store import StoredToken
from azjobs.errors import LoginFailed, NotLoggedIn

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, AccessTokenInfo, TokenCredential, TokenRequestOptions


def bearer(context: Context) -> str:
    """Return a token for the context's Resource Manager. Blocks when Entra is asked: when less than 5 min remain.

    Raises:
        NotLoggedIn: the context's account has not logged in here, or its login has ended.
        LoginFailed: Entra refused.
        ServiceUnreachable: Entra does not answer.
        EmulatorUnavailable: the emulator does not run.
    """
    return source_of(context).token(context.environment.scopes, tenant=context.tenant).value


def forget(context: Context, token: str) -> None:
    """Forget a token that Resource Manager refused (401), so that the next one is new."""
    source_of(context).forget(token)


def credential(context: Context, *, interactive: bool = False) -> TokenCredential:
    """Return a credential for the SDK's clients, as which they act as the context's account in its tenant.

    All credentials of an account share their tokens: however many threads want one, Entra is asked once.

    Args:
        context: who.
        interactive: whether a user may be asked to log in again.

    Example:
        >>> ComputeManagementClient(credential(context), context.subscription)  # doctest: +SKIP
    """
    return ContextCredential(context, interactive=interactive)


class ContextCredential:
    """A context as azure-core's TokenCredential. It holds no secret."""

    def __init__(self, context: Context, *, interactive: bool = False) -> None:
        self.context = context
        self._interactive = interactive

    def __repr__(self) -> str:
        return f"<credential of {self.context.name}>"

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> AccessToken:
        """Return a token for the scopes; see azure.core.credentials.TokenCredential."""
        from azure.core.credentials import AccessToken

        found = self._get(scopes, claims, tenant_id)
        return AccessToken(found.value, found.expires_on)

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """Return a token for the scopes; see azure.core.credentials.SupportsTokenInfo."""
        from azure.core.credentials import AccessTokenInfo

        given = options or {}
        found = self._get(scopes, given.get("claims"), given.get("tenant_id"))
        return AccessTokenInfo(found.value, found.expires_on, refresh_on=found.refresh_on)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Do nothing: the tokens belong to the account."""

    def _get(self, scopes: tuple[str, ...], claims: str | None, tenant: str | None) -> StoredToken:
        if not scopes:
            raise ValueError("A token is for at least one scope.")
        if tenant is not None and tenant.casefold() != self.context.tenant.casefold():
            raise LoginFailed(
                f"A token for tenant {tenant} was asked for, and the context {self.context.name!r} is for tenant "
                f"{self.context.tenant}: use a context of that tenant."
            )
        source = source_of(self.context)
        return source.token(scopes, tenant=self.context.tenant, claims=claims, interactive=self._interactive)


def source_of(context: Context) -> TokenSource:
    """Return where the tokens of the context's account come from.

    Raises:
        NotLoggedIn: the account has not logged in here.
        AccountError: the token store cannot be read.
    """
    key = key_of(context)
    found = sources.registered(key)
    if found is None:
        login = token_store.login(key)
        if login is None:
            raise NotLoggedIn(
                f"No login of {context.account} in tenant {context.tenant} ({context.environment.name}) is known here: "
                "call connect() or run `azjobs connect`."
            )
        found = sources.register(TokenSource(login=login, environment=context.environment, persisted=True))
    if found.environment != context.environment:
        found.move(context.environment)
    return found


def persist(context: Context) -> None:
    """Keep the login of the context's account in the token store.

    Raises:
        NotLoggedIn: the account has not logged in here.
        AccountError: the store cannot be read or written.
    """
    source = source_of(context)
    if not source.persisted:
        source.persist(new=True)


def pack(context: Context) -> dict[str, Any]:
    """Return what another process needs to get tokens as the context's account. It holds secrets.

    Raises:
        NotLoggedIn: the account has not logged in here.
        AccountError: the token store cannot be read.
    """
    source = source_of(context)
    return {
        "login": source.login.to_json(),
        "environment": source.environment.to_json(),
        "keptIn": str(profile.folder()) if source.persisted else None,
        "tokens": {slot: token.to_json() for slot, token in source.held().items()},
    }


def unpack(packed: Mapping[str, Any]) -> None:
    """Make what `pack` returned the source of the account's tokens in this process."""
    from azjobs.accounts.environments import Environment

    sources.replace_with(
        TokenSource(
            login=Login.from_json(packed["login"]),
            environment=Environment.from_json(packed["environment"]),
            # A process with another home keeps nothing of this: what travelled stays in memory.
            persisted=packed["keptIn"] == str(profile.folder()),
            tokens={slot: StoredToken.from_json(token) for slot, token in packed["tokens"].items()},
        )
    )
