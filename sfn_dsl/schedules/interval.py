"""The shortest time between two fires, which a retry should not outlast."""

from __future__ import annotations

import functools
import itertools
from dataclasses import replace
from datetime import date, datetime
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
    first, last = cron.times[0], cron.times[-1]
    minutes = [60 * hour + minute for hour, minute in cron.times]
    within = min((60 * (b - a) for a, b in itertools.pairwise(minutes)), default=None)
    best: int | None = None
    before: datetime | None = None
    for day in cron.dates(date.min):
        plain = not changes(day, zone)
        times = (first, last) if plain else cron.times
        if plain and within is not None and (best is None or within < best):
            best = within
        for number, (hour, minute) in enumerate(times):
            moment = moment_of(datetime(day.year, day.month, day.day, hour, minute), zone)
            if moment is None:
                continue
            if before is not None and before < moment and (number == 0 or not plain):
                seconds = int((moment - before).total_seconds())
                best = seconds if best is None else min(best, seconds)
            before = moment
        if best == 60:
            break
    return best
