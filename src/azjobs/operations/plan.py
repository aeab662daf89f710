"""What a command hands over: how its first request is made and where its result comes from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.operations.arm import Arm

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultFrom:
    """Where the result of an operation comes from, once Azure says Succeeded.

    Attributes:
        path: the path that is read (GET) after the operation's own final request, e.g. the VM that a deployment made;
            None keeps ARM's own final body.
        api_version: the api-version of that GET, and of `look`.
        query: further query parameters of that GET (`$expand`).
        extras: what `from_arm` of the result type is given beside the body.
        extras_from_outputs: extra name → name of the deployment's output that gives it.
        look: path of the resource whose state answers when the operation itself can no longer be found; by default
            `path`, then the URL of the first request.
    """

    path: str | None = None
    api_version: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    extras_from_outputs: Mapping[str, str] = field(default_factory=dict)
    look: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstRequest:
    """The request that starts the operation.

    Attributes:
        method: PUT, PATCH, POST or DELETE.
        path: the path below the ARM host, or a whole URL on that host.
        api_version: the api-version of the request.
        body: what is sent as JSON. It is never stored and never shown: it may carry a password.
        deployment: the resource id of the deployment, when the request is one: it can be cancelled and has progress.
        result: where the result comes from.
        final_state_via: `azure-async-operation` or `location`, where the service's description says so.
        detail: what `prepare` found out and `afterwards` needs; added to the plan's own. JSON-able, without secrets.
    """

    method: str
    path: str
    api_version: str
    body: object | None = field(default=None, repr=False)
    deployment: str | None = None
    result: ResultFrom | None = None
    final_state_via: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """There is nothing to do in Azure: the job completes with this body.

    Attributes:
        body: the raw ARM body of the result; None gives None.
        extras: what `from_arm` of the result type is given beside the body.
        warnings: what the caller must know, e.g. that the VM existed and was left as it is.
    """

    body: object | None
    extras: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OperationPlan(Generic[T]):
    """A command as data; `submit.start` makes a job of it and `submit.run` waits for it.

    Attributes:
        command: the command's name, `new_vm`: what the job's Command column shows.
        resource: the name of what it acts on, for the job's name.
        context: who acts, pinned by value.
        prepare: makes the reads and small writes that must come first and returns the first request (or that there is
            nothing to do). It runs on the engine's loop; it must not block.
        result_type: `package.module:Name` of the result; None gives None.
        detail: what the command wants to find again in the job (`row.detail["plan"]`); JSON-able, without secrets.
        afterwards: `package.module:name` of `async (arm, detail) -> None`, awaited once Azure has done what was asked
            and before the job is Completed. An adopter may run it again, so it must be harmless to repeat.
    """

    command: str
    resource: str | None
    context: Context
    prepare: Callable[[Arm], Awaitable[FirstRequest | Finished]] = field(repr=False)
    result_type: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    afterwards: str | None = None
