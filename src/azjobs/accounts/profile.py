"""The saved contexts and whether new ones are saved: one file that every session and job of the user shares."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from azjobs.accounts.context import Context
from azjobs.accounts.files import locked, write_private
from azjobs.errors import AccountError, InvalidArgument
from azjobs.home import home

Scope = Literal["CurrentUser", "Process"]
"""`CurrentUser`: contexts are saved and shared. `Process`: they live and end with the process."""

_FORMAT = "azjobs.contexts"
_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What the file says.

    Attributes:
        contexts: the saved contexts by name.
        default: the name of the one that a new process begins with.
        autosave: whether contexts are saved (`CurrentUser`) or not (`Process`).
    """

    contexts: Mapping[str, Context] = field(default_factory=lambda: MappingProxyType({}))
    default: str | None = None
    autosave: Scope = "CurrentUser"

    @property
    def default_context(self) -> Context | None:
        """The context that a new process begins with."""
        return self.contexts.get(self.default) if self.default is not None else None


def folder() -> Path:
    """Return the folder that keeps what concerns accounts."""
    return home() / "accounts"


def path() -> Path:
    """Return the file of the saved contexts."""
    return folder() / "contexts.json"


def load() -> Profile:
    """Read the saved contexts; a missing file has none, and autosave on.

    Raises:
        AccountError: the file cannot be read, or is not one of this version of azjobs; it is left as it is.
    """
    return _parsed(_document())


def save_default(context: Context) -> Context:
    """Save a context and make it the default.

    An equal one (account, tenant, subscription, environment) is replaced and keeps its name; all others stay.

    Returns:
        The context as saved.

    Raises:
        AccountError: the file cannot be read or written.
    """
    saved = context

    def change(document: dict[str, Any]) -> None:
        nonlocal saved
        saved = _named_as_saved(context, _parsed(document))
        document["contexts"][saved.name] = saved.to_json()
        document["default"] = saved.name

    _update(change)
    return saved


def save_autosave(mode: Scope) -> None:
    """Save whether contexts are saved.

    Raises:
        AccountError: the file cannot be read or written.
    """

    def change(document: dict[str, Any]) -> None:
        document["autosave"] = mode

    _update(change)


def find_context(
    *, resource_manager: str, tenant: str, subscription: str | None, account: str | None = None
) -> Context | None:
    """Return a saved context for this host, tenant and subscription; one of this account, if there is one.

    Args:
        resource_manager: the URL of Azure Resource Manager.
        tenant: the tenant's id.
        subscription: the subscription's id.
        account: whom to prefer.

    Raises:
        AccountError: the file cannot be read.
    """
    profile = load()
    default = profile.default_context
    candidates = [*((default,) if default else ()), *profile.contexts.values()]
    fitting = [one for one in candidates if acts_in(one, resource_manager, tenant, subscription)]
    preferred = [one for one in fitting if account is not None and one.account.casefold() == account.casefold()]
    return next(iter([*preferred, *fitting]), None)


def acts_in(context: Context, resource_manager: str, tenant: str, subscription: str | None) -> bool:
    """Whether the context is for this host, tenant and subscription."""
    return (
        context.environment.resource_manager.casefold() == resource_manager.rstrip("/").casefold()
        and context.tenant.casefold() == tenant.casefold()
        and (context.subscription or "").casefold() == (subscription or "").casefold()
    )


def _named_as_saved(context: Context, profile: Profile) -> Context:
    for name, other in profile.contexts.items():
        if other.identity == context.identity:
            return Context.from_json({**context.to_json(), "name": name})
    return context


def _update(change: Callable[[dict[str, Any]], None]) -> None:
    """Change the document under the lock, so that what other processes saved meanwhile stays."""
    with locked(folder() / "contexts.lock"):
        document = _document()
        change(document)
        write_private(path(), json.dumps(document, indent=2).encode())


def _document() -> dict[str, Any]:
    try:
        text = path().read_bytes()
    except FileNotFoundError:
        return {"format": _FORMAT, "version": _VERSION, "default": None, "autosave": "CurrentUser", "contexts": {}}
    except OSError as error:
        raise AccountError(
            f"The saved contexts in {path()} cannot be read: {error.strerror or error}. "
            "Permit it, or set AZJOBS_HOME to another folder."
        ) from None
    try:
        document = json.loads(text)
    except ValueError:
        raise _foreign("it is not JSON") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise _foreign("azjobs did not write it")
    version = document.get("version")
    if not isinstance(version, int) or version < 1:
        raise _foreign("it has no version")
    if version > _VERSION:
        raise AccountError(
            f"The saved contexts in {path()} were written by a newer azjobs: "
            "update azjobs, or set AZJOBS_HOME to another folder."
        )
    if not isinstance(document.get("contexts"), dict):
        raise _foreign("it has no contexts")
    return document


def _parsed(document: Mapping[str, Any]) -> Profile:
    autosave = document.get("autosave", "CurrentUser")
    if autosave not in ("CurrentUser", "Process"):
        raise _foreign(f"it says autosave {autosave!r}")
    try:
        contexts = {name: Context.from_json(data) for name, data in document["contexts"].items()}
    except (KeyError, TypeError, AttributeError, InvalidArgument):
        raise _foreign("one of its contexts is incomplete") from None
    default = document.get("default")
    return Profile(
        contexts=MappingProxyType(contexts),
        default=default if isinstance(default, str) and default in contexts else None,
        autosave=autosave,
    )


def _foreign(why: str) -> AccountError:
    return AccountError(
        f"{path()} is not a file of saved contexts ({why}): move it away and connect again, "
        "or set AZJOBS_HOME to another folder."
    )
