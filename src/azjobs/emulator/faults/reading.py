"""Rules from JSON: of a rules file, and of the control endpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from azjobs.emulator.faults import effects
from azjobs.emulator.faults.effects import LASTING, Effect, Garbage
from azjobs.emulator.faults.rules import Match, Phase, Rule
from azjobs.emulator.locations import normalize
from azjobs.emulator.throttling.limits import COMPUTE

DEFAULT_CODE = "EmulatedFailure"
DEFAULT_MESSAGE = "The operation was made to fail."
_METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})
"""Headers that say where an answer ends: wrong ones would make the next answer unreadable."""
_SIMPLE = frozenset({"kind", "name", "code", "message", "times"})
_ABSENT = object()


class InvalidRules(ValueError):
    """Rules that cannot be used. The message says what is wrong with them."""


class _Members:
    """The members of a JSON object, taken one by one; what nobody takes is a mistake."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise InvalidRules(f"{_sentence(where)} must be an object, not {_shown(value)}.")
        self._left: dict[str, Any] = dict(value)
        self.where = where

    def take(self, name: str, default: object = _ABSENT) -> Any:
        if name in self._left:
            return self._left.pop(name)
        if default is _ABSENT:
            raise InvalidRules(f"{_sentence(self.where)} needs the member '{name}'.")
        return default

    def text(self, name: str, default: Any = _ABSENT) -> Any:
        value = self.take(name, default)
        if value is not default and (not isinstance(value, str) or not value):
            raise InvalidRules(f"'{name}' in {self.where} must be a text, not {_shown(value)}.")
        return value

    def number(self, name: str, default: Any = _ABSENT, *, low: float = -math.inf, high: float = math.inf) -> Any:
        value = self.take(name, default)
        if value is default and default is not _ABSENT:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise InvalidRules(f"'{name}' in {self.where} must be a number{_range(low, high)}, not {_shown(value)}.")
        return value

    def whole(self, name: str, default: Any = _ABSENT, *, low: int, high: float = math.inf) -> Any:
        value = self.number(name, default, low=low, high=high)
        if value is not default and not isinstance(value, int):
            raise InvalidRules(f"'{name}' in {self.where} must be a whole number, not {_shown(value)}.")
        return value

    def truth(self, name: str) -> bool:
        value = self.take(name, False)
        if not isinstance(value, bool):
            raise InvalidRules(f"'{name}' in {self.where} must be true or false, not {_shown(value)}.")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: Any = _ABSENT) -> Any:
        value = self.take(name, default)
        if value is not default and value not in choices:
            raise InvalidRules(f"'{name}' in {self.where} must be one of {', '.join(choices)}, not {_shown(value)}.")
        return value

    def finish(self) -> None:
        if self._left:
            raise InvalidRules(f"{_sentence(self.where)} has an unknown member '{next(iter(self._left))}'.")


def _shown(value: object) -> str:
    return f"'{value}'" if isinstance(value, str | int | float | bool) else f"a JSON {type(value).__name__}"


def _sentence(where: str) -> str:
    return where[0].upper() + where[1:]


def _range(low: float, high: float) -> str:
    if math.isinf(low):
        return ""
    return f" of at least {low:g}" if math.isinf(high) else f" from {low:g} to {high:g}"


def read_rules(document: object) -> tuple[list[Rule], int | None]:
    """The rules in a document, and the seed of their chances.

    Args:
        document: `{"seed": 1, "rules": [rule, …]}`, a list of rules, or one rule. A rule is
            `{"match": {…}, "effect": {"type": "http", …}, "times": 2}`, or, for an operation that is to fail,
            `{"kind", "name", "code", "message", "times"}`.

    Returns:
        The rules, and the seed; None when the document names none.

    Raises:
        InvalidRules: Something in it is wrong.

    Example:
        >>> (rule,), _ = read_rules({"match": {"method": "GET"}, "effect": {"type": "http", "status": 503}})
        >>> rule.effect.status
        503
    """
    if isinstance(document, list):
        return [_rule(item, f"rule {number}") for number, item in enumerate(document, 1)], None
    if not isinstance(document, dict) or "rules" not in document:
        return [_rule(document, "the rule")], None
    members = _Members(document, "the document")
    seed = members.whole("seed", None, low=0, high=2**63)
    rules = members.take("rules")
    members.finish()
    if not isinstance(rules, list):
        raise InvalidRules(f"'rules' must be an array, not {_shown(rules)}.")
    return [_rule(item, f"rule {number}") for number, item in enumerate(rules, 1)], seed


def _rule(value: object, where: str) -> Rule:
    members = _Members(value, where)
    assert isinstance(value, dict)
    if "effect" not in value and set(value) <= _SIMPLE:
        return _simple(members, value)
    match = _match(members.take("match", {}), f"the match of {where}")
    effect = _effect(members.take("effect"), f"the effect of {where}")
    times = members.take("times", "forever" if isinstance(effect, LASTING) else 1)
    if times != "forever" and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise InvalidRules(
            f"'times' in {where} must be a whole number of at least 1, or 'forever', not {_shown(times)}."
        )
    members.finish()
    return Rule(match=match, effect=effect, times=None if times == "forever" else times, source=value)


