"""Findings as JSON, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.span import Span

__all__ = ["render"]


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """A list with an object for each finding; what is not known is null. ASCII, so that it can be written in any encoding."""
    return json.dumps([_finding(found) for found in diagnostics], indent=2) + "\n"


def _finding(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "name": found.name or None,
        "aws_code": found.aws_code,
        "severity": found.severity.value,
        "message": found.message,
        "help": found.help or None,
        **_place(found.span),
        "also": [{"message": text, **_place(span)} for span, text in found.also],
    }


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line or None, "column": (span.line and span.column) or None}
