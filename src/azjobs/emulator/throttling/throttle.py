"""Who has asked how much: every request takes from the buckets that it counts against, or is refused with 429."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from typing import Any

from typing_extensions import override

from azjobs.emulator import wellknown
from azjobs.emulator.clock import offset_timestamp
from azjobs.emulator.errors import ArmError
from azjobs.emulator.paths import InvalidPath, ResourcePath, parse
from azjobs.emulator.request import JSON, Request
from azjobs.emulator.throttling.buckets import TokenBucket
from azjobs.emulator.throttling.limits import COMPUTE, Limit, arm_limit, compute_group, global_limit

_REMAINING = "x-ms-ratelimit-remaining-"


class Throttled(ArmError):
    """Too many requests. The compute provider sends its body without the wrapper `error`.

    Args:
        code: The code.
        message: The message.
        retry_after: Whole seconds of emulator time that the client is to wait; None to name no time.
        details: Inner errors; only compute sends them, and then without the wrapper.
    """

    def __init__(
        self, code: str, message: str, *, retry_after: int | None, details: list[dict[str, Any]] | None = None
    ) -> None:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(429, code, message, details=details, gateway=details is None, headers=headers)

    @override
    def document(self) -> JSON:
        """The body."""
        return super().document() if self.details is None else self.content()


def subscription_throttled(method: str, subscription: str, actor: str, retry_after: int | None) -> Throttled:
    """ARM's refusal of one principal in a subscription."""
    named = 10 if retry_after is None else retry_after
    kind = arm_limit(method).name.removesuffix("s")
    return Throttled(
        "SubscriptionRequestsThrottled",
        f"Number of '{kind}' requests for subscription '{subscription}' actor '{actor}' exceeded. "
        f"Please try again after '{named}' seconds.",
        retry_after=retry_after,
    )


def compute_throttled(limit: Limit, now: float, measured: int, retry_after: int | None) -> Throttled:
    """The compute provider's refusal."""
    window = {
        "operationGroup": limit.name,
        "startTime": offset_timestamp(now - limit.window),
        "endTime": offset_timestamp(now),
        "allowedRequestCount": limit.capacity,
        "measuredRequestCount": measured,
    }
    detail = {"code": "TooManyRequests", "target": limit.name, "message": json.dumps(window, separators=(",", ":"))}
    return Throttled(
        "OperationNotAllowed",
        "The server rejected the request because too many requests have been received for this subscription.",
        retry_after=retry_after,
        details=[detail],
    )


class Throttle:
    """The buckets of every subscription and principal; they refill by the emulator's clock.

    Args:
        clock: The emulator's time, seconds.

    Example:
        >>> throttle = Throttle(lambda: 0.0)
        >>> throttle.admit(Request(method="GET", path=f"/subscriptions/{wellknown.SUBSCRIPTION_ID}"), "me")
        >>> throttle.headers["x-ms-ratelimit-remaining-subscription-reads"]
        '249'
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, ...], TokenBucket] = {}
        self._refused: dict[tuple[str, ...], int] = {}
        self.headers: dict[str, str] = {}
        """What the answer to the request that was looked at last says about what is left."""

    def forget(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()
        self._refused.clear()
        self.headers = {}

    def admit(self, request: Request, principal: str) -> None:
        """Count a request, or refuse it.

        Args:
            request: The request.
            principal: Who asks: the object id in the token.

        Raises:
            Throttled: A bucket is empty. Nothing has been taken from the others.
        """
        now, method = self._clock(), request.method
        try:
            path: ResourcePath | None = parse(request.path)
        except InvalidPath:
            path = None
        subscription, limit = _subscription(path), arm_limit(method)
        own = subscription.lower()
        mine = self._bucket(("arm", own, principal, limit.name), limit, now)
        everybodys = self._bucket(("global", own, limit.name), global_limit(method), now)
        group = compute_group(method, path) if path is not None else None
        counters = [
            (counter, self._bucket(("compute", own, counter.name), counter, now))
            for counter in (COMPUTE[group] if group else ())
        ]
        self.headers = {}
        try:
            self._refuse_empty(request, subscription, principal, (mine, everybodys), counters, now)
            for bucket in (mine, everybodys, *(bucket for _, bucket in counters)):
                bucket.take(now)
        finally:
            scope = "subscription" if subscription else "tenant"
            self.headers[f"{_REMAINING}{scope}-{limit.name}"] = str(mine.remaining(now))
            if subscription:
                self.headers[f"{_REMAINING}subscription-global-{limit.name}"] = str(everybodys.remaining(now))
            if counters:
                self.headers[f"{_REMAINING}resource"] = ",".join(
                    f"Microsoft.Compute/{counter.name};{bucket.remaining(now)}" for counter, bucket in counters
                )

    def _refuse_empty(
        self,
        request: Request,
        subscription: str,
        principal: str,
        front: Iterable[TokenBucket],
        counters: Iterable[tuple[Limit, TokenBucket]],
        now: float,
    ) -> None:
        seconds = max(bucket.wait(now) for bucket in front)
        if seconds > 0:
            raise subscription_throttled(request.method, subscription, principal, _whole(seconds))
        for counter, bucket in counters:
            key = (subscription.lower(), counter.name)
            if bucket.wait(now) > 0:
                self._refused[key] = self._refused.get(key, 0) + 1
                measured = counter.capacity + self._refused[key]
                raise compute_throttled(counter, now, measured, _whole(bucket.wait(now)))
            self._refused.pop(key, None)

    def _bucket(self, key: tuple[str, ...], limit: Limit, now: float) -> TokenBucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(capacity=limit.capacity, rate=limit.rate, now=now)
        return bucket


def _subscription(path: ResourcePath | None) -> str:
    """The subscription whose buckets a path counts against; empty, for the tenant's, where there is none."""
    named = path.subscription if path is not None else None
    return named if named is not None and named.lower() in wellknown.SUBSCRIPTIONS else ""


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))
