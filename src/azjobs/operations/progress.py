"""What the resources of a deployment do, asked for only while somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from azjobs.errors import AzJobsError
from azjobs.jobs.records import NewRecord, Progress, Stream
from azjobs.operations import failures
from azjobs.operations.answers import Answer, arm_error, member
from azjobs.operations.arm import absolute
from azjobs.operations.delays import emulator_speed

if TYPE_CHECKING:
    from azjobs.jobs.reasons import Reason
    from azjobs.operations.channel import Channel
    from azjobs.operations.clock import Clock
    from azjobs.operations.tracked import Tracked

INTERVAL = 5.0  # seconds between two looks at a deployment's resources
LEAST_INTERVAL = 0.5
AT_ONCE = 10.0  # such looks a second, for all jobs of the process together
_DONE = "succeeded"


class Budget:
    """How many looks at progress the process may make: they are a comfort, and spend the same budget as the rest."""

    def __init__(self, per_second: float = AT_ONCE) -> None:
        self._gap = 1 / per_second
        self._next = 0.0

    def turn(self, now: float) -> float:
        """Return when the one who asks may look; turns are given in the order in which they are asked for."""
        turn = max(self._next, now)
        self._next = turn + self._gap
        return turn


class Progressing:
    """Tells what the resources of one deployment do.

    Args:
        job: the deployment's job.
        channel: how Azure is asked.
        clock: what is waited with.
        watching: whether somebody looks.
        budget: how much may be asked.
    """

    def __init__(
        self, job: Tracked, channel: Channel, clock: Clock, *, watching: Callable[[], bool], budget: Budget
    ) -> None:
        self._job = job
        self._channel = channel
        self._clock = clock
        self._watching = watching
        self._budget = budget
        self._interval = INTERVAL
        self._told: Progress | None = None
        self._turn: float | None = None  # kept until it is used, so that waiting for it is never in vain

    async def while_waiting(self, seconds: float) -> None:
        """Wait until the operation's next look is due, and tell meanwhile what its resources do."""
        end = self._clock.elapsed() + seconds
        while (left := end - self._clock.elapsed()) > 0:
            pause = self._interval
            if self._watching():
                if self._turn is None:
                    self._turn = self._budget.turn(self._clock.elapsed())
                if self._turn <= self._clock.elapsed():
                    self._turn = None
                    await self._tell()
                else:
                    pause = self._turn - self._clock.elapsed()
                left = max(0.0, end - self._clock.elapsed())
            if await self._job.pause(min(left, pause)):
                return

    def finished(self) -> NewRecord | None:
        """Return the last thing to tell of a deployment that has succeeded: all that was told of is made."""
        if self._told is None:
            return None
        items = dict.fromkeys(self._told.items, "Succeeded")
        total = max(self._job.detail.parts or 0, len(items))
        status = f"{total} of {total} resources made"
        told = Progress(activity=self._told.activity, status=status, percent=100.0, items=items)
        return NewRecord(stream=Stream.PROGRESS, payload=told.to_payload(), time=self._clock.now())

    async def errors(self) -> tuple[Reason, ...]:
        """Return the errors of the deployment's resources."""
        operations = await self._operations()
        found = [arm_error(member(member(operation, "properties"), "statusMessage")) for operation in operations]
        return tuple(failures.from_error(error) for error in found if error)

    async def _tell(self) -> None:
        try:
            operations = await self._operations()
        except AzJobsError:
            return  # a look at progress that fails is none; the operation's own look says what is wrong
        told = summary(self._job.control.row.name, operations, self._job.detail.parts)
        if told is not None and told != self._told:
            self._told = told
            record = NewRecord(stream=Stream.PROGRESS, payload=told.to_payload(), time=self._clock.now())
            await self._job.commit(records=[record])

    async def _operations(self) -> list[Mapping[str, Any]]:
        answer = await self._channel.send("GET", self._url())
        if not answer.ok:
            return []
        self._interval = max(LEAST_INTERVAL, INTERVAL / emulator_speed(answer.headers))
        return _items(answer)

    def _url(self) -> str:
        intent = self._job.detail.intent
        assert intent is not None
        assert intent.deployment is not None
        version = parse_qs(urlsplit(intent.url).query).get("api-version", ["2021-04-01"])[0]
        return absolute(self._channel.host, f"{intent.deployment}/operations", api_version=version)


def summary(activity: str, operations: Sequence[Mapping[str, Any]], parts: int | None) -> Progress | None:
    """Return how far a deployment is, from the list of its operations; None when there is nothing to tell yet.

    Args:
        activity: what is being done.
        operations: the items of the list.
        parts: how many resources the template has, if known; only then there is a percentage.
    """
    items: dict[str, str] = {}
    for operation in operations:
        properties = member(operation, "properties")
        target = member(properties, "targetResource")
        name = member(target, "resourceName")
        if name:
            kind = str(member(target, "resourceType") or "").rpartition("/")[2]
            items[f"{kind}/{name}" if kind else str(name)] = str(member(properties, "provisioningState") or "Unknown")
    if not items:
        return None
    made = sum(state.lower() == _DONE for state in items.values())
    total = max(parts or 0, len(items)) if parts else None
    return Progress(
        activity=activity,
        status=f"{made} of {total or len(items)} resources made",
        percent=round(100 * made / total, 1) if total else None,
        items=items,
    )


def _items(answer: Answer) -> list[Mapping[str, Any]]:
    return [item for item in member(answer.body, "value") or () if isinstance(item, Mapping)]
