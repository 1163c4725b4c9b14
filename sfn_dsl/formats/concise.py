"""Findings one a line, for editors and grep: `file:line:column: SFN130 error: message (name)`."""

from __future__ import annotations

from collections.abc import Sequence

from sfn_dsl.diagnostic import Diagnostic

__all__ = ["render"]


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """A line for each finding, in the order given."""
    return "".join(f"{_line(found)}\n" for found in diagnostics)


def _line(found: Diagnostic) -> str:
    span = found.span
    column = f":{span.column}" if span.line and span.column else ""
    name = f" ({found.name})" if found.name else ""
    return f"{span}{column}: {found.code} {found.severity.value}: {' '.join(found.message.split())}{name}"
