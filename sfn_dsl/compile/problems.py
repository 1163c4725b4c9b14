"""Collecting findings while compiling, so that one run reports all of them."""

from __future__ import annotations

from collections.abc import Iterable

from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.errors import DeclarationError
from sfn_dsl.span import NOWHERE, Span

__all__ = ["Problems"]


class Problems:
    """The findings of one compilation. A finding that was made already is not repeated."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        help: str = "",
        also: tuple[tuple[Span, str], ...] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Note a finding."""
        found = Diagnostic(code=code, message=message, span=span, help=help, also=also, severity=severity)
        self._found.setdefault(found)

    def take(self, found: Iterable[Diagnostic]) -> None:
        """Note findings that others have made."""
        for one in found:
            self._found.setdefault(one)

    def caught(self, error: DeclarationError, span: Span, code: str = "SFN104") -> None:
        """Note what an exception says."""
        where = error.span if error.span is not None and error.span is not NOWHERE else span
        self.add(code, str(error), where, error.help)

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """All findings, by place."""
        return tuple(sorted(self._found, key=lambda found: found.sort_key))

    def __bool__(self) -> bool:
        return any(found.severity is Severity.ERROR for found in self._found)
