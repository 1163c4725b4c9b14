"""How often a pipeline runs in a month, by its schedules."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from sfn_dsl.schedules.at import At
from sfn_dsl.schedules.expression import parse
from sfn_dsl.triggers.schedule import Schedule
from sfn_dsl.triggers.wiring import Wired

__all__ = ["DEFAULT_RUNS", "HOURS_A_MONTH", "scheduled_runs"]

DEFAULT_RUNS: Final = 30.0
"""Runs a month of a pipeline that no schedule starts."""
HOURS_A_MONTH: Final = 730
"""A twelfth of a year of 365 days."""

_FROM: Final = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
_UNTIL: Final = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
_MANY: Final = 20_000
"""Moments after which the rest of the year is taken to go on alike."""


def scheduled_runs(wired: Wired) -> float | None:
    """Runs a month that schedules start, a twelfth of those of 2026; None without such a schedule. Schedules that only look for
    batches start nothing by themselves, and a single time is no rhythm."""
    found: list[float] = []
    for trigger in wired.triggers:
        if not isinstance(trigger, Schedule) or trigger.seeks(wired.pipeline):
            continue
        schedule = parse(trigger.expression, trigger.timezone)
        if isinstance(schedule, At):
            continue
        found.append(_per_month(schedule.iterate(_FROM)))
    return round(sum(found), 2) if found else None


def _per_month(moments: Iterable[datetime]) -> float:
    """A twelfth of the moments of the year; from many on, as often as in the time that they take."""
    last = _FROM
    within = itertools.takewhile(lambda moment: moment < _UNTIL, moments)
    count = 0
    for moment in itertools.islice(within, _MANY):
        count, last = count + 1, moment
    return count / 12 * ((_UNTIL - _FROM) / (last - _FROM)) if count == _MANY else count / 12
