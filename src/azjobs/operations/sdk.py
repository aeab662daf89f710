"""SDK clients for a context, and what an SDK's method tells about itself."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

from azjobs.errors import InvalidArgument, UsageError
from azjobs.operations.network import ca_path, same_origin

if TYPE_CHECKING:
    from azure.core.pipeline.transport import RequestsTransport

    from azjobs.accounts.context import Context

ClientT = TypeVar("ClientT")

POOL = 32  # connections that are kept for each host
CONNECT_SECONDS = 30
READ_SECONDS = 60
_sessions: dict[tuple[str, bool], Any] = {}
_guard = threading.Lock()


def client(client_class: Callable[..., ClientT], *, context: Context | None = None, **kwargs: Any) -> ClientT:
    """Return an SDK client for a context: its endpoint, credential, subscription and certificates.

    Args:
        client_class: the class of an azure-mgmt client, `ComputeManagementClient`.
        context: who acts; by default the current context.
        **kwargs: passed to the class; they win.

    Raises:
        InvalidArgument: it is a client of another kind.
        UsageError: the client needs a subscription and the context has none.
        NotLoggedIn: there is no context.

    Example:
        >>> client(ComputeManagementClient).virtual_machines.get("MyVm", "MyVm")  # doctest: +SKIP
    """
    from azjobs.accounts.session import get_context
    from azjobs.accounts.tokens import credential

    name = getattr(client_class, "__name__", repr(client_class))
    if ".aio" in getattr(client_class, "__module__", ""):
        raise InvalidArgument(
            f"{name} is an asyncio client: use the class of the same name from the package without `.aio`; "
            "jobs run in the background all the same."
        )
    who = context if context is not None else get_context()
    environment = who.environment
    parameters = _parameters(client_class)
    given: dict[str, Any] = {
        "credential": credential(who),
        "base_url": environment.resource_manager,
        "credential_scopes": environment.scopes,
        "connection_verify": ca_path(environment.ca_file),
        "transport": _transport(who),
    }
    if "credential" not in parameters:
        raise InvalidArgument(f"{name} is not a client that azjobs can make: give the class of an azure-mgmt client.")
    if "subscription_id" in parameters and "subscription_id" not in kwargs:
        if who.subscription is None:
            raise UsageError(
                f"{name} needs a subscription and the context {who.name!r} has none: choose one with "
                "set_context(subscription=…)."
            )
        given["subscription_id"] = who.subscription
    return client_class(**{**given, **kwargs})


def _parameters(client_class: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(client_class).parameters
    except (TypeError, ValueError):
        return {}


def _transport(context: Context) -> RequestsTransport:
    from azure.core.pipeline.transport import RequestsTransport

    environment = context.environment
    key = (ca_path(environment.ca_file), environment.loopback)
    with _guard:
        if key not in _sessions:
            _sessions[key] = _session(trust_environment=not environment.loopback)
    return RequestsTransport(
        session=_sessions[key],
        session_owner=False,
        connection_verify=key[0],
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        use_env_settings=not environment.loopback,
    )


def _session(*, trust_environment: bool) -> Any:
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.trust_env = trust_environment
    session.mount("https://", HTTPAdapter(pool_connections=POOL, pool_maxsize=POOL))
    return session


def close_sessions() -> None:
    """Close the connections that clients of ours have kept."""
    with _guard:
        for session in _sessions.values():
            session.close()
        _sessions.clear()


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A `begin_*` method of an azure-mgmt client with its arguments, understood.

    Attributes:
        function: the bound method.
        args: positional arguments.
        kwargs: arguments by keyword.
        method_path: `package.module:Class.method`.
        command: the method's name.
        resource: the name of what is acted on, where an argument names it.
        result_type: the type of the result as a path (see `results`), or None.
        pipeline_client: the client's own azure-core pipeline client.
        host: the URL of the client's ARM host.
        subscription: the client's subscription.
        scopes: for which tokens the client asks.
        context: the context whose client it is, or None for a caller's own client.
        repeatable: whether the arguments can be sent twice (a stream cannot).
    """

    function: Callable[..., Any]
    args: tuple[Any, ...] = field(repr=False)  # the body of a virtual machine carries its password
    kwargs: Mapping[str, Any] = field(repr=False)
    method_path: str
    command: str
    resource: str | None
    result_type: str | None
    pipeline_client: Any
    host: str
    subscription: str | None
    scopes: tuple[str, ...]
    context: Context | None
    repeatable: bool


