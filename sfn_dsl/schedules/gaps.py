"""Local times of a cron schedule that daylight saving time skips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import assert_never

from sfn_dsl.schedules.at import At
from sfn_dsl.schedules.cron import Cron
from sfn_dsl.schedules.expression import Schedule
from sfn_dsl.schedules.local_time import moment_of, zone_of
from sfn_dsl.schedules.rate import Rate

__all__ = ["Gap", "changes", "gaps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time at which a schedule would fire if clocks of `timezone` showed it.

    `local` is that time, `shown` what clocks show instead (both naive). `lost`: the schedule does not fire at `shown` either, so
    that a fire is missing; a schedule of every 15 minutes loses none.
    """

    local: datetime
    shown: datetime
    timezone: str
    lost: bool


def gaps(schedule: Schedule, year_from: int, year_to: int) -> list[Gap]:
    """The local times that clocks skip from one year to another (both included), in order. Only a cron schedule has any."""
    match schedule:
        case Cron():
            return list(_gaps(schedule, year_from, year_to))
        case Rate() | At():
            return []
        case _:
            assert_never(schedule)


def _gaps(cron: Cron, year_from: int, year_to: int) -> Iterator[Gap]:
    zone = zone_of(cron.timezone)
    within = replace(cron, years=tuple(year for year in cron.years if year_from <= year <= year_to))
    for day in within.dates(date.min):
        if not changes(day, zone):
            continue
        for hour, minute in cron.times:
            local = datetime(day.year, day.month, day.day, hour, minute)
            if moment_of(local, zone) is None:
                moment = local.replace(tzinfo=zone).astimezone(UTC)
                lost = cron.after(moment - timedelta(minutes=1)) != moment
                shown = moment.astimezone(zone).replace(tzinfo=None)
                yield Gap(local=local, shown=shown, timezone=cron.timezone, lost=lost)


def changes(day: date, zone: tzinfo) -> bool:
    """Whether clocks are set between the beginning and the end of a day."""
    begin = datetime(day.year, day.month, day.day, tzinfo=zone)
    return begin.utcoffset() != (begin + timedelta(days=1)).utcoffset()
