"""`rate(15 minutes)`: a fixed interval, whatever clocks do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sfn_dsl.errors import DeclarationError
from sfn_dsl.schedules.fields import LAST_YEAR

__all__ = ["Rate", "parse_rate"]

_SECONDS: Final[Mapping[str, int]] = {"minute": 60, "hour": 3600, "day": 86_400}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
_FORM: Final = re.compile(r"([0-9]+)\s+([A-Za-z]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate schedule: `count` times `unit` (minute, hour or day; a day is 24 hours).

    `start`: the first fire (aware), from which all others count. `timezone` changes nothing.
    """

    text: str
    timezone: str
    count: int
    unit: str
    start: datetime = _EPOCH

    def __post_init__(self) -> None:
        """Raises ValueError for a start without a time zone."""
        if self.start.utcoffset() is None:
            raise ValueError("the start of a rate needs a time zone")

    @property
    def seconds(self) -> int:
        """Seconds between two fires."""
        return self.count * _SECONDS[self.unit]

    def iterate(self, instant: datetime) -> Iterator[datetime]:
        """Fire times (UTC) after an instant (aware), in order, up to the year 2199."""
        start = self.start.astimezone(UTC)
        number = max(0, (instant - start) // timedelta(seconds=1) // self.seconds + 1)
        while number * self.seconds < (_END - start).total_seconds():
            yield start + timedelta(seconds=number * self.seconds)
            number += 1

    def after(self, instant: datetime) -> datetime | None:
        """The first fire time (UTC) after an instant (aware); None past the year 2199."""
        return next(self.iterate(instant), None)


def parse_rate(text: str, timezone: str, *, body: str, start: datetime | None) -> Rate:
    """Read what stands between the parentheses. Raises DeclarationError, whose sentence does not yet name the expression."""
    found = _FORM.fullmatch(body)
    units = "the units are minutes, hours and days: `rate(15 minutes)`"
    if found is None:
        raise DeclarationError("a rate is a whole number and a unit", help=units)
    count, word = int(found[1]), found[2]
    unit = word.removesuffix("s")
    if unit not in _SECONDS:
        raise DeclarationError(f"`{word}` is not a unit of a rate", help=units)
    if count == 0:
        raise DeclarationError("a rate of 0 has no meaning", help="the shortest rate is `rate(1 minute)`")
    # Rules of EventBridge refuse `rate(1 days)`; Scheduler lists both forms, and schedules in the field have it so.
    if count > 1 and word == unit:
        raise DeclarationError(f"the unit of {count} is plural, not `{word}`", help=f"write `rate({count} {unit}s)`")
    return Rate(text=text, timezone=timezone, count=count, unit=unit, start=_EPOCH if start is None else start)
