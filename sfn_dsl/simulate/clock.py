"""Points of virtual time as AWS writes and reads them.

Inside the simulator a time is a number of seconds since 1970 (float). Source: Developer Guide, pages `state-wait` and
`input-output-contextobject`; the texts of refused timestamps were recorded from AWS.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

__all__ = ["DEFAULT_START", "instant", "timestamp"]

DEFAULT_START: Final = 1_767_225_600.0
"""When a world begins unless it is told otherwise: 2026-01-01T00:00:00Z, so that runs are repeatable."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FORM: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):(\d\d))",
)


@functools.lru_cache(maxsize=1024)
def timestamp(seconds: float) -> str:
    """`2026-01-01T00:00:00.000Z`: milliseconds, UTC."""
    moment = _EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def instant(text: str) -> float:
    """Seconds since 1970 of an ISO-8601 extended offset date-time. Raises ValueError for any other text.

    As on AWS the `T` and the offset (`Z` or `+01:00`) must be there and every part must exist in the calendar.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an ISO-8601 extended offset date-time")
    year, month, day, hour, minute = (int(match[index]) for index in range(1, 6))
    offset = timedelta()
    if match[8]:
        offset = timedelta(hours=int(match[9]), minutes=int(match[10])) * (-1 if match[8] == "-" else 1)
    moment = datetime(year, month, day, hour, minute, int(match[6] or 0), tzinfo=timezone(offset))
    fraction = float(f"0.{match[7]}") if match[7] else 0.0
    return (moment - _EPOCH).total_seconds() + fraction
