"""A finding about something the user wrote: what, where, and what to do."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from sfn_dsl.errors import SfnError
from sfn_dsl.span import NOWHERE, Span

__all__ = ["Diagnostic", "Severity", "did_you_mean", "from_error"]


class Severity(enum.Enum):
    """How bad a finding is; it is never part of the code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding. `also` holds a second place that explains it, for instance the step that a reference points to.

    `name`: the kebab-case name of what was found, `aws_code`: the code AWS gives it; both only where there are such.
    """

    code: str
    message: str
    span: Span = NOWHERE
    help: str = ""
    severity: Severity = Severity.ERROR
    also: tuple[tuple[Span, str], ...] = field(default=())
    name: str = ""
    aws_code: str | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order of findings in a report: by file, line, column, code and text."""
        return (self.span.file, self.span.line, self.span.column, self.code, self.message)


def from_error(error: SfnError, *, code: str, span: Span = NOWHERE) -> Diagnostic:
    """The finding that says what an exception says."""
    return Diagnostic(code=code, message=str(error), span=error.span or span, help=error.help)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean `x`?` for the nearest known word, or an empty string."""
    names = sorted(known)
    folded = {name.lower(): name for name in names}
    near = difflib.get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    return f"did you mean `{folded[near[0]]}`?" if near else ""
