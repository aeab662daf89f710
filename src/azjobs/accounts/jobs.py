"""How a job in another process is given who its caller is in Azure. What travels holds secrets and stays in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from azjobs.accounts import session, tokens
from azjobs.accounts.context import Context
from azjobs.errors import AccountError, InvalidArgument


class AccountHook:
    """The accounts' side of `azjobs.jobs.registry.ContextHook`."""

    def capture(self, explicit: object | None, arguments: object) -> bytes | None:
        """Return what the job's process needs to act as the caller.

        The context is taken by value: what the caller selects afterwards does not retarget the job.

        Args:
            explicit: the context that the caller passed, or None.
            arguments: the contexts that announced themselves, or the job's arguments with contexts among them.

        Returns:
            Secrets, to be handed over privately; None when there is nothing to hand over.

        Raises:
            InvalidArgument: what was passed is not a context.
            AccountError: the passed context's login cannot be read.
        """
        if explicit is not None and not isinstance(explicit, Context):
            raise InvalidArgument(f"context= takes what azjobs.get_context() returns, not {type(explicit).__name__}.")
        try:
            mode = session.mode()
            current = explicit or (session.current() if mode == "CurrentUser" else None)
        except AccountError:
            # Not every job is about Azure: one that is meets the same files, and says so.
            mode, current = None, explicit
        travelling = list(_contexts(arguments))
        if mode == "CurrentUser" and current is None and not travelling:
            return None
        document = {
            "context": current.to_json() if current else None,
            "mode": mode,
            "given": explicit is not None,
            "logins": _packed([*((current,) if current else ()), *travelling]),
        }
        return json.dumps(document).encode()

    def install(self, captured: bytes | None) -> None:
        """Make this process the job's: act as what was captured."""
        if captured is None:
            session.become_job(context=None, mode=None, given=False)
            return
        document = json.loads(captured)
        for packed in document["logins"]:
            tokens.unpack(packed)
        session.become_job(
            context=Context.from_json(document["context"]) if document["context"] else None,
            mode=document["mode"],
            given=document["given"],
        )


HOOK = AccountHook()


def _packed(contexts: Iterable[Context]) -> list[dict[str, Any]]:
    packed: dict[str, dict[str, Any]] = {}
    for context in contexts:
        try:
            one = tokens.pack(context)
        except AccountError:
            continue  # the job says so when it asks for a token
        packed[json.dumps([one["login"], context.environment.name], sort_keys=True)] = one
    return list(packed.values())


def _contexts(arguments: object) -> Iterator[Context]:
    if isinstance(arguments, Context):
        yield arguments
    elif isinstance(arguments, dict):
        for value in arguments.values():
            yield from _contexts(value)
    elif isinstance(arguments, (list, tuple, set, frozenset)):
        for value in arguments:
            yield from _contexts(value)
