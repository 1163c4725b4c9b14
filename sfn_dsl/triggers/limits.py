"""What EventBridge refuses: patterns that are empty, too long or of the wrong form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.span import Span

__all__ = ["PATTERN_CHARACTERS", "pattern_problems"]

PATTERN_CHARACTERS: Final = 2048


def pattern_problems(pattern: object, span: Span) -> Iterator[Diagnostic]:
    """What is wrong with an event pattern."""
    if not isinstance(pattern, Mapping) or not pattern:
        yield Diagnostic(
            code="SFN522",
            message="the event pattern is empty, so the rule would match nothing or everything",
            span=span,
            help='write for instance `{"source": ["com.acme.etl"]}`',
        )
        return
    size = len(json.dumps(pattern, separators=(",", ":")))
    if size > PATTERN_CHARACTERS:
        yield Diagnostic(
            code="SFN523",
            message=f"the event pattern has {size} characters, of which EventBridge takes {PATTERN_CHARACTERS}",
            span=span,
            help="match fewer values, or a prefix of them",
        )
    stack: list[tuple[str, object]] = [(str(name), value) for name, value in pattern.items()]
    while stack:
        path, value = stack.pop()
        if isinstance(value, Mapping) and value:
            stack += [(f"{path}.{name}", member) for name, member in value.items()]
        elif not isinstance(value, (list, tuple)) or not value:
            yield Diagnostic(
                code="SFN522",
                message=f"`{path}` of the event pattern is no list of values",
                span=span,
                help="a pattern is made of objects and of lists of what may match",
            )