def _simple(members: _Members, source: dict[str, object]) -> Rule:
    """The short form: the next operations of a kind on a name fail."""
    if not members.take("kind", None):
        raise InvalidRules("'kind' is missing, e.g. 'Microsoft.Compute/virtualMachines/create'.")
    members = _Members({name: value for name, value in source.items() if value is not None}, members.where)
    return Rule(
        match=Match(kind=members.text("kind"), name=members.text("name", None)),
        effect=effects.FailOperation(
            code=members.text("code", DEFAULT_CODE), message=members.text("message", DEFAULT_MESSAGE)
        ),
        times=members.whole("times", 1, low=1),
        source=source,
    )


def _match(value: object, where: str) -> Match:
    members = _Members(value, where)
    phase = members.choice("phase", tuple(phase.value for phase in Phase), None)
    match = Match(
        method=members.choice("method", _METHODS, None),
        kind=members.text("kind", None),
        name=members.text("name", None),
        id=members.text("id", None),
        phase=None if phase is None else Phase(phase),
        nth=members.whole("nth", 1, low=1),
        probability=members.number("probability", 1.0, low=0.0, high=1.0),
    )
    members.finish()
    return match


def _effect(value: object, where: str) -> Effect:
    members = _Members(value, where)
    made = _EFFECTS[members.choice("type", tuple(_EFFECTS))](members)
    members.finish()
    return made


def _http(members: _Members) -> Effect:
    headers = members.take("headers", {})
    if not isinstance(headers, dict) or not all(_is_header(item) for item in headers.items()):
        raise InvalidRules(
            f"'headers' in {members.where} must be an object of texts, without the headers that frame an answer."
        )
    if any(name.lower() == "retry-after" and not value.isdigit() for name, value in headers.items()):
        raise InvalidRules(f"'Retry-After' in {members.where} must be a whole number of seconds, as Azure sends it.")
    status = members.whole("status", low=400, high=599)
    return effects.HttpError(
        status=status,
        code=members.text("code", _CODES.get(status, DEFAULT_CODE)),
        message=members.text("message", "The request was made to fail."),
        headers={name.title() if name.lower() == "retry-after" else name: value for name, value in headers.items()},
        after=members.truth("after"),
    )


def _is_header(item: tuple[object, object]) -> bool:
    name, value = item
    return (
        isinstance(name, str)
        and isinstance(value, str)
        and name.lower() not in _FRAMING
        and name.replace("-", "").isalnum()
        and name.isascii()
        and value.isascii()
        and value.isprintable()
    )


_CODES = {
    401: "InvalidAuthenticationToken",
    403: "AuthorizationFailed",
    404: "NotFound",
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}


def _throttle(members: _Members) -> Effect:
    # A null says that the answer names no time; whoever says nothing gets Azure's 10 s.
    retry_after = members.take("retryAfter", 10)
    if retry_after is not None and (
        isinstance(retry_after, bool) or not isinstance(retry_after, int) or retry_after < 1
    ):
        raise InvalidRules(f"'retryAfter' in {members.where} must be a whole number of seconds above 0, or null.")
    counters = tuple(limit.name for group in COMPUTE.values() for limit in group)
    return effects.TooManyRequests(retry_after=retry_after, counter=members.choice("counter", counters, None))


def _location(members: _Members, default: Any = _ABSENT) -> Any:
    value = members.text("location", default)
    return value if value is default else normalize(value)


_EFFECTS: Mapping[str, Callable[[_Members], Effect]] = {
    "http": _http,
    "throttle": _throttle,
    "reset": lambda members: effects.Reset(after=members.truth("after")),
    "stall": lambda members: effects.Stall(),
    "garbage": lambda members: effects.Damage(
        variant=Garbage(members.choice("variant", tuple(variant.value for variant in Garbage)))
    ),
    "stale_read": lambda members: effects.StaleRead(),
    "expire_op": lambda members: effects.ExpireOperation(),
    "expired_token": lambda members: effects.ExpiredToken(),
    "clock_skew": lambda members: effects.ClockSkew(seconds=members.number("seconds", low=-1e9, high=1e9)),
    "lro_fail": lambda members: effects.FailOperation(
        code=members.text("code", DEFAULT_CODE),
        message=members.text("message", DEFAULT_MESSAGE),
        at=members.number("at", 1.0, low=0.0, high=1.0),
        rolled_back=members.choice("leave", ("Failed", "rolled back"), "Failed") == "rolled back",
    ),
    "lro_cancel": lambda members: effects.CancelOperation(at=members.number("at", 1.0, low=0.0, high=1.0)),
    "lro_hold": lambda members: effects.HoldOperation(),
    "slow": lambda members: effects.SlowOperation(factor=members.number("factor", low=0.001, high=1e6)),
    "capacity": lambda members: effects.NoCapacity(
        size=members.text("size", "*"), location=_location(members, None), zone=members.text("zone", None)
    ),
    "region_down": lambda members: effects.RegionDown(location=_location(members)),
    "quota": lambda members: effects.CoreQuota(
        family=members.text("family", "*"),
        cores=members.whole("cores", low=0),
        location=_location(members, None),
    ),
}
