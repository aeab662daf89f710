"""The subscriptions of an account, and choosing among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from azjobs.accounts import session, sources, tokens
from azjobs.accounts.context import Context
from azjobs.accounts.environments import Environment
from azjobs.accounts.sources import TokenSource
from azjobs.errors import (
    AccountError,
    AzJobsError,
    InvalidArgument,
    LoginFailed,
    SubscriptionNotFound,
)

_API_VERSION = "2022-12-01"
_TIMEOUT = (30, 60)
_SHOWN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """One subscription that an account sees.

    Attributes:
        id: its id.
        name: its display name.
        state: `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`.
    """

    id: str
    name: str
    state: str

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


def set_context(*, subscription: str | None = None, tenant: str | None = None) -> Context:
    """Act in another subscription from now on (`Set-AzContext`).

    The choice holds for this process and, when contexts are saved, for processes that begin later. Jobs that run
    already stay where they are.

    Args:
        subscription: its id or name; None: the first of the tenant.
        tenant: the tenant's id; None: the one of the current context.

    Returns:
        The new context.

    Raises:
        InvalidArgument: nothing was asked for.
        NotLoggedIn: nobody is logged in.
        SubscriptionNotFound: the account has no such subscription, or several of this name.

    Example:
        >>> set_context(subscription="Production")  # doctest: +SKIP
    """
    if subscription is None and tenant is None:
        raise InvalidArgument("Say what to change: set_context(subscription=...) or set_context(tenant=...).")
    now = session.get_context()
    target = replace(now, tenant=tenant or now.tenant, name="")
    source = _source_for(now, target)
    chosen = choose(_visible(source, target.environment, target.tenant), subscription, target.account, target.tenant)
    return adopt(replace(target, subscription=chosen.id, subscription_name=chosen.name, name=""), source)


def adopt(context: Context, source: TokenSource, *, new_login: bool = False) -> Context:
    """Make this the context of the process, and save it with its login when contexts are saved.

    Args:
        context: who to be.
        source: where its tokens come from.
        new_login: somebody has just logged in.

    Returns:
        The context, under the name that it is saved as.

    Raises:
        AccountError: a file cannot be read or written.
    """
    if session.saves() and (new_login or not source.persisted):
        source.persist(new=new_login)
    sources.replace_with(source)
    return session.select(context)


def visible(environment: Environment, token: str) -> list[Subscription]:
    """Return the subscriptions that the bearer of a token sees.

    Raises:
        LoginFailed: Resource Manager refused the token.
        AccountError: it answered something else than a list.
        ServiceUnreachable: it does not answer.
        EmulatorUnavailable: the emulator does not run.
    """
    found: list[Subscription] = []
    url: str | None = f"{environment.resource_manager}/subscriptions?api-version={_API_VERSION}"
    while url is not None:
        page = _get(environment, url, token)
        found.extend(_subscription(item) for item in page.get("value", ()))
        url = page.get("nextLink")
        if url is not None and not url.startswith(f"{environment.resource_manager}/"):
            raise AccountError(
                f"{environment.resource_manager} sent us elsewhere for its next subscriptions ({url}): stopped."
            )
    return found


def choose(found: Sequence[Subscription], wanted: str | None, account: str, tenant: str) -> Subscription:
    """Return the subscription of this id or name; the first enabled one when none is wanted.

    Raises:
        SubscriptionNotFound: there is none, or there are several of this name.
    """
    if not found:
        raise SubscriptionNotFound(
            f"{account} has no subscription in tenant {tenant}: have it given a role on one, or pass another tenant."
        )
    if wanted is None:
        return next((one for one in found if one.state != "Disabled"), found[0])
    matching = [one for one in found if one.id.casefold() == wanted.casefold()]
    matching = matching or [one for one in found if one.name.casefold() == wanted.casefold()]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise SubscriptionNotFound(
            f"{len(matching)} subscriptions are named {wanted!r}: "
            f"pass the id, one of {', '.join(one.id for one in matching)}."
        )
    names = [str(one) for one in found[:_SHOWN]]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise SubscriptionNotFound(
        f"{account} has no subscription {wanted!r} in tenant {tenant}: choose one of {', '.join(names)}{more}."
    )


def _source_for(now: Context, target: Context) -> TokenSource:
    """The account's own source; for a service principal in another tenant a new one with the same secret."""
    own = tokens.source_of(now)
    if now.account_kind == "User" or now.tenant.casefold() == target.tenant.casefold():
        return own
    return TokenSource(login=replace(own.login, tenant=target.tenant), environment=own.environment)


def _visible(source: TokenSource, environment: Environment, tenant: str) -> list[Subscription]:
    return visible(environment, source.token(environment.scopes, tenant=tenant).value)


def _subscription(item: Mapping[str, Any]) -> Subscription:
    return Subscription(
        id=item["subscriptionId"],
        name=item.get("displayName") or item["subscriptionId"],
        state=item.get("state") or "Enabled",
    )


def _get(environment: Environment, url: str, token: str) -> dict[str, Any]:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    from azjobs.accounts.failures import unreachable

    retries = Retry(
        total=3,
        connect=1,
        backoff_factor=0.5,
        status_forcelist=(429, 500, 502, 503, 504),
        raise_on_status=False,
        respect_retry_after_header=False,  # somebody waits; it may say twenty minutes
    )
    failure: AzJobsError
    with requests.Session() as session:
        session.trust_env = not environment.loopback
        session.mount("https://", HTTPAdapter(max_retries=retries))
        try:
            answer = session.get(
                url,
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
                verify=environment.ca_file or True,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
            document = answer.json() if answer.content else {}
        except requests.JSONDecodeError:
            failure = AccountError(
                f"{environment.resource_manager} gave no list of subscriptions: is it Azure Resource Manager?"
            )
        except (requests.RequestException, OSError) as error:
            failure = unreachable(environment, environment.resource_manager, str(error))
        else:
            if answer.status_code == 200 and isinstance(document, dict):
                return document
            failure = _refused(environment, answer.status_code, document)
    raise failure


def _refused(environment: Environment, status: int, document: object) -> AzJobsError:
    error = document.get("error") if isinstance(document, dict) else None
    said = error.get("message") if isinstance(error, dict) else None
    reason = f"{said or 'no reason given'} (HTTP {status})"
    if status in (401, 403):
        return LoginFailed(f"{environment.resource_manager} refused the login: {reason}")
    return AccountError(f"{environment.resource_manager} did not list the subscriptions: {reason}; try again later.")
