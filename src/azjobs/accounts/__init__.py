"""Who you are in Azure: logging in, contexts, and tokens. Light: what is heavy is imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azjobs.accounts.context import Context as Context
    from azjobs.accounts.credential import Credential as Credential
    from azjobs.accounts.credential import get_credential as get_credential
    from azjobs.accounts.login import connect as connect
    from azjobs.accounts.session import disable_context_autosave as disable_context_autosave
    from azjobs.accounts.session import enable_context_autosave as enable_context_autosave
    from azjobs.accounts.session import get_context as get_context
    from azjobs.accounts.subscriptions import set_context as set_context

_HOMES = {
    "Context": "context",
    "Credential": "credential",
    "connect": "login",
    "disable_context_autosave": "session",
    "enable_context_autosave": "session",
    "get_context": "session",
    "get_credential": "credential",
    "set_context": "subscriptions",
}

__all__ = [
    "Context",
    "Credential",
    "connect",
    "disable_context_autosave",
    "enable_context_autosave",
    "get_context",
    "get_credential",
    "set_context",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