def is_sdk_method(function: object) -> bool:
    """Whether this is a method of an azure client's operations."""
    owner = getattr(function, "__self__", None)
    if owner is None or inspect.ismodule(owner) or inspect.isclass(owner):
        return False
    return type(owner).__module__.startswith("azure.") or (hasattr(owner, "_client") and hasattr(owner, "_config"))


def understand(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
    """Return a `begin_*` method and its arguments as a Call.

    Raises:
        InvalidArgument: it is a method, a client or an argument that a job cannot use; the text says what to do.
        TypeError: the arguments do not fit the method, as in a plain call.
    """
    owner: Any = getattr(function, "__self__", None)
    name = getattr(function, "__name__", repr(function))
    where = f"{type(owner).__name__}.{name}"
    plain = inspect.unwrap(function)
    _check_method(where, name, owner, plain, kwargs)
    try:
        bound = inspect.signature(plain).bind(owner, *args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None
    pipeline_client, config = owner._client, owner._config
    host = str(getattr(config, "base_url", None) or getattr(pipeline_client, "_base_url", "")).rstrip("/")
    context = _context_of(config, host)
    return Call(
        function=function,
        args=args,
        kwargs=dict(kwargs),
        method_path=f"{type(owner).__module__}:{type(owner).__qualname__}.{name}",
        command=name,
        resource=_resource(bound.arguments),
        result_type=_result_type(where, plain),
        pipeline_client=pipeline_client,
        host=host,
        subscription=_text(getattr(config, "subscription_id", None)),
        scopes=tuple(getattr(config, "credential_scopes", ())),
        context=context,
        repeatable=not any(hasattr(value, "read") for value in (*args, *kwargs.values())),
    )


def _check_method(where: str, name: str, owner: Any, plain: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
    if inspect.iscoroutinefunction(plain) or ".aio." in f"{type(owner).__module__}.":
        raise InvalidArgument(
            f"{where} belongs to an asyncio client: use the client of the same name from the package without `.aio`; "
            "its operations run in the background all the same."
        )
    from azure.mgmt.core import ARMPipelineClient

    if not isinstance(getattr(owner, "_client", None), ARMPipelineClient):
        raise InvalidArgument(
            f"{where} is not a method of an Azure Resource Manager client: submit takes begin_* methods of azure-mgmt "
            "clients, commands of azjobs, and plain functions; wrap it in a function to run it as a thread job."
        )
    if not name.startswith("begin_"):
        raise InvalidArgument(
            f"{where} answers at once: call it, or wrap it in a function to run it as a thread job. "
            "submit takes the begin_* methods of a client."
        )
    for keyword, why in (
        (
            "cls",
            "a function cannot be kept for the process that takes the job up; change the result after receiving it",
        ),
        ("polling", "the job does the polling"),
        ("continuation_token", "a job continues by itself; see wait_job"),
        ("raw_request_hook", "the job uses it to write down the request"),
    ):
        if kwargs.get(keyword) is not None:
            raise InvalidArgument(f"{where}: {keyword}= cannot be used in a job: {why}.")


def _context_of(config: Any, host: str) -> Context | None:
    from azjobs.accounts.tokens import ContextCredential

    credential = getattr(config, "credential", None)
    if isinstance(credential, ContextCredential) and same_origin(host, credential.context.environment.resource_manager):
        return credential.context
    return None


def _resource(arguments: Mapping[str, Any]) -> str | None:
    named = {
        name: value
        for name, value in {**arguments, **arguments.get("kwargs", {})}.items()
        if name.endswith("_name") and isinstance(value, str)
    }
    group = named.pop("resource_group_name", None)
    return next(reversed(named.values()), group)


def _result_type(where: str, plain: Callable[..., Any]) -> str | None:
    from azure.core.polling import LROPoller

    from azjobs.operations.results import path_of

    annotation = get_type_hints(plain, getattr(plain, "__globals__", None)).get("return")
    if get_origin(annotation) is not LROPoller:
        raise InvalidArgument(f"{where} does not return an LROPoller: submit takes the begin_* methods of a client.")
    (result,) = get_args(annotation)
    if getattr(get_origin(result) or result, "__name__", "") in {"ItemPaged", "Iterator", "AsyncItemPaged"}:
        raise InvalidArgument(
            f"{where} gives its result in pages that are fetched one by one, which a job cannot keep: wrap it in a "
            "function that returns list(client….result()), and submit that as a thread job."
        )
    return path_of(result)


def _text(value: object) -> str | None:
    return str(value) if value else None
