"""`cron(0 2 * * ? *)`: six fields of local time."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sfn_dsl.errors import DeclarationError
from sfn_dsl.schedules.days import DayRule, day_rule, days_in
from sfn_dsl.schedules.fields import FIRST_YEAR, HOURS, LAST_YEAR, MINUTES, MONTH, YEAR, numbers
from sfn_dsl.schedules.local_time import moment_of, zone_of

__all__ = ["Cron", "parse_cron"]

_BEGIN: Final = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_UNIX_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A cron schedule. Fields are sorted tuples of numbers; `text` is the whole expression, `timezone` an IANA name."""

    text: str
    timezone: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: DayRule
    months: tuple[int, ...]
    years: tuple[int, ...]

    @property
    def times(self) -> tuple[tuple[int, int], ...]:
        """Hour and minute of every fire of a day, in order."""
        return _times(self.hours, self.minutes)

    def dates(self, begin: date) -> Iterator[date]:
        """Local dates with fires, in order, from `begin` on."""
        for year in self.years[bisect.bisect_left(self.years, begin.year) :]:
            for month in self.months:
                if (year, month) < (begin.year, begin.month):
                    continue
                for day in days_in(self.days, year, month):
                    found = date(year, month, day)
                    if found >= begin:
                        yield found

    def iterate(self, instant: datetime) -> Iterator[datetime]:
        """Fire times (UTC) after an instant (aware), in order.

        A local time that clocks skip has no fire; one that they show twice fires the first time.
        """
        if instant.year > LAST_YEAR + 1:
            return
        zone = zone_of(self.timezone)
        begin = max(instant, _BEGIN).astimezone(zone).replace(tzinfo=None)
        times = self.times
        for day in self.dates(begin.date()):
            # No fire after the instant has a local time before the instant's, even while an hour repeats.
            skip = bisect.bisect_left(times, (begin.hour, begin.minute)) if day == begin.date() else 0
            for hour, minute in times[skip:] if skip else times:
                moment = moment_of(datetime(day.year, day.month, day.day, hour, minute), zone)
                if moment is not None and moment > instant:
                    yield moment

    def after(self, instant: datetime) -> datetime | None:
        """The first fire time (UTC) after an instant (aware); None when there is none."""
        return next(self.iterate(instant), None)


@functools.lru_cache(maxsize=256)
def _times(hours: tuple[int, ...], minutes: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((hour, minute) for hour in hours for minute in minutes)


def parse_cron(text: str, timezone: str, *, body: str) -> Cron:
    """Read the fields between the parentheses. Raises DeclarationError, whose sentence does not yet name the expression."""
    fields = body.split()
    if len(fields) != 6:
        raise _wrong_count(fields, timezone)
    minutes, hours, day_of_month, month, day_of_week, year = fields
    days = day_rule(day_of_month, day_of_week)
    cron = Cron(
        text=text,
        timezone=timezone,
        minutes=numbers(MINUTES, minutes),
        hours=numbers(HOURS, hours),
        days=days,
        months=numbers(MONTH, month),
        years=numbers(YEAR, year),
    )
    if next(cron.dates(_BEGIN.date()), None) is None:
        raise DeclarationError("it never fires because its months have no such day")
    if cron.after(_BEGIN.replace(year=FIRST_YEAR - 1)) is None:
        raise DeclarationError(
            f"it never fires because clocks in {timezone} skip its time", help="choose another hour, or the time zone UTC"
        )
    return cron


def _wrong_count(fields: list[str], timezone: str) -> DeclarationError:
    message = f"it has {len(fields)} field{'' if len(fields) == 1 else 's'} instead of six"
    order = "the fields are minutes, hours, day of month, month, day of week, year"
    if len(fields) != 5:
        return DeclarationError(message, help=order)
    corrected = f"cron({' '.join(_with_year(fields))})"
    try:
        parse_cron(corrected, timezone, body=corrected[5:-1])
    except DeclarationError:
        return DeclarationError(message, help=f"{order}; one of the day fields is `?`, and the year may be `*`")
    return DeclarationError(message, help=f"add `?` for the day field that does not count and a year `*`: `{corrected}`")


def _with_year(fields: list[str]) -> list[str]:
    """Six fields out of five. Without a `?` they are Unix's, where Sunday is 0 or 7."""
    minutes, hours, day_of_month, month, day_of_week = fields
    if "?" not in fields:
        if day_of_week == "*":
            day_of_week = "?"
        elif day_of_month == "*":
            day_of_month = "?"
            day_of_week = re.sub(r"(?<![/#\w])[0-7](?!\w)", lambda found: _UNIX_DAYS[int(found[0])], day_of_week.upper())
    return [minutes, hours, day_of_month, month, day_of_week, "*"]
