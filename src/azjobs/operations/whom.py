"""As whom a job's Azure may be asked by a process that did not start it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azjobs.errors import AccountError
from azjobs.operations.detail import Azure
from azjobs.operations.network import same_origin

if TYPE_CHECKING:
    from azjobs.accounts.context import Context


def azure_of(context: Context) -> Azure:
    """Return what a job remembers of the context that it acts as."""
    environment = context.environment
    return Azure(
        host=environment.resource_manager,
        environment=environment.name,
        ca_file=environment.ca_file,
        tenant=context.tenant,
        subscription=context.subscription,
        account=context.account,
        scopes=tuple(environment.scopes),
    )


def find_context(azure: Azure) -> Context | None:
    """Return a context for the same host, tenant and subscription, this process's own first; None when there is none.

    Nobody is asked anything.
    """
    from azjobs.accounts import profile, session

    candidates: list[Context] = []
    for ask in (lambda: [session.current()], lambda: list(profile.load().contexts.values())):
        try:
            candidates += [context for context in ask() if context is not None]
        except AccountError:
            continue
    fitting = [context for context in candidates if _fits(context, azure)]
    own = (azure.account or "").casefold()
    return next((context for context in fitting if context.account.casefold() == own), next(iter(fitting), None))


def _fits(context: Context, azure: Azure) -> bool:
    return (
        same_origin(azure.host, context.environment.resource_manager)
        and _same(azure.tenant, context.tenant)
        and _same(azure.subscription, context.subscription)
    )


def _same(wanted: str | None, found: str | None) -> bool:
    return wanted is None or wanted.casefold() == (found or "").casefold()
