"""What EventBridge, Scheduler and Lambda refuse: patterns, paths into events, figures that are out of bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.event_pattern import PatternRefused, compile_pattern
from sfn_dsl.span import Span

__all__ = [
    "PATTERN_CHARACTERS",
    "concurrency_problems",
    "delivery_problems",
    "json_problems",
    "path_problems",
    "pattern_problems",
]

PATTERN_CHARACTERS: Final = 2048
_PATH: Final = re.compile(r"\$((\.[0-9A-Za-z_/*-]+)(\[([0-9]+|\*)\])*)*")
"""What EventBridge knows of JSONPath: dots, indices, letters, digits, `_`, `-`, `/` and `*` (User Guide,
`eb-transform-target-input`; API reference of InputTransformer: "You must use JSON dot notation, not bracket notation")."""
_NAME: Final = re.compile(r"[0-9A-Za-z_-]+")


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
    unwritable = list(json_problems(pattern, "the event pattern", span))
    if unwritable:
        yield from unwritable
        return
    text = json.dumps(pattern, separators=(",", ":"))
    if len(text) > PATTERN_CHARACTERS:
        yield Diagnostic(
            code="SFN523",
            message=f"the event pattern has {len(text)} characters, of which EventBridge takes {PATTERN_CHARACTERS}",
            span=span,
            help="match fewer values, or a prefix of them",
        )
    refused = list(_refused_parts(json.loads(text), span))
    yield from refused
    if not refused:
        yield from _refused("the event pattern", json.loads(text), span)


def _refused_parts(pattern: Mapping[str, object], span: Span) -> Iterator[Diagnostic]:
    """What is wrong with single fields of a pattern. Iterative."""
    stack: list[tuple[str, object]] = list(pattern.items())[::-1]
    while stack:
        path, value = stack.pop()
        alternatives = path.rpartition(".")[2] == "$or" and isinstance(value, list) and all(isinstance(one, dict) for one in value)
        if isinstance(value, Mapping) and value:
            stack += [(f"{path}.{name}", member) for name, member in list(value.items())[::-1]]
        elif alternatives and isinstance(value, list):
            stack += [(f"{path}.{name}", member) for one in reversed(value) for name, member in list(one.items())[::-1]]
        elif not isinstance(value, list) or not value:
            yield Diagnostic(
                code="SFN522",
                message=f"`{path}` of the event pattern is no list of values",
                span=span,
                help="a pattern is made of objects and of lists of what may match",
            )
        else:
            yield from _refused(f"`{path}` of the event pattern", {"field": value}, span)


def _refused(what: str, pattern: Mapping[str, object], span: Span) -> Iterator[Diagnostic]:
    try:
        compile_pattern(pattern)
    except PatternRefused as refused:
        yield Diagnostic(
            code="SFN522",
            message=f"EventBridge refuses {what}: {str(refused).rstrip('.')}",
            span=span,
            help='what may match is a text, a number, true, false, null, or a filter such as `{"prefix": "a"}`',
        )


def json_problems(value: object, what: str, span: Span) -> Iterator[Diagnostic]:
    """Whether a value cannot be written as JSON."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        yield Diagnostic(
            code="SFN107",
            message=f"{what} cannot be written as JSON: {str(error)[:1].lower()}{str(error)[1:]}",
            span=span,
            help="use text, finite numbers, booleans, None, lists, objects with text keys",
        )


def path_problems(paths: Mapping[str, object], span: Span) -> Iterator[Diagnostic]:
    """What is wrong with the paths of a rule's input transformer, by input name."""
    for name, path in paths.items():
        if not _NAME.fullmatch(name):
            yield Diagnostic(
                code="SFN520",
                message=f"EventBridge cannot give an input called `{name}`",
                span=span,
                help="name it with letters, digits, `_` and `-`",
            )
        if not isinstance(path, str) or not _PATH.fullmatch(path) or len(path) > 256:
            yield Diagnostic(
                code="SFN520",
                message=f"`{path}`, from which the input `{name}` is to come, is no path into an event",
                span=span,
                help="begin with `$` and go on with dots, such as `$.detail.id` or `$.resources[0]`",
            )


def delivery_problems(retries: int, max_age_seconds: int | None, service: str, span: Span) -> Iterator[Diagnostic]:
    """Retries of EventBridge or Scheduler that are out of bounds. `max_age_seconds`: None is the service's own."""
    for field, value, low, high in (("retries", retries, 0, 185), ("max_age_seconds", max_age_seconds, 60, 86_400)):
        if value is not None and not low <= value <= high:
            yield Diagnostic(code="SFN503", message=f"`{field}` is {value:,}", span=span, help=f"{service} takes {low} to {high:,}")


def concurrency_problems(concurrency: int, span: Span) -> Iterator[Diagnostic]:
    """A number of calls at once that no function can have."""
    if concurrency < 0:
        yield Diagnostic(
            code="SFN503", message=f"`concurrency` is {concurrency}", span=span, help="write at least 1, or 0 to pause the trigger"
        )
