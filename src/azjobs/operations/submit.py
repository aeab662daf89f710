"""Starting operations as jobs, or running them to their end."""

from __future__ import annotations

import contextvars
import inspect
import sys
import warnings
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from azjobs.errors import InvalidArgument

if TYPE_CHECKING:
    from azure.core.polling import LROPoller

    from azjobs.accounts.context import Context
    from azjobs.jobs.job import Job
    from azjobs.operations.arm import Arm
    from azjobs.operations.plan import OperationPlan
    from azjobs.operations.poller import OperationRunner

P = ParamSpec("P")
T = TypeVar("T")

KIND = "operation"
TYPE_NAME = "AzureLongRunningJob"


@overload
def submit(fn: Callable[P, LROPoller[T]], /, *args: P.args, **kwargs: P.kwargs) -> Job[T]: ...
@overload
def submit(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Job[T]: ...
def submit(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Job[Any]:
    """Start an Azure operation, a command or a function as a job, and return at once.

    Args:
        fn: a `begin_*` method of an azure-mgmt client (of `azjobs.client` or your own), a command of azjobs, or a plain
            function, which becomes a thread job of this process.
        *args: its positional arguments.
        **kwargs: its arguments by keyword.

    Returns:
        The job; its result is what the plain call would have given: for a `begin_*` method what `.result()` gives.

    Raises:
        InvalidArgument: a job cannot be made of it; the text says what to do.
        TypeError: the arguments do not fit.

    Example:
        >>> compute = azjobs.client(ComputeManagementClient)  # doctest: +SKIP
        >>> submit(compute.virtual_machines.begin_redeploy, "MyVm", "MyVm").result()  # doctest: +SKIP
    """
    if not callable(fn):
        raise InvalidArgument(
            f"submit takes something to call, not {type(fn).__name__}: pass the method and its arguments apart, "
            "submit(client.virtual_machines.begin_start, group, name)."
        )
    as_job = getattr(fn, "as_job", None)
    if callable(as_job):
        job: Job[Any] = as_job(*args, **kwargs)
        return job
    if _is_command(fn):
        job = fn(*args, **{**kwargs, "as_job": True})
        return job
    from azjobs.operations.sdk import is_sdk_method

    if is_sdk_method(fn):
        return _submit_call(fn, args, kwargs)
    return _submit_function(fn, args, kwargs)


def start(plan: OperationPlan[T]) -> Job[T]:
    """Start a command's plan as a job and return at once.

    Example:
        >>> start(plan).name  # doctest: +SKIP
        "Long Running Operation for 'new_vm' on resource 'MyVm'"
    """
    from azjobs.operations.detail import Detail
    from azjobs.operations.whom import azure_of

    detail = Detail(
        azure=azure_of(plan.context),
        method_path=plan.command,
        resource=plan.resource,
        result_type=plan.result_type,
        plan=plan.detail,
        afterwards=plan.afterwards,
    )
    return _start(plan.command, plan.resource, detail.to_json(), plan)


def run(plan: OperationPlan[T]) -> T:
    """Run a command's plan to its end, with progress on a terminal, and return its result; the job is removed then.

    Ctrl-C leaves the job: it goes on in Azure, and its id is said.

    Raises:
        JobFailed: Azure refused, or the operation failed.
    """
    from azjobs.operations.terminal import shown

    job = start(plan)
    try:
        with shown(job):
            job.wait()
        _warn_again(job)
        result = job.result()
    except KeyboardInterrupt:
        sys.stderr.write(
            f"\nInterrupted. Job {job.id} goes on in Azure: wait for it with wait_job({job.id}) "
            f"or `azjobs wait {job.id}`.\n"
        )
        raise
    except Exception:
        if job.state.finished:
            job.remove()
        raise
    job.remove()
    return result


def fetch(context: Context, read: Callable[[Arm], Awaitable[T]]) -> T:
    """Run something that only asks Azure, and return what it gives; it is no job.

    Args:
        context: who asks.
        read: asks; it runs on the engine's loop and must not block.
    """
    from azjobs.jobs.engine import engine
    from azjobs.operations.arm import Arm

    current = engine()
    said: list[str] = []

    async def ask() -> T:
        runner: OperationRunner = current.runner(KIND)  # type: ignore[assignment]
        arm = Arm(context, runner.channel(context), clock=runner.clock)
        try:
            return await read(arm)
        finally:
            said.extend(arm.warnings)

    result = current.run(ask())
    for text in said:
        _warn(text)
    return result


def _start(command: str, resource: str | None, detail: dict[str, Any], work: object) -> Job[Any]:
    from azjobs.jobs.engine import engine
    from azjobs.jobs.job import handle
    from azjobs.jobs.rows import NewJob

    on = f" on resource '{resource}'" if resource else ""
    new = NewJob(
        kind=KIND,
        name=f"Long Running Operation for '{command}'{on}",
        command=command,
        type_name=TYPE_NAME,
        detail=detail,
    )
    return handle(engine().submit(new, work))


def _submit_call(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Job[Any]:
    from azjobs.operations.detail import Azure, Detail
    from azjobs.operations.sdk import understand
    from azjobs.operations.whom import azure_of

    call = understand(fn, args, kwargs)
    if call.context is not None:
        azure = azure_of(call.context)
    else:
        azure = Azure(host=call.host, subscription=call.subscription, scopes=call.scopes)
    detail = Detail(azure=azure, method_path=call.method_path, resource=call.resource, result_type=call.result_type)
    return _start(call.command, call.resource, detail.to_json(), call)


def _submit_function(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Job[Any]:
    from azjobs.jobs.engine import engine
    from azjobs.jobs.job import handle
    from azjobs.jobs.rows import NewJob
    from azjobs.jobs.runners.thread import ThreadWork

    if inspect.iscoroutinefunction(fn):
        raise InvalidArgument(
            f"{fn.__name__} is a coroutine function: submit a function that runs it, "
            f"submit(lambda: asyncio.run({fn.__name__}(…)))."
        )
    name = getattr(fn, "__name__", type(fn).__name__)
    new = NewJob(kind="thread", name=name, command=name, type_name="ThreadJob")
    work = ThreadWork(function=fn, args=args, kwargs=kwargs, context=contextvars.copy_context())
    return handle(engine().submit(new, work))


def _is_command(fn: Callable[..., Any]) -> bool:
    if not getattr(fn, "__module__", "").startswith("azjobs."):
        return False
    try:
        return "as_job" in inspect.signature(fn).parameters
    except (TypeError, ValueError):
        return False


def _warn_again(job: Job[Any]) -> None:
    from azjobs.jobs.records import Stream

    for record in job.records:
        if record.stream is Stream.WARNING:
            _warn(str(record.value))


def _warn(text: str) -> None:
    """Warn as if the caller's own line did, however many functions of azjobs are between."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("azjobs."):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)
