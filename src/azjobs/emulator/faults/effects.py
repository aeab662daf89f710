"""What a rule can do: a closed set, each variant with what it alone needs.

The first group acts on a client's request and its answer, the second on long-running operations, whoever started
them, the third on whatever touches a region or a quota.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Garbage(Enum):
    """How an answer is damaged."""

    NOT_JSON = "not-json"
    """An HTML page, as a broken proxy sends it."""
    EMPTY = "empty"
    """No body."""
    TRUNCATED = "truncated"
    """The first half of the body."""
    NO_STATUS = "no-status"
    """No `status` in an operation's body, no `provisioningState` in a resource's."""
    STATUS_CASING = "status-casing"
    """The status, or the provisioning state, in lower case."""
    NO_RETRY_AFTER = "no-retry-after"
    """No header that says how long to wait."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpError:
    """Answer an error.

    Args:
        status: The status code, 400 to 599.
        code: ARM's error code.
        message: The message.
        headers: Further headers, e.g. `Retry-After`, which is scaled as every Retry-After.
        after: Whether the request takes effect all the same.
    """

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TooManyRequests:
    """Answer 429 as ARM's front door does, or as the compute provider does.

    Args:
        retry_after: Seconds of emulator time; None to name no time.
        counter: A counter of compute, e.g. `HighCostGet30Min`; None for the subscription's bucket.
    """

    retry_after: int | None = 10
    counter: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reset:
    """Close the connection without an answer.

    Args:
        after: Whether the request takes effect: the lost response.
    """

    after: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stall:
    """Do not answer until it is released; then handle the request as if it came only now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Damage:
    """Answer garbage.

    Args:
        variant: Which.
    """

    variant: Garbage


@dataclass(frozen=True, kw_only=True, slots=True)
class StaleRead:
    """Answer a GET with what was true before the last write of the resource: its older body, or 404."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpireOperation:
    """Answer 404 at this and every later poll of the operation, which itself goes on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpiredToken:
    """Answer 401 ExpiredAuthenticationToken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockSkew:
    """Let the server's clock differ: in its `Date` header, and where it looks at a token's lifetime.

    Args:
        seconds: How far it is ahead; negative for behind.
    """

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FailOperation:
    """Let an operation fail.

    Args:
        code: The error's code.
        message: The error's message.
        at: After what fraction of its duration, 0 to 1.
        rolled_back: Whether the resource is left as it was before, gone when it was not there, and not `Failed`.
    """

    code: str
    message: str
    at: float = 1.0
    rolled_back: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelOperation:
    """Let an operation end as Canceled.

    Args:
        at: After what fraction of its duration, 0 to 1.
    """

    at: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldOperation:
    """Let an operation run until it is finished, failed or released by hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SlowOperation:
    """Let an operation take longer, or less long.

    Args:
        factor: By what its duration is multiplied, above 0.
    """

    factor: float


@dataclass(frozen=True, kw_only=True, slots=True)
class NoCapacity:
    """Let creating and starting virtual machines fail: AllocationFailed, ZonalAllocationFailed when a zone is named.

    Args:
        size: A glob over sizes, in any casing.
        location: The region; None for all.
        zone: The zone; None for machines in any zone and in none.
    """

    size: str = "*"
    location: str | None = None
    zone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionDown:
    """Answer 503 to everything about resources in a region, deployments' requests too.

    Args:
        location: The region.
    """

    location: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CoreQuota:
    """Lower the quota of cores: what exceeds it is refused with 409 OperationNotAllowed.

    Args:
        family: A glob over quota families, e.g. `standardDSv3Family`, in any casing.
        cores: The limit of each of these families in a region.
        location: The region; None for all.
    """

    family: str
    cores: int
    location: str | None = None


RequestEffect = (
    HttpError | TooManyRequests | Reset | Stall | Damage | StaleRead | ExpireOperation | ExpiredToken | ClockSkew
)
OperationEffect = FailOperation | CancelOperation | HoldOperation | SlowOperation | NoCapacity
Condition = RegionDown | CoreQuota
Effect = RequestEffect | OperationEffect | Condition
LASTING = (ClockSkew, NoCapacity, RegionDown, CoreQuota)
"""What goes on until its rule is taken away, when the rule names no number of times."""

_NAMES: dict[type, str] = {
    HttpError: "http",
    TooManyRequests: "throttle",
    Reset: "reset",
    Stall: "stall",
    Damage: "garbage",
    StaleRead: "stale_read",
    ExpireOperation: "expire_op",
    ExpiredToken: "expired_token",
    ClockSkew: "clock_skew",
    FailOperation: "lro_fail",
    CancelOperation: "lro_cancel",
    HoldOperation: "lro_hold",
    SlowOperation: "slow",
    NoCapacity: "capacity",
    RegionDown: "region_down",
    CoreQuota: "quota",
}


def name_of(effect: Effect) -> str:
    """What rules call an effect.

    Example:
        >>> name_of(Stall())
        'stall'
    """
    return _NAMES[type(effect)]
