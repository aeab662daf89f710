"""Date functions: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-date."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from azjobs.emulator.templates.errors import Json
from azjobs.emulator.templates.functions.registry import Call, function

_DURATION = re.compile(
    r"(-)?P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,7})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?"
)
_PICTURE = re.compile(r"yyyy|yy|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,7}|tt|zzz|K|'[^']*'|\\.")
_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "o": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "O": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "R": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
_COMPACT = "yyyyMMdd'T'HHmmss'Z'"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


@function("utcNow", 0, 1)
def _utc_now(call: Call) -> Json:
    if not call.scope.defaults:
        raise call.error("the function is not expected at this location: it can be used in a parameter's default only")
    return formatted(call.scope.target.now.astimezone(UTC), call.string(0, _COMPACT))


def formatted(moment: datetime, picture: str) -> str:
    """A moment in one of .NET's standard or custom formats, in the invariant culture."""
    picture = _STANDARD.get(picture, picture)
    return _PICTURE.sub(lambda match: _part(moment, match.group()), picture)


def _part(moment: datetime, picture: str) -> str:
    if picture[0] in "'\\":
        return picture.strip("'") if picture[0] == "'" else picture[1:]
    if picture[0] == "f":
        return f"{moment.microsecond * 10:07d}"[: len(picture)]
    offset = moment.strftime("%z") or "+0000"
    half_day = moment.hour % 12 or 12
    parts = {
        "yyyy": f"{moment.year:04d}", "yy": f"{moment.year % 100:02d}",
        "MMMM": _MONTHS[moment.month - 1], "MMM": _MONTHS[moment.month - 1][:3],
        "MM": f"{moment.month:02d}", "M": str(moment.month),
        "dddd": _DAYS[moment.weekday()], "ddd": _DAYS[moment.weekday()][:3],
        "dd": f"{moment.day:02d}", "d": str(moment.day),
        "HH": f"{moment.hour:02d}", "H": str(moment.hour), "hh": f"{half_day:02d}", "h": str(half_day),
        "mm": f"{moment.minute:02d}", "m": str(moment.minute), "ss": f"{moment.second:02d}", "s": str(moment.second),
        "tt": "AM" if moment.hour < 12 else "PM", "zzz": f"{offset[:3]}:{offset[3:5]}",
        "K": "Z" if moment.utcoffset() == timedelta(0) else f"{offset[:3]}:{offset[3:5]}",
    }  # fmt: skip
    return parts[picture]


def _moment(call: Call, text: str) -> datetime:
    compact = re.fullmatch(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z", text)
    try:
        if compact:
            year, month, day, hour, minute, second = map(int, compact.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise call.error(f"the value '{text[:40]}' is not a date and time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shifted(call: Call, moment: datetime, duration: str) -> datetime:
    match = _DURATION.fullmatch(duration)
    if match is None or duration.endswith(("P", "T")):
        raise call.error(f"the value '{duration[:40]}' is not an ISO 8601 duration")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    # ARM counts a year as 365 days and a month as 30, as .NET's XmlConvert does.
    days += years * 365 + months * 30 + weeks * 7
    delta = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        return moment - delta if match.group(1) else moment + delta
    except OverflowError as error:
        raise call.error("the result is out of the range of dates") from error


@function("dateTimeAdd", 2, 3)
def _date_time_add(call: Call) -> Json:
    moment = _shifted(call, _moment(call, call.string(0)), call.string(1))
    return formatted(moment, call.string(2, "u" if len(call.arguments) < 3 else ""))


@function("dateTimeFromEpoch", 1)
def _date_time_from_epoch(call: Call) -> Json:
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=call.integer(0))
    except OverflowError as error:
        raise call.error("the result is out of the range of dates") from error
    return formatted(moment, "yyyy'-'MM'-'dd'T'HH':'mm':'ss'Z'")


@function("dateTimeToEpoch", 1)
def _date_time_to_epoch(call: Call) -> Json:
    return int((_moment(call, call.string(0)) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
