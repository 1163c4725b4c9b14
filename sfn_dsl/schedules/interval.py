"""The shortest time between two fires, which a retry should not outlast."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, assert_never

from sfn_dsl.schedules.at import At
from sfn_dsl.schedules.cron import Cron
from sfn_dsl.schedules.expression import Schedule
from sfn_dsl.schedules.fields import FIRST_YEAR, LAST_YEAR
from sfn_dsl.schedules.gaps import changes
from sfn_dsl.schedules.local_time import moment_of, zone_of
from sfn_dsl.schedules.rate import Rate

__all__ = ["shortest_interval"]

# After 28 years the calendar repeats itself: every date falls on every day of the week, in leap years and others.
_CYCLE: Final = tuple(range(2024, 2052))
_DAY: Final = timedelta(days=1)
_EVERY_YEAR: Final = LAST_YEAR - FIRST_YEAR + 1


def shortest_interval(schedule: Schedule) -> int | None:
    """Seconds between the two nearest fires; None for a schedule that fires once at most.

    Changes of daylight saving time count. A cron schedule of every year is judged by the years 2024 to 2051.
    """
    match schedule:
        case Rate():
            return schedule.seconds
        case At():
            return None
        case Cron():
            if len(schedule.years) == _EVERY_YEAR:
                found = _shortest(replace(schedule, years=_CYCLE))
                if found is not None:
                    return found
            return _shortest(schedule)
        case _:
            assert_never(schedule)


@functools.lru_cache(maxsize=256)
def _shortest(cron: Cron) -> int | None:
    """Compare each day's first fire with the last one before; the times within a day are the same but where clocks change."""
    zone = zone_of(cron.timezone)
    minutes = [60 * hour + minute for hour, minute in cron.times]
    within = min((60 * (b - a) for a, b in itertools.pairwise(minutes)), default=None)
    best: int | None = None
    before: tuple[date, bool] | None = None
    neighbours_known = False
    for day in cron.dates(date.min):
        plain = not changes(day, zone)
        found = [within] if plain and within is not None else []
        if not plain:
            found += _apart(_moments(day, zone, cron.times))
        # Two days in a row on which no clock changes are as far apart as any other two.
        neighbours = before is not None and plain and before[1] and day - before[0] == _DAY
        if before is not None and not (neighbours and neighbours_known):
            last = _moments(before[0], zone, cron.times[::-1])
            first = _moments(day, zone, cron.times)
            found += [int((first[0] - last[0]).total_seconds())] if first and last and last[0] < first[0] else []
            neighbours_known = neighbours_known or neighbours
        best = min([best, *found], default=None) if best is not None else min(found, default=None)
        before = day, plain
        if best == 60:
            break
    return best


def _moments(day: date, zone: tzinfo, times: Sequence[tuple[int, int]]) -> list[datetime]:
    """The moments of a day's local times, those that do not exist left out."""
    found = (moment_of(datetime(day.year, day.month, day.day, hour, minute), zone) for hour, minute in times)
    return [moment for moment in found if moment is not None]


def _apart(moments: Sequence[datetime]) -> list[int]:
    """Seconds between neighbours."""
    return [int((b - a).total_seconds()) for a, b in itertools.pairwise(moments) if a < b]
