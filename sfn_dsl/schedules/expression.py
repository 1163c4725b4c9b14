"""Schedule expressions as EventBridge Scheduler takes them.

    schedule = parse("cron(0 2 * * ? *)", "America/New_York")
    schedule.after(datetime.now(UTC))           the next fire time, in UTC
    itertools.islice(schedule.iterate(...), 5)  the next five

Sources: Scheduler User Guide, page `schedule-types` (forms, time zones, daylight saving time), botocore's service model (limits).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sfn_dsl.errors import DeclarationError
from sfn_dsl.schedules.at import At, parse_at
from sfn_dsl.schedules.cron import Cron, parse_cron
from sfn_dsl.schedules.local_time import zone_of
from sfn_dsl.schedules.rate import Rate, parse_rate
from sfn_dsl.span import Span

__all__ = ["Schedule", "never_fires", "parse"]

Schedule = Cron | Rate | At
"""A schedule. All three have `text`, `timezone`, `after(instant)` and `iterate(instant)`."""

_LENGTH: Final = 256
_FORM: Final = re.compile(r"(cron|rate|at)\((.*)\)", re.DOTALL)


def parse(
    text: str,
    timezone: str = "UTC",
    *,
    start: datetime | None = None,
    now: datetime | None = None,
    span: Span | None = None,
) -> Schedule:
    """Read a schedule expression of a time zone (IANA name).

    `start` (aware): the first fire of a rate; None counts from 1970-01-01T00:00Z. `now` (aware): what cannot fire after it is
    refused, save a past `at`, which is marked; None refuses only what never fires in any year. `span`: where the text was written.
    Raises DeclarationError.
    """
    try:
        zone_of(timezone)
        schedule = _parse(text, timezone, start, now)
        if now is not None and not isinstance(schedule, At) and never_fires(schedule, now):
            raise DeclarationError(f"it never fires after {now:%Y-%m-%d}", help="write `*` for the year")
    except DeclarationError as error:
        raise DeclarationError(f"the schedule `{text[:_LENGTH]}` is wrong: {error}", help=error.help, span=span) from None
    return schedule


def _parse(text: str, timezone: str, start: datetime | None, now: datetime | None) -> Schedule:
    if len(text) > _LENGTH:
        raise DeclarationError(f"it has {len(text)} characters, of which {_LENGTH} are allowed")
    found = _FORM.fullmatch(text)
    if found is None:
        raise DeclarationError("it is not of the form cron(...), rate(...) or at(...)", help=_around(text, timezone))
    body = found[2]
    if body != body.strip():
        raise DeclarationError("there are blanks beside the parentheses", help=f"write `{found[1]}({body.strip()})`")
    if found[1] == "cron":
        return parse_cron(text, timezone, body=body)
    if found[1] == "rate":
        return parse_rate(text, timezone, body=body, start=start)
    return parse_at(text, timezone, body=body, now=now)


def _around(text: str, timezone: str) -> str:
    """What to do with a text that may be the fields of a cron expression alone."""
    words = text.split()
    if "(" in text or len(words) not in (5, 6):
        return "for instance `cron(0 2 * * ? *)`, `rate(15 minutes)` or `at(2026-11-21T02:00:00)`"
    try:
        parse_cron(text, timezone, body=text)
    except DeclarationError as error:
        return error.help
    return f"write `cron({' '.join(words)})`"


def never_fires(schedule: Schedule, since: datetime) -> bool:
    """Whether a schedule has no fire after an instant (aware)."""
    return schedule.after(since) is None
