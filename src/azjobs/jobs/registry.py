"""What the layers above register with the job system: dotted names, imported when they are first needed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from azjobs.jobs.runner import Runner


class ContextHook(Protocol):
    """How a job in another process is given what the caller is in Azure."""

    def capture(self, explicit: object | None, arguments: object) -> bytes | None:
        """Return what the child needs to act as the caller; it travels over a private pipe and is never stored.

        Args:
            explicit: the context that the caller passed, or None.
            arguments: (args, kwargs) of the job; contexts among them must work in the child too.
        """

    def install(self, captured: bytes | None) -> None:
        """Make the child act as what was captured; None means that nothing was passed."""


_runners: dict[str, str] = {}
_single: dict[str, str] = {}
_loaded: dict[str, Any] = {}


def register_runner(name: str, target: str) -> None:
    """Register the class of the runner for jobs of kind `name` as `package.module:Class`."""
    _runners[name] = target


def register_context_hook(target: str) -> None:
    """Register the ContextHook object as `package.module:NAME`."""
    _single["context"] = target


def register_model_decoder(target: str) -> None:
    """Register `decode(type_path, body, extras) -> object` as `package.module:name`."""
    _single["decoder"] = target


def runner_class(name: str) -> type[Runner]:
    """Return the class of the runner for jobs of kind `name`."""
    found: type[Runner] = _load(_runners[name])
    return found


def context_hook() -> ContextHook | None:
    """Return the registered context hook, or None."""
    return _load(_single["context"]) if "context" in _single else None


def model_decoder() -> Callable[[str, Any, dict[str, Any]], Any]:
    """Return the registered decoder of models; without one the raw body is the value."""
    if "decoder" not in _single:
        return lambda type_path, body, extras: body
    decoder: Callable[[str, Any, dict[str, Any]], Any] = _load(_single["decoder"])
    return decoder


def _load(target: str) -> Any:
    if target not in _loaded:
        module, _, name = target.partition(":")
        _loaded[target] = getattr(import_module(module), name)
    return _loaded[target]


register_runner("thread", "azjobs.jobs.runners.thread:ThreadRunner")
register_runner("process", "azjobs.jobs.runners.process:ProcessRunner")
