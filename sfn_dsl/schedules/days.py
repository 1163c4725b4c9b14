"""On which days of a month a cron expression fires: what its two day fields say together."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from sfn_dsl.errors import DeclarationError
from sfn_dsl.schedules.fields import DAY_OF_MONTH, DAY_OF_WEEK, numbers, value

__all__ = [
    "DayRule",
    "LastDay",
    "LastOfWeekday",
    "LastWorkday",
    "MonthDays",
    "NearestWorkday",
    "NthOfWeekday",
    "WeekDays",
    "day_rule",
    "days_in",
]

_SATURDAY: Final = 7
_SUNDAY: Final = 1
_NEAREST: Final = re.compile(r"([0-9]+)W")
_LAST_OF: Final = re.compile(r"([0-9A-Za-z]+)L")
_NTH_OF: Final = re.compile(r"([0-9A-Za-z]+)#([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDays:
    """Days by number, in order; a month without such a day has none."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDay:
    """`L`: the last day of the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWorkday:
    """`LW`: the last Monday to Friday of the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestWorkday:
    """`15W`: the Monday to Friday nearest to a day, inside its month; a month without such a day has none."""

    day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekDays:
    """Days of the week by number, in order: 1 is Sunday, 7 is Saturday."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NthOfWeekday:
    """`FRI#2`: the second Friday of the month; a month without a fifth one has none."""

    weekday: int
    nth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastOfWeekday:
    """`FRIL`: the last Friday of the month."""

    weekday: int


DayRule = MonthDays | LastDay | LastWorkday | NearestWorkday | WeekDays | NthOfWeekday | LastOfWeekday


def day_rule(day_of_month: str, day_of_week: str) -> DayRule:
    """What the day fields say, one of which is `?`. Raises DeclarationError, whose sentence does not yet name the expression."""
    if day_of_week != "?":
        if day_of_month != "?":
            raise DeclarationError("day of month and day of week are both set", help="write `?` in one of them")
        return _of_week(day_of_week)
    if day_of_month == "?":
        raise DeclarationError("day of month and day of week are both `?`", help="write `*` in one of them for every day")
    return _of_month(day_of_month)


def _of_month(text: str) -> DayRule:
    if text == "L":
        return LastDay()
    if text == "LW":
        return LastWorkday()
    nearest = _NEAREST.fullmatch(text)
    if nearest:
        return NearestWorkday(day=value(DAY_OF_MONTH, nearest[1]))
    if "#" in text:
        raise DeclarationError(f"`{text}` belongs into day of week", help="`#` counts a day of the week: `FRI#2`")
    if "L" in text or "W" in text:
        raise DeclarationError(
            f"`{text}` is not a form of day of month", help="`L`, `LW` and `15W` stand alone, without lists and ranges"
        )
    return MonthDays(days=numbers(DAY_OF_MONTH, text))


def _of_week(text: str) -> DayRule:
    if text == "L":
        return WeekDays(days=(_SATURDAY,))
    last = _LAST_OF.fullmatch(text)
    if last:
        return LastOfWeekday(weekday=value(DAY_OF_WEEK, last[1]))
    nth = _NTH_OF.fullmatch(text)
    if nth:
        if nth[2] not in ("1", "2", "3", "4", "5"):
            raise DeclarationError(f"a month has up to 5 of each day of the week, not {nth[2]}")
        return NthOfWeekday(weekday=value(DAY_OF_WEEK, nth[1]), nth=int(nth[2]))
    if "#" in text or text.endswith("L"):
        raise DeclarationError(f"`{text}` is not a form of day of week", help="`FRI#2` and `FRIL` stand alone, without lists")
    return WeekDays(days=numbers(DAY_OF_WEEK, text))


def days_in(rule: DayRule, year: int, month: int) -> Sequence[int]:
    """The days of a month that a rule names, in order."""
    first, length = calendar.monthrange(year, month)
    # The weekday of day 1, counted from Sunday as 1.
    begin = (first + 1) % 7 + 1
    match rule:
        case MonthDays(days=days):
            return days if days[-1] <= length else [day for day in days if day <= length]
        case LastDay():
            return (length,)
        case LastWorkday():
            return (_nearest(length, begin, length),)
        case NearestWorkday(day=day):
            return (_nearest(day, begin, length),) if day <= length else ()
        case WeekDays(days=days):
            return sorted(day for weekday in days for day in range(1 + (weekday - begin) % 7, length + 1, 7))
        case NthOfWeekday(weekday=weekday, nth=nth):
            day = 1 + (weekday - begin) % 7 + 7 * (nth - 1)
            return (day,) if day <= length else ()
        case LastOfWeekday(weekday=weekday):
            return range(1 + (weekday - begin) % 7, length + 1, 7)[-1:]
        case _:
            assert_never(rule)


def _nearest(day: int, begin: int, length: int) -> int:
    """The working day nearest to a day without leaving its month."""
    weekday = (begin + day - 2) % 7 + 1
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < length else day - 2
    return day
