"""What an operation's job remembers, so that any later process can take it up. Never a request body, never a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azjobs.operations.lro import Operation
from azjobs.operations.plan import ResultFrom

VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Azure:
    """Which Azure the job acts in, and as whom.

    Attributes:
        host: the URL of Azure Resource Manager.
        environment: the name of the environment, or None for a caller's own client.
        ca_file: the authority's file, where it is not a usual one.
        tenant: the tenant's id, where it is known.
        subscription: the subscription's id, where it is known.
        account: who started the job, where it is known.
        scopes: for which tokens are asked.
    """

    host: str
    environment: str | None = None
    ca_file: str | None = None
    tenant: str | None = None
    subscription: str | None = None
    account: str | None = None
    scopes: tuple[str, ...] = ()

    @property
    def whom(self) -> str:
        """Whom to log in as, in words."""
        who = self.account or "an account that may see it"
        where = ", ".join(
            f"{name} {value}"
            for name, value in (("tenant", self.tenant), ("subscription", self.subscription), ("host", self.host))
            if value
        )
        return f"{who} ({where})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """The first request, as it was written down before it left.

    Attributes:
        method: its method.
        url: its whole URL.
        time: when, in seconds since 1970.
        deployment: the resource id of the deployment that it makes, if any.
    """

    method: str
    url: str
    time: float
    deployment: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """What Azure said to the first request.

    Attributes:
        time: when, in seconds since 1970.
        status: the HTTP status, or None when the acceptance was found by looking.
        request_id: Azure's id of the request.
        correlation_id: the id under which the activity log keeps it.
    """

    time: float
    status: int | None = None
    request_id: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Detail:
    """The runner's own detail of a job, as data.

    Attributes:
        azure: where, and as whom.
        method_path: what was called: `package.module:Class.method`, or the name of a command.
        resource: the name of what is acted on.
        result_type: `package.module:Name` of the result, or None.
        plan: the command's own data.
        afterwards: `package.module:name` of what the command does after the operation, or None.
        intent: the first request; None: it was not sent.
        acceptance: None: Azure has not answered it, as far as is known.
        result: where the result comes from.
        operation: where the long-running operation stands.
        parts: how many resources a deployment's template has, for its progress.
        cancelling: whether this job has asked Azure to cancel.
    """

    azure: Azure
    method_path: str
    resource: str | None = None
    result_type: str | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)
    afterwards: str | None = None
    intent: Intent | None = None
    acceptance: Acceptance | None = None
    result: ResultFrom | None = None
    operation: Operation | None = None
    parts: int | None = None
    cancelling: bool = False

    @property
    def deployment(self) -> str | None:
        """The resource id of the deployment, if the operation is one."""
        return self.intent.deployment if self.intent else None

    def to_json(self) -> dict[str, Any]:
        """Return the detail as JSON-able data, without what is empty."""
        data: dict[str, Any] = {
            "version": VERSION,
            "azure": _filled(self.azure),
            "method_path": self.method_path,
            "resource": self.resource,
            "result_type": self.result_type,
            "plan": dict(self.plan),
            "afterwards": self.afterwards,
            "intent": _filled(self.intent),
            "acceptance": _filled(self.acceptance),
            "result": _filled(self.result),
            "operation": self.operation.to_json() if self.operation else None,
            "parts": self.parts,
            "cancelling": self.cancelling or None,
        }
        return {key: value for key, value in data.items() if value is not None and value != {}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Detail:
        """Return the detail that `to_json` wrote."""
        azure = dict(data["azure"])
        return cls(
            azure=Azure(**{**azure, "scopes": tuple(azure.get("scopes", ()))}),
            method_path=data["method_path"],
            resource=data.get("resource"),
            result_type=data.get("result_type"),
            plan=data.get("plan", {}),
            afterwards=data.get("afterwards"),
            intent=Intent(**data["intent"]) if "intent" in data else None,
            acceptance=Acceptance(**data["acceptance"]) if "acceptance" in data else None,
            result=ResultFrom(**data["result"]) if "result" in data else None,
            operation=Operation.from_json(data["operation"]) if "operation" in data else None,
            parts=data.get("parts"),
            cancelling=bool(data.get("cancelling")),
        )


def _filled(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    filled = {name: getattr(value, name) for name in value.__slots__}
    return {name: list(item) if isinstance(item, tuple) else item for name, item in filled.items() if item}
