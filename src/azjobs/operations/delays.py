"""How long Azure asks us to wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

DEFAULT_DELAY = 30.0
SPEED_HEADER = "x-azjobs-emulator-speed"
LEAST_DELAY = 1.0


def header(headers: Mapping[str, str], name: str) -> str | None:
    """Return the value of a header whatever the case of its name, or None when it is missing or empty."""
    value = headers.get(name)
    if value is None:
        wanted = name.lower()
        value = next((text for key, text in headers.items() if key.lower() == wanted), None)
    return value or None


def emulator_speed(headers: Mapping[str, str]) -> float:
    """Return how many times faster than real time the answering emulator runs; 1 for Azure itself.

    Example:
        >>> emulator_speed({"x-azjobs-emulator-speed": "20"})
        20.0
    """
    text = header(headers, SPEED_HEADER)
    try:
        speed = float(text) if text else 1.0
    except ValueError:
        return 1.0
    return speed if 0 < speed < float("inf") else 1.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks to wait, or None when it does not say.

    `Retry-After` counts seconds (a date is understood too); `Retry-After-Ms` and `x-ms-retry-after-ms` count
    milliseconds and stand only where the first is missing, as in azure-core. Zero, which some services send, means
    "soon", never a loop without a pause.

    Example:
        >>> retry_after({"Retry-After": "10"}), retry_after({"retry-after-ms": "250"}), retry_after({})
        (10.0, 0.25, None)
    """
    plain = header(headers, "retry-after")
    if plain is not None:
        seconds = _seconds(plain)
        if seconds is None or seconds < 0:
            return None
        return seconds if seconds > 0 else LEAST_DELAY / emulator_speed(headers)
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        text = header(headers, name)
        if text is None:
            continue
        try:
            milliseconds = float(text)
        except ValueError:
            continue
        if 0 <= milliseconds < float("inf"):
            return milliseconds / 1000 if milliseconds else LEAST_DELAY / emulator_speed(headers)
    return None


def poll_delay(headers: Mapping[str, str]) -> float:
    """Return the seconds until the next look: what the answer asks for, else 30, scaled by the emulator's speed."""
    asked = retry_after(headers)
    return DEFAULT_DELAY / emulator_speed(headers) if asked is None else asked


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return seconds if seconds < float("inf") else None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
