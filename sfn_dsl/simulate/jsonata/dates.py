"""JSONata's functions of timestamps and of numbers as text, on those of jsonata-python; the clock is the world's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from jsonata.datetimeutils import DateTimeUtils
from jsonata.jexception import JException

from sfn_dsl.simulate.jsonata.calls import Native, Run, Signature
from sfn_dsl.simulate.jsonata.pictures import format_number
from sfn_dsl.simulate.jsonata.values import UNDEFINED, Fault, exact, finite, text

__all__ = ["DATE_FUNCTIONS"]

_ISO = re.compile(
    r"(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?(\.\d+)?(?:([+-])([0-2]\d):?([0-5]\d)|Z)?\Z"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_CODES = {
    "Formatting or parsing an integer as a sequence": "D3130",
    "In a decimal digit pattern": "D3131",
    "Unknown component specifier": "D3132",
    "The 'name' modifier": "D3133",
    "The timezone integer format": "D3134",
    "No matching closing bracket": "D3135",
    "The date/time picture string is missing": "D3136",
}


def _library(call: Callable[..., Any], *args: Any) -> Any:
    """A call into jsonata-python; its exceptions become faults with the reference's codes."""
    try:
        return call(*args)
    except JException as error:
        raise Fault(error.error, value=error.current) from error
    except RuntimeError as error:
        sentence = str(error)
        code = next((code for start, code in _CODES.items() if sentence.startswith(start)), None)
        raise Fault(code, sentence, value=sentence) from error
    except (ValueError, OverflowError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError) as error:
        raise Fault(None, str(error)) from error


def _format(run: Run, millis: Any, picture: Any, zone: Any) -> Any:
    if millis is UNDEFINED:
        return millis
    picture = None if picture is UNDEFINED else picture
    zone = None if zone is UNDEFINED else zone
    if zone is not None and not re.match(r"[+-]?\d", zone):
        zone = None
    return _library(DateTimeUtils.format_datetime, int(millis), picture, zone)


def _iso(subject: str) -> float:
    """Milliseconds of an ISO 8601 timestamp; not-a-number for a month or an hour that does not exist."""
    match = _ISO.match(subject)
    if match is None:
        raise Fault("D3110", value=subject)
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = match.groups()
    hours = int(hour or 0)
    in_calendar = 1 <= int(month or 1) <= 12 and 1 <= int(day or 1) <= 31
    if not in_calendar or hours > 24 or (hours == 24 and (int(minute) or int(second))):
        return math.nan
    millis = (_day(int(year), int(month or 1), int(day or 1)) - _EPOCH) // _MILLISECOND
    millis += ((hours * 60 + int(minute or 0)) * 60 + int(second or 0)) * 1000
    if fraction:
        millis += int(fraction[1:4].ljust(3, "0"))
    if sign:
        offset = (int(zone_hours) * 60 + int(zone_minutes)) * 60_000
        millis += offset if sign == "-" else -offset
    return millis


def _day(year: int, month: int, day: int) -> datetime:
    """A day; a month or a day past the end of the calendar runs on, as in JavaScript."""
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC) + timedelta(days=day - 1)


def _given(components: dict[str, int], letters: str) -> str:
    return "".join(letter for letter in letters if letter in components)


def _with_picture(subject: str, picture: str, now: datetime) -> Any:
    """Milliseconds of a text read with a picture; what stands left of the first given component comes from `now`."""
    matcher = DateTimeUtils._generate_regex(DateTimeUtils._analyse_datetime_picture(picture))
    pattern = "".join(f"({re.escape(part.regex) if part.component is None else part.regex})" for part in matcher.parts)
    match = re.fullmatch(pattern, subject, re.IGNORECASE)
    if match is None:
        return UNDEFINED
    components: dict[str, int] = {}
    for part, found in zip(matcher.parts, match.groups(), strict=False):
        if part.component is not None:
            components[part.component] = part.parse(found)
    if not components:
        return UNDEFINED
    by_day_of_year = "d" in components and not _given(components, "MDW")
    if _given(components, "XxWw"):
        raise Fault("D3136")
    half_days = _given(components, "Ph") == "Ph"
    order = ("Yd" if by_day_of_year else "YMD") + ("Phmsf" if half_days else "Hmsf")
    current = {
        "Y": now.year,
        "M": now.month,
        "D": now.day,
        "d": now.timetuple().tm_yday,
        "H": now.hour,
        "h": now.hour % 12 or 12,
        "P": now.hour // 12,
        "m": now.minute,
        "s": now.second,
        "f": now.microsecond // 1000,
    }
    started = ended = False
    for part in order:
        if part not in components:
            components[part] = current[part] if not started else int(part in "MDd")
            ended = ended or started
        elif ended:
            raise Fault("D3136")
        else:
            started = True
    if half_days:
        components["H"] = components["h"] % 12 + 12 * components["P"]
    month, day_number = (1, components["d"]) if by_day_of_year else (components["M"] or 1, components["D"])
    day = _day(components["Y"], month, day_number)
    clock = timedelta(hours=components["H"], minutes=components["m"], seconds=components["s"], milliseconds=components["f"])
    zone = components.get("Z") or components.get("z") or 0
    return (day + clock - _EPOCH) // _MILLISECOND - zone * 60_000


def _to_millis(run: Run, subject: Any, picture: Any) -> Any:
    if subject is UNDEFINED:
        return subject
    if picture is UNDEFINED:
        return _iso(subject)
    return _library(_with_picture, subject, picture, _EPOCH + run.world.now_ms * _MILLISECOND)


def _now(run: Run, picture: Any, zone: Any) -> Any:
    return _format(run, run.world.now_ms, picture, zone)


def _format_number(run: Run, value: Any, picture: Any, options: Any) -> Any:
    if value is UNDEFINED or picture is UNDEFINED:
        return UNDEFINED
    if not finite(value):
        return text(value)
    return _library(format_number, value, picture, {} if options is UNDEFINED else options)


def _format_integer(run: Run, value: Any, picture: Any) -> Any:
    if value is UNDEFINED:
        return value
    return _library(DateTimeUtils.format_integer, math.floor(value) if finite(value) else value, picture)


def _parse_integer(run: Run, subject: Any, picture: Any) -> Any:
    if subject is UNDEFINED:
        return subject

    def read() -> int | None:
        try:
            return DateTimeUtils.parse_integer(subject, picture)  # type: ignore[no-any-return, unused-ignore]
        except ValueError:
            return None

    number = _library(read)
    return math.nan if number is None else exact(number)


def _native(function: Callable[..., Any], signature: str, arity: int) -> Native:
    return Native(function, Signature.parse(signature), arity)


DATE_FUNCTIONS = {
    "now": _native(_now, "s?s?", 2),
    "millis": _native(lambda run: run.world.now_ms, "", 0),
    "toMillis": _native(_to_millis, "s-s?", 2),
    "fromMillis": _native(_format, "n-s?s?", 3),
    "formatNumber": _native(_format_number, "n-so?", 3),
    "formatInteger": _native(_format_integer, "n-s", 2),
    "parseInteger": _native(_parse_integer, "s-s", 2),
}
