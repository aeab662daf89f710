"""Why a job failed, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a job failed or was stopped.

    Attributes:
        code: a stable word: Azure's error code (`AllocationFailed`), an azjobs error code (`NeverSent`) or the name of
            the exception's type.
        message: one or more sentences for a person.
        kind: which error `receive_job` raises: a code of `azjobs.errors.JobFailed` or of one of its subclasses.
        details: nested reasons, as ARM nests errors.
        traceback: the text of the traceback, for functions.
        exception: the pickled exception, when it can be raised again as itself.
        target: what Azure says the error is about.
        request_id: Azure's `x-ms-request-id` or correlation id, for a support case.
    """

    code: str
    message: str
    kind: str = "JobFailed"
    details: tuple[Reason, ...] = ()
    traceback: str | None = None
    exception: bytes | None = None
    target: str | None = None
    request_id: str | None = None

    def __str__(self) -> str:
        return "\n".join(self._lines(0))

    def _lines(self, depth: int) -> list[str]:
        lines = [f"{'  ' * depth}{self.code}: {self.message}"]
        for detail in self.details:
            lines.extend(detail._lines(depth + 1))
        return lines

    def to_json(self) -> dict[str, Any]:
        """Return the reason as JSON-able data, without empty fields."""
        data: dict[str, Any] = {"code": self.code, "message": self.message, "kind": self.kind}
        if self.details:
            data["details"] = [detail.to_json() for detail in self.details]
        if self.exception is not None:
            data["exception"] = self.exception.hex()
        for field in ("traceback", "target", "request_id"):
            if (value := getattr(self, field)) is not None:
                data[field] = value
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reason:
        """Return the reason that `to_json` wrote."""
        exception = data.get("exception")
        return cls(
            code=data["code"],
            message=data["message"],
            kind=data.get("kind", "JobFailed"),
            details=tuple(cls.from_json(detail) for detail in data.get("details", ())),
            traceback=data.get("traceback"),
            exception=bytes.fromhex(exception) if exception else None,
            target=data.get("target"),
            request_id=data.get("request_id"),
        )

    @classmethod
    def from_arm(
        cls, error: Mapping[str, Any], *, kind: str = "OperationFailed", request_id: str | None = None
    ) -> Reason:
        """Return the reason that an ARM error object (`{code, message, target, details}`, in any case) gives."""
        fields = {str(key).lower(): value for key, value in error.items()}
        details = fields.get("details") or ()
        return cls(
            code=str(fields.get("code") or "Unknown"),
            message=str(fields.get("message") or "Azure gave no message."),
            kind=kind,
            details=tuple(cls.from_arm(detail, kind=kind) for detail in details if isinstance(detail, Mapping)),
            target=fields.get("target"),
            request_id=request_id,
        )
