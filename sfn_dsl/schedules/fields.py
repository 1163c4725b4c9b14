"""The number fields of a cron expression: lists, ranges, steps and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sfn_dsl.errors import DeclarationError

__all__ = [
    "DAY_OF_MONTH",
    "DAY_OF_WEEK",
    "FIRST_YEAR",
    "HOURS",
    "LAST_YEAR",
    "MINUTES",
    "MONTH",
    "YEAR",
    "Field",
    "numbers",
    "value",
]

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field: its name in sentences, its least and greatest value, its widest step and the names of its values.

    `wraps`: a range may pass the greatest value and go on at the least (`22-4`).
    """

    name: str
    low: int
    high: int
    steps: int
    names: Mapping[str, int] = field(default_factory=dict)
    wraps: bool = True


_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

MINUTES: Final = Field(name="minutes", low=0, high=59, steps=59)
HOURS: Final = Field(name="hours", low=0, high=23, steps=23)
DAY_OF_MONTH: Final = Field(name="day of month", low=1, high=31, steps=31)
MONTH: Final = Field(name="month", low=1, high=12, steps=12, names={name: number for number, name in enumerate(_MONTHS, 1)})
DAY_OF_WEEK: Final = Field(name="day of week", low=1, high=7, steps=7, names={name: number for number, name in enumerate(_DAYS, 1)})
YEAR: Final = Field(name="year", low=FIRST_YEAR, high=LAST_YEAR, steps=LAST_YEAR - FIRST_YEAR, wraps=False)


def numbers(kind: Field, text: str) -> tuple[int, ...]:
    """The values that a field names, in order. Raises DeclarationError, whose sentence does not yet name the expression."""
    found: set[int] = set()
    for part in text.split(","):
        base, slash, step_text = part.partition("/")
        step = _step(kind, step_text) if slash else 1
        found.update(_sequence(kind, base, open_ended=bool(slash))[::step])
    return tuple(sorted(found))


def value(kind: Field, text: str) -> int:
    """One number or name. Raises DeclarationError."""
    if text.isascii() and text.isdigit():
        number = int(text)
        if kind.low <= number <= kind.high:
            return number
        hint = "Sunday is 1 or SUN, Saturday is 7 or SAT" if kind is DAY_OF_WEEK else ""
        raise DeclarationError(f"{text} lies outside {kind.name}, which is {kind.low} to {kind.high}", help=hint)
    if text in kind.names:
        return kind.names[text]
    if text.upper() in kind.names:
        raise DeclarationError(f"the name `{text}` is not in capitals", help=f"write {text.upper()}")
    if text == "?":
        raise DeclarationError(f"`?` has no meaning in {kind.name}", help="write `*` for every value")
    if not text:
        raise DeclarationError(f"{kind.name} has an empty part")
    hint = f"the names are {', '.join(kind.names)}" if kind.names and text.isalpha() else ""
    raise DeclarationError(f"`{text}` is not a value of {kind.name}", help=hint)


def _sequence(kind: Field, base: str, *, open_ended: bool) -> range | tuple[int, ...]:
    """The values of `*`, `a-b` or `a`, in the order in which a step counts them."""
    if base == "*":
        return range(kind.low, kind.high + 1)
    first, dash, last = base.partition("-")
    begin = value(kind, first)
    if not dash:
        return range(begin, kind.high + 1 if open_ended else begin + 1)
    end = value(kind, last)
    if begin <= end:
        return range(begin, end + 1)
    if kind.wraps:
        return (*range(begin, kind.high + 1), *range(kind.low, end + 1))
    raise DeclarationError(f"the {kind.name} range `{base}` runs backwards", help=f"write `{last}-{first}`")


def _step(kind: Field, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise DeclarationError(f"the step of {kind.name} is not a number: `{text}`")
    step = int(text)
    if not 1 <= step <= kind.steps:
        raise DeclarationError(f"{text} is no step of {kind.name}, which is 1 to {kind.steps}")
    return step
