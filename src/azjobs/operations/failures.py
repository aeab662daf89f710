"""Why an operation failed, as a reason: from ARM's errors, from errors before anything was sent, and from silence."""

from __future__ import annotations

import json
import pickle
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from azjobs.errors import AzJobsError, JobError, RequestRefused, ServiceUnreachable
from azjobs.jobs.reasons import Reason
from azjobs.operations.answers import Answer, arm_error, member
from azjobs.operations.lro import Ended

_ADVICE = {
    "DeploymentQuotaExceeded": "A resource group keeps at most 800 deployments, and Azure has not made room by itself: "
    "delete old ones (`az deployment group delete`), or choose another resource group. A lock on the group keeps them.",
    "ResourceGroupQuotaExceeded": "A subscription has at most 980 resource groups: remove those that nobody needs "
    "(remove_resource_group), or put more into one group.",
}
"""What to do about refusals that azjobs documents as limits, whose own text leaves it open."""


def ended(event: Ended, *, deployment_errors: tuple[Reason, ...] = ()) -> Reason:
    """Return the reason of an operation that Azure ended as Failed or Canceled."""
    error = dict(event.error or {})
    if not member(error, "code"):
        error["code"] = "Canceled" if event.canceled else event.status
    if not member(error, "message"):
        error["message"] = (
            "The operation was cancelled in Azure."
            if event.canceled
            else f"Azure ended the operation as {event.status} and gave no message."
        )
    reason = from_error(error, answer=event.answer)
    return reason if reason.details or not deployment_errors else _with_details(reason, deployment_errors)


def from_error(error: Mapping[str, Any], *, answer: Answer | None = None) -> Reason:
    """Return the reason that an ARM error object gives, with the errors that ARM nests in messages as JSON texts."""
    request_id = answer.request_id if answer else None
    return Reason.from_arm(_unfolded(error), request_id=request_id)


def refused(error: RequestRefused) -> Reason:
    """Return the reason of a first request that Azure refused."""
    body = dict(error.error) or {"code": error.error_code or f"Http{error.status}", "message": error.message}
    if not member(body, "code"):
        body["code"] = error.error_code or f"Http{error.status}"
    unfolded = _unfolded(body)
    if (advice := _ADVICE.get(str(member(unfolded, "code")))) is not None:
        unfolded["message"] = f"{member(unfolded, 'message')} {advice}"
    return Reason.from_arm(unfolded)


def not_sent(changes: Sequence[str]) -> str:
    """Return the words for an operation that never left; `changes` is what was sent to prepare it.

    Example:
        >>> not_sent(["PUT /subscriptions/S/resourceGroups/MyVm"])
        'The operation was not sent to Azure; to prepare it, this was: PUT /subscriptions/S/resourceGroups/MyVm'
    """
    if not changes:
        return "Nothing was sent to Azure"
    return f"The operation was not sent to Azure; to prepare it, this was: {', '.join(dict.fromkeys(changes))}"


def before_sending(error: Exception, *, changes: Sequence[str] = ()) -> Reason:
    """Return the reason of a job whose first request was never sent because of an error here."""
    if isinstance(error, RequestRefused) and error.status:
        return refused(error)
    message = str(error) or type(error).__name__
    if isinstance(error, ServiceUnreachable):
        return Reason(code="NeverSent", message=f"{not_sent(changes)}. {message}", kind="NeverSent")
    code = error.code if isinstance(error, AzJobsError) else type(error).__name__
    trace = None if isinstance(error, AzJobsError) else "".join(traceback.format_exception(error))
    return Reason(code=code, message=message, kind="JobFailed", exception=_pickled(error), traceback=trace)


def never_sent(message: str) -> Reason:
    """Return the reason of a job whose first request did not reach Azure."""
    return Reason(code="NeverSent", message=message, kind="NeverSent")


def outcome_unknown(message: str) -> Reason:
    """Return the reason of a job of which nobody can tell what became."""
    return Reason(code="OutcomeUnknown", message=message, kind="OutcomeUnknown")


def _with_details(reason: Reason, details: tuple[Reason, ...]) -> Reason:
    return Reason(
        code=reason.code,
        message=reason.message,
        kind=reason.kind,
        details=details,
        target=reason.target,
        request_id=reason.request_id,
    )


def _unfolded(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return an ARM error whose details have been read out of the JSON texts that some services put into messages."""
    found = {str(key).lower(): value for key, value in error.items()}
    details = found.get("details")
    if isinstance(details, list):
        found["details"] = [_unfolded(detail) for detail in details if isinstance(detail, Mapping)]
    message = found.get("message")
    if isinstance(message, str) and message.lstrip().startswith("{"):
        try:
            inner = arm_error(json.loads(message))
        except ValueError:
            inner = None
        if inner is not None:
            unfolded = _unfolded(inner)
            target = found.get("target")
            return {"target": target, **unfolded} if target else unfolded
    return found


def _pickled(error: Exception) -> bytes | None:
    if isinstance(error, JobError):
        return None
    try:
        data = pickle.dumps(error)
        pickle.loads(data)
    except Exception:  # an error that cannot be copied is still told in words
        return None
    return data
