"""Logging in."""

from __future__ import annotations

import base64
import json
from binascii import Error as Base64Error
from dataclasses import replace

from azjobs.accounts import emulated, environments, session, subscriptions
from azjobs.accounts.context import Context
from azjobs.accounts.environments import Environment
from azjobs.accounts.logins import Login
from azjobs.accounts.sources import TokenSource, slot_of
from azjobs.accounts.token_store import StoredToken
from azjobs.errors import InvalidArgument, NoTerminal


def connect(
    *,
    environment: str | Environment = "AzureCloud",
    tenant: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    subscription: str | None = None,
    use_device_code: bool = False,
) -> Context:
    """Log in to Azure (`Connect-AzAccount`) and make the context the current one.

    With `client_id` and `client_secret` a service principal logs in; with `environment="Emulator"` the emulator's own
    does, and the emulator is started when it does not run; else a user does, in a browser, or with a code where none
    can be opened. Nothing is saved before a token was given and the subscription was seen.

    Args:
        environment: `AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`, `Emulator`, or an Environment of your own.
        tenant: the tenant's id or domain; a service principal needs one.
        client_id: the application's id.
        client_secret: the application's secret.
        subscription: the id or name of the one to act in; None: the first.
        use_device_code: have the user enter a code in a browser elsewhere.

    Returns:
        The new context.

    Raises:
        InvalidArgument: the arguments do not go together, or there is no such environment.
        NoTerminal: a user would have to be asked, in a job.
        LoginFailed: Entra refused.
        SubscriptionNotFound: the account has no subscription, or not this one.
        ServiceUnreachable: Azure does not answer.
        EmulatorUnavailable: the emulator does not start.
        AccountError: the files of saved contexts cannot be used.

    Example:
        >>> connect(environment="Emulator").subscription_name  # doctest: +SKIP
        'Emulator'
    """
    _check(environment, client_id, client_secret, use_device_code)
    session.mode()  # files that cannot be used are said before anybody logs in
    place, login = _start_of_login(environment, tenant, client_id, client_secret)
    del client_secret
    source = _service_principal(place, login) if login is not None else _user(place, tenant, use_device_code)
    token = source.token(place.scopes, tenant=source.login.tenant)
    chosen = subscriptions.choose(
        subscriptions.visible(place, token.value), subscription, source.login.account, source.login.tenant
    )
    context = Context(
        account=source.login.account,
        account_kind=source.login.kind,
        tenant=source.login.tenant,
        subscription=chosen.id,
        subscription_name=chosen.name,
        environment=place,
    )
    return subscriptions.adopt(context, source, new_login=True)


def _check(
    environment: str | Environment, client_id: str | None, client_secret: str | None, use_device_code: bool
) -> None:
    if (client_id is None) != (client_secret is None):
        missing = "client_secret" if client_secret is None else "client_id"
        raise InvalidArgument(f"A service principal logs in with client_id and client_secret: {missing} is missing.")
    if client_id is not None and not (client_id.strip() and client_secret):
        raise InvalidArgument("A service principal logs in with client_id and client_secret: one of them is empty.")
    if client_id is not None and use_device_code:
        raise InvalidArgument(
            "use_device_code is for users: leave out client_id and client_secret, or use_device_code."
        )
    if use_device_code and isinstance(environment, str) and environments.is_emulator(environment):
        raise InvalidArgument("The emulator has no users: leave out use_device_code, and its own application logs in.")


def _start_of_login(
    environment: str | Environment,
    tenant: str | None,
    client_id: str | None,
    client_secret: str | None,
) -> tuple[Environment, Login | None]:
    """Return where to log in, and as which service principal; None: as a user."""
    if isinstance(environment, str) and environments.is_emulator(environment):
        emulator = emulated.start()
        place = emulated.environment(emulator)
        secret = client_secret or emulator.client_secret
        return place, Login(
            kind="ServicePrincipal",
            account=client_id or emulator.client_id,
            tenant=tenant or emulator.tenant_id,
            authority=place.authority,
            client_secret=secret,
            public_secret=secret == emulator.client_secret,
        )
    place = environment if isinstance(environment, Environment) else environments.find(environment)
    if client_id is None:
        return place, None
    if tenant is None:
        raise InvalidArgument("A service principal logs in to a tenant: pass tenant as well.")
    return place, Login(
        kind="ServicePrincipal",
        account=client_id,
        tenant=tenant,
        authority=place.authority,
        client_secret=client_secret,
    )


def _service_principal(place: Environment, login: Login) -> TokenSource:
    token = TokenSource(login=login, environment=place).token(place.scopes, tenant=login.tenant)
    tenant = _tenant_id(token.value) or login.tenant
    return TokenSource(
        login=replace(login, tenant=tenant), environment=place, tokens={slot_of(tenant, place.scopes): token}
    )


def _user(place: Environment, tenant: str | None, use_device_code: bool) -> TokenSource:
    if session.is_job():
        raise NoTerminal(
            "A job asks nobody to log in: connect before it starts, and pass context=azjobs.get_context() to start_job."
        )
    from azjobs.accounts import identity
    from azjobs.accounts.failures import quietly

    found: list[tuple[Login, StoredToken]] = []

    def log_in() -> None:
        by_code = use_device_code or not identity.has_browser()
        login, token = identity.log_in_user(place, tenant=tenant, use_device_code=by_code)
        found.append((login, StoredToken(value=token.token, expires_on=token.expires_on, refresh_on=token.refresh_on)))

    nobody = Login(kind="User", account="", tenant=tenant or "organizations", authority=place.authority)
    failure = quietly(log_in, nobody, place)
    if failure is not None:
        raise failure
    login, token = found[0]
    return TokenSource(login=login, environment=place, tokens={slot_of(login.tenant, place.scopes): token})


def _tenant_id(token: str) -> str | None:
    """The tenant's id that a token names: a domain may have been given. Nothing depends on the token being genuine."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, Base64Error, ValueError):
        return None
    tenant = claims.get("tid") if isinstance(claims, dict) else None
    return tenant if isinstance(tenant, str) else None
