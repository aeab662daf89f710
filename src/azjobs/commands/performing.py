"""How every command acts: as whom, and as a job or at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from azjobs.errors import SubscriptionNotFound

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.jobs.job import Job
    from azjobs.operations.plan import OperationPlan

T = TypeVar("T")


def acting(context: Context | None) -> tuple[Context, str]:
    """Return who acts and the id of the subscription acted in.

    Raises:
        NotLoggedIn: nobody is logged in.
        SubscriptionNotFound: the context has no subscription.
    """
    if context is None:
        from azjobs.accounts import get_context

        context = get_context()
    if context.subscription is None:
        raise SubscriptionNotFound(
            f"The context '{context.name}' has no subscription; choose one with set_context(subscription=…) or "
            "`azjobs context set --subscription …`."
        )
    return context, context.subscription


def perform(plan: OperationPlan[T], *, as_job: bool) -> T | Job[T]:
    """Start the operation: return its job, or wait for it and return its result."""
    from azjobs.operations import submit

    return submit.start(plan) if as_job else submit.run(plan)
