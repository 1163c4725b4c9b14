"""Timestamps as AWS takes them: RFC 3339 with a capital `T` and a zone, a capital `Z` or an offset."""

from __future__ import annotations

import re

__all__ = ["timestamp_fault"]

_FORM = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))", re.ASCII)
_DATE_ONLY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def timestamp_fault(text: str) -> str:
    """What is wrong with a timestamp: `date` for a day that there is not or a day alone, `format` for all else, empty if right."""
    match = _FORM.fullmatch(text)
    if match is None:
        return "date" if _DATE_ONLY.fullmatch(text) else "format"
    year, month, day, hour, minute, second, *offset = (int(part or 0) for part in match.groups())
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return "date"
    if (month, day) == (2, 29) and (year % 4 != 0 or (year % 100 == 0 and year % 400 != 0)):
        return "date"
    return "" if hour < 24 and minute < 60 and second <= 60 and offset[0] < 24 and offset[1] < 60 else "format"
