"""A schedule in a short English phrase."""

from __future__ import annotations

import calendar
import itertools
from collections.abc import Sequence
from typing import Final, assert_never

from sfn_dsl.schedules.at import At
from sfn_dsl.schedules.cron import Cron
from sfn_dsl.schedules.days import (
    DayRule,
    LastDay,
    LastOfWeekday,
    LastWorkday,
    MonthDays,
    NearestWorkday,
    NthOfWeekday,
    WeekDays,
)
from sfn_dsl.schedules.expression import Schedule
from sfn_dsl.schedules.fields import FIRST_YEAR, LAST_YEAR
from sfn_dsl.schedules.rate import Rate

__all__ = ["describe"]

_WEEKDAYS: Final = ("", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ORDINALS: Final = ("", "first", "second", "third", "fourth", "fifth")
_MOST_TIMES: Final = 6
_ALL_HOURS: Final = tuple(range(24))
_ALL_MONTHS: Final = tuple(range(1, 13))


def describe(schedule: Schedule) -> str:
    """`every 15 minutes`, `daily at 02:00 America/New_York`; without a full stop, in lower case."""
    match schedule:
        case Rate(count=count, unit=unit):
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
        case At(local=local, timezone=timezone):
            return f"once on {local:%Y-%m-%d} at {local:%H:%M:%S} {timezone}"
        case Cron():
            return _cron(schedule)
        case _:
            assert_never(schedule)


def _cron(cron: Cron) -> str:
    often = _often(cron)
    days = _days(cron.days)
    months = "" if cron.months == _ALL_MONTHS else _listed([calendar.month_name[month] for month in cron.months])
    years = "" if len(cron.years) == LAST_YEAR - FIRST_YEAR + 1 else _spans(cron.years)
    if months:
        days = days.replace("of the month", f"of {months}") if "of the month" in days else f"{days} in {months}".strip()
    if years:
        days = f"{days} {years}" if months else f"{days} in {years}".strip()
    if not often:
        times = _listed([f"{hour:02}:{minute:02}" for hour, minute in cron.times])
        return f"{days if days.startswith('on') else f'daily {days}'.strip()} at {times} {cron.timezone}"
    # A rhythm that leaves nothing out is the same in every zone.
    zone = "" if not days and cron.hours == _ALL_HOURS else cron.timezone
    return " ".join(part for part in (often, days, zone) if part)


def _often(cron: Cron) -> str:
    """How often, where a list of times would be long; empty where it would not."""
    if len(cron.times) <= _MOST_TIMES and len(cron.hours) < len(_ALL_HOURS):
        return ""
    step = _step(cron.minutes, 60)
    if len(cron.minutes) == 1 and cron.hours == _ALL_HOURS:
        return "every hour" if cron.minutes == (0,) else f"every hour at minute {cron.minutes[0]}"
    pace = _step(cron.hours, 24)
    if len(cron.minutes) == 1 and pace and cron.hours[0] == 0:
        return f"every {pace} hours" if cron.minutes == (0,) else f"every {pace} hours at minute {cron.minutes[0]}"
    if step and cron.minutes[0] == 0:
        rhythm = "every minute" if step == 1 else f"every {step} minutes"
    else:
        rhythm = f"at minute{'s' if len(cron.minutes) > 1 else ''} {_spans(cron.minutes)} of every hour"
    if cron.hours == _ALL_HOURS:
        return rhythm
    if cron.minutes == (0,):
        return f"at hours {_spans(cron.hours)}"
    return f"{rhythm.removesuffix(' of every hour')} of hours {_spans(cron.hours)}"


def _step(values: Sequence[int], size: int) -> int:
    """The step of values that divide a circle evenly, else 0."""
    if size % len(values):
        return 0
    step = size // len(values)
    return step if all(b - a == step for a, b in itertools.pairwise(values)) else 0


def _days(rule: DayRule) -> str:
    """The days; empty for every day."""
    match rule:
        case MonthDays(days=days):
            word = "day" if len(days) == 1 else "days"
            return "" if len(days) == 31 else f"on {word} {_spans(days)} of the month"
        case LastDay():
            return "on the last day of the month"
        case LastWorkday():
            return "on the last weekday of the month"
        case NearestWorkday(day=day):
            return f"on the weekday nearest to day {day} of the month"
        case WeekDays(days=days):
            if len(days) == 7:
                return ""
            if days == (2, 3, 4, 5, 6):
                return "on weekdays"
            return f"on {_listed([_WEEKDAYS[day] for day in days])}"
        case NthOfWeekday(weekday=weekday, nth=nth):
            return f"on the {_ORDINALS[nth]} {_WEEKDAYS[weekday]} of the month"
        case LastOfWeekday(weekday=weekday):
            return f"on the last {_WEEKDAYS[weekday]} of the month"
        case _:
            assert_never(rule)


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _spans(values: Sequence[int]) -> str:
    """Numbers with three or more in a row joined: `1, 3, 5-9`."""
    runs: list[list[int]] = []
    for number in values:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
