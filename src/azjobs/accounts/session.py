"""Who this process is in Azure. The first context that a process uses stays its own: no other process retargets it."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from azjobs.accounts import profile
from azjobs.accounts.context import Context
from azjobs.accounts.profile import Scope
from azjobs.errors import InvalidArgument, NotLoggedIn

_JOB_WITHOUT_CONTEXT = (
    "This job was given no Azure context: pass context=azjobs.get_context() to start_job, "
    "or call enable_context_autosave() first."
)


@dataclass(frozen=True, kw_only=True)
class AutosaveSetting:
    """What `enable_context_autosave` and `disable_context_autosave` have set (`Get-AzContextAutosaveSetting`).

    Attributes:
        mode: `CurrentUser`: contexts are saved and shared; `Process`: they end with the process.
        scope: for whom this was set.
        saved_contexts: how many contexts are saved on disk; turning autosave off removes none.
        path: the file that they are in.
    """

    mode: Scope
    scope: Scope
    saved_contexts: int
    path: Path

    def __str__(self) -> str:
        whose = "for this process" if self.scope == "Process" else "for you, in every new process"
        if self.mode == "CurrentUser":
            return f"Contexts are saved and shared with jobs and later processes ({whose}), in {self.path}."
        kept = {0: "No saved context is", 1: "1 saved context stays"}.get(
            self.saved_contexts, f"{self.saved_contexts} saved contexts stay"
        )
        return (
            f"Contexts end with their process and are not shared with jobs ({whose}). "
            f"{kept} on disk, unused, in {self.path}."
        )


@dataclass
class _State:
    """What this process has been told; None: nothing yet."""

    context: Context | None = None
    mode: Scope | None = None
    is_job: bool = False
    context_given: bool = False


_state = _State()
_guard = threading.RLock()


def get_context() -> Context:
    """Return who you are in Azure (`Get-AzContext`).

    It is the context that this process connected with or selected; else the saved one, read once: what another process
    selects later does not change this one.

    Raises:
        NotLoggedIn: there is none.
        AccountError: the file of the saved contexts cannot be read.

    Example:
        >>> get_context().subscription_name  # doctest: +SKIP
        'Emulator'
    """
    found = current()
    if found is None:
        raise NotLoggedIn(_why_nobody())
    return found


def enable_context_autosave(scope: Scope = "CurrentUser") -> AutosaveSetting:
    """Save contexts and share them with every job and later process (`Enable-AzContextAutosave`). This is the default.

    The context of this process, if it has one, is saved now.

    Args:
        scope: `CurrentUser`: from now on, everywhere; `Process`: for this process only.

    Raises:
        InvalidArgument: there is no such scope.
        AccountError: a file cannot be read or written.
    """
    _check_scope(scope)
    with _guard:
        before = current()
        if scope == "CurrentUser":
            profile.save_autosave("CurrentUser")
        _state.mode = "CurrentUser"
        if before is not None and not _state.context_given:
            from azjobs.accounts import tokens

            tokens.persist(before)
            _state.context = profile.save_default(before)
    return _setting("CurrentUser", scope)


def disable_context_autosave(scope: Scope = "CurrentUser") -> AutosaveSetting:
    """Let contexts end with their process (`Disable-AzContextAutosave`).

    This process keeps its context. What was saved stays on disk, unused; the returned setting says what.

    Args:
        scope: `CurrentUser`: from now on, everywhere; `Process`: for this process only.

    Raises:
        InvalidArgument: there is no such scope.
        AccountError: a file cannot be read or written.
    """
    _check_scope(scope)
    with _guard:
        current()
        if scope == "CurrentUser":
            profile.save_autosave("Process")
        _state.mode = "Process"
    return _setting("Process", scope)


def current() -> Context | None:
    """Return the context of this process, or None.

    Raises:
        AccountError: the file of the saved contexts cannot be read.
    """
    with _guard:
        if _state.context is None and mode() == "CurrentUser":
            _state.context = profile.load().default_context
        return _state.context


def mode() -> Scope:
    """Return whether contexts are saved (`CurrentUser`) or end with this process (`Process`).

    Raises:
        AccountError: the file of the saved contexts cannot be read.
    """
    with _guard:
        return _state.mode or profile.load().autosave


def saves() -> bool:
    """Whether what this process logs in or selects is saved: never in a job whose context was passed, as upstream."""
    with _guard:
        return mode() == "CurrentUser" and not _state.context_given


def is_job() -> bool:
    """Whether this is a job's process: nobody is there to be asked."""
    with _guard:
        return _state.is_job


def select(context: Context) -> Context:
    """Make this the context of this process, and the saved default when contexts are saved.

    Returns:
        The context, under the name that it is saved as.
    """
    with _guard:
        _state.context = profile.save_default(context) if saves() else context
        return _state.context


def become_job(*, context: Context | None, mode: Scope | None, given: bool) -> None:
    """Begin as a job's process.

    Args:
        context: who the job is, by value; None: nobody, or the saved context when contexts are saved.
        mode: whether the process that started the job saves contexts; None: it did not say.
        given: whether the context was passed to the job.
    """
    global _state
    with _guard:
        _state = _State(context=context, mode=mode, is_job=True, context_given=given)


def find_context(
    *, resource_manager: str, tenant: str, subscription: str | None, account: str | None = None
) -> Context | None:
    """Return a context of this process, or a saved one, for this host, tenant and subscription.

    Args:
        resource_manager: the URL of Azure Resource Manager.
        tenant: the tenant's id.
        subscription: the subscription's id.
        account: whom to prefer.

    Raises:
        AccountError: the file of the saved contexts cannot be read.
    """
    own = current()
    if own is not None and profile.acts_in(own, resource_manager, tenant, subscription):
        return own
    if mode() == "Process":
        return None
    return profile.find_context(
        resource_manager=resource_manager, tenant=tenant, subscription=subscription, account=account
    )


def _setting(mode: Scope, scope: Scope) -> AutosaveSetting:
    return AutosaveSetting(mode=mode, scope=scope, saved_contexts=len(profile.load().contexts), path=profile.path())


def _check_scope(scope: object) -> None:
    if scope not in ("CurrentUser", "Process"):
        raise InvalidArgument(f"There is no scope {scope!r}: choose 'CurrentUser' or 'Process'.")


def _after_fork() -> None:
    global _guard
    _guard = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _why_nobody() -> str:
    if mode() == "Process":
        if _state.is_job:
            return _JOB_WITHOUT_CONTEXT
        if profile.load().contexts:
            return (
                "Nobody is logged in to Azure in this process, and context autosave is off: call connect(), "
                "or enable_context_autosave() to use the saved contexts."
            )
    return (
        "Nobody is logged in to Azure: call connect() or run `azjobs connect` "
        '(environment="Emulator" needs no Azure account).'
    )
