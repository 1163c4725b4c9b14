"""What speaks for and against an approach, in words: from `templates/approaches/`, with the figures of a comparison in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sfn_dsl.proof.comparing import Compared, Comparison, Outcome
from sfn_dsl.texts import source_template

__all__ = ["Said", "Words", "dollars", "duration", "listed", "words_of"]

_ITEM: Final = re.compile(r"(?:-|\d+\.) (.+)")
_HEADINGS: Final = ("For", "Against", "Feasible", "To recover")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Sentences; `recovery` is what people do, in order."""

    advantages: tuple[str, ...]
    drawbacks: tuple[str, ...]
    feasible: tuple[str, ...]
    recovery: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A mishap's outcome as templates say it: `wait` in the median and `longest`, as text."""

    wait: str
    longest: str
    lost: int
    ran_twice: int


def words_of(comparison: Comparison, compared: Compared) -> Words:
    """The words about an approach. Raises KeyError for a mishap that a template names and that was not played."""
    text = source_template(
        f"approaches/{compared.approach.key}.md.j2",
        pipeline=comparison.pipeline,
        wait_p50=duration(compared.wait_p50),
        wait_p99=duration(compared.wait_p99),
        components=listed(compared),
        alarms=compared.alarms,
        states_added=compared.states_added,
        standing=dollars(compared.standing),
        monthly=dollars(compared.monthly),
        most=sum(compared.components.values()) == max(sum(one.components.values()) for one in comparison.approaches),
        fastest=compared.wait_p99 <= min(one.wait_p99 for one in comparison.approaches),
        mishap=lambda key: _said(compared.mishaps[key]),
    )
    found: dict[str, list[str]] = {heading: [] for heading in _HEADINGS}
    heading = ""
    for line in text.splitlines():
        item = _ITEM.match(line)
        if line.startswith("## "):
            heading = line[3:]
        elif item is not None:
            found[heading].append(item[1])
    return Words(**dict(zip(("advantages", "drawbacks", "feasible", "recovery"), map(tuple, found.values()), strict=True)))


def _said(outcome: Outcome) -> Said:
    return Said(
        wait=duration(outcome.delay_median),
        longest=duration(outcome.delay_longest),
        lost=outcome.lost,
        ran_twice=outcome.ran_twice,
    )


def listed(compared: Compared) -> str:
    """Components in words: `1 Rule, 2 Roles`; `nothing` for none."""
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in compared.components.items()) or "nothing"


def duration(seconds: float) -> str:
    """Seconds as people say them, rounded: `1.7 s`, `48 s`, `9 min`, `3.2 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def dollars(amount: float) -> str:
    """US dollars, to the cent."""
    return f"${amount:,.2f}"
