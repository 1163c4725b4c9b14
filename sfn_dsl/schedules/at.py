"""`at(2026-11-21T02:00:00)`: once, at a local time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sfn_dsl.errors import DeclarationError
from sfn_dsl.schedules.fields import FIRST_YEAR, LAST_YEAR
from sfn_dsl.schedules.local_time import moment_of, zone_of

__all__ = ["At", "parse_at"]

_FORM: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A schedule that fires once. `local` is a naive time of `timezone`, `moment` the same in UTC.

    `past`: that was over when the expression was read; it is only known when the reader said what time it was.
    """

    text: str
    timezone: str
    local: datetime
    moment: datetime
    past: bool = False

    def iterate(self, instant: datetime) -> Iterator[datetime]:
        """The fire time (UTC), if it comes after an instant (aware)."""
        if self.moment > instant:
            yield self.moment

    def after(self, instant: datetime) -> datetime | None:
        """The fire time (UTC), if it comes after an instant (aware), else None."""
        return next(self.iterate(instant), None)


def parse_at(text: str, timezone: str, *, body: str, now: datetime | None) -> At:
    """Read the time between the parentheses. Raises DeclarationError, whose sentence does not yet name the expression."""
    if not _FORM.fullmatch(body):
        raise DeclarationError(
            "a time is written without a zone as yyyy-mm-ddThh:mm:ss", help="for instance `at(2026-11-21T02:00:00)`"
        )
    try:
        local = datetime.fromisoformat(body)
    except ValueError:
        raise DeclarationError("there is no such date or time") from None
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise DeclarationError(f"{local.year} lies outside year, which is {FIRST_YEAR} to {LAST_YEAR}")
    moment = moment_of(local, zone_of(timezone))
    if moment is None:
        raise DeclarationError(
            f"it never fires because clocks in {timezone} skip its time", help="choose another hour, or the time zone UTC"
        )
    return At(
        text=text,
        timezone=timezone,
        local=local,
        moment=moment,
        past=now is not None and moment <= now,
    )
