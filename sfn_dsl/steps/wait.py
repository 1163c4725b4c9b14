"""`Wait`: for a time, or until a time."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from sfn_dsl.draft import Draft, Pause, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.steps.step import Step

__all__ = ["Wait"]


@dataclass(frozen=True, slots=True, eq=False)
class Wait(Step):
    """Waits `seconds` (0 to 99,999,999) or `until` a timestamp (RFC 3339 with `T` and `Z` or an offset); either may be an
    expression."""

    _: KW_ONLY
    seconds: Template = MISSING
    until: Template = MISSING

    def lower(self, site: Site) -> tuple[Draft, ...]:
        if (self.seconds is MISSING) == (self.until is MISSING):
            raise DeclarationError(f"Wait `{self.name}` needs either `seconds` or `until`", span=self.span)
        return (Pause(comment=self.comment, seconds=self.seconds, until=self.until),)
