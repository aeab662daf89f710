"""Whether a resource as it stands can be the work of a request whose answer was lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from azjobs.operations.answers import Answer, member
from azjobs.operations.delays import emulator_speed

TOLERANCE = 120.0  # seconds by which clocks may differ

_FRACTION = re.compile(r"\.(\d{6})\d+")


def changed_since(answer: Answer, intent_time: float, now: float) -> bool | None:
    """Return whether the resource was made or changed after the request left; None when its body does not tell.

    A deployment tells by its `timestamp`, most resources by `systemData`, compute's by `timeCreated` (which tells only
    of making: an older one leaves open whether it was changed).

    Args:
        answer: the answer to a GET of the resource.
        intent_time: when the request was written down, by this machine's clock.
        now: the time now, by this machine's clock.
    """
    since = _azure_time(answer, intent_time, now) - TOLERANCE
    properties = member(answer.body, "properties")
    system = member(answer.body, "systemData")
    changes = [_moment(member(system, "lastModifiedAt")), _moment(member(properties, "timestamp"))]
    made = [_moment(member(system, "createdAt")), _moment(member(properties, "timeCreated"))]
    if any(moment is not None and moment >= since for moment in (*changes, *made)):
        return True
    return False if any(moment is not None for moment in changes) else None


def _azure_time(answer: Answer, intent_time: float, now: float) -> float:
    """Return the intent's time by the answering side's clock, which in an emulator runs faster."""
    try:
        there = parsedate_to_datetime(answer.header("date") or "").timestamp()
    except ValueError:
        return intent_time
    return min(intent_time, there - (now - intent_time) * emulator_speed(answer.headers))


def _moment(text: object) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r".\1", text))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def names_job(intent_url: str, instance_id: str) -> bool:
    """Return whether the URL holds the job's own id, so that what stands there can be nobody else's work.

    Example:
        >>> names_job("https://h/deployments/azjobs-6f9619ff8b86d011", "6f9619ff-8b86-d011")
        True
    """
    bare = instance_id.replace("-", "").lower()
    return bare in intent_url.partition("?")[0].replace("-", "").lower()
