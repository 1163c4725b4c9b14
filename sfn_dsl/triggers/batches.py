"""The business key of a batch: a text that differs from batch to batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.expression import (
    Comparison,
    Expression,
    InputRoot,
    Logic,
    Negation,
    Operation,
    Reference,
    Setting,
    Template,
    subexpressions,
)
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.span import Span
from sfn_dsl.triggers.shapes import TEXT, declared_shape, kind_in_words

__all__ = ["batch_inputs", "batch_key", "batch_problems"]

_NUMBERS: Final = frozenset(
    {"add", "divide", "length", "max", "min", "modulo", "multiply", "negate", "number", "random", "subtract", "sum"}
    | {"contains", "exists", "is_time", "matches", "past"}
)
_LISTS: Final = frozenset({"append", "partition", "range", "split", "unique"})


def batch_problems(batch: Template, owner: str, span: Span) -> Iterator[Diagnostic]:
    """Findings about a batch. `owner`: whose it is, such as ``pipeline `p` ``."""
    kind = _kind(batch)
    if kind:
        yield Diagnostic(
            code="SFN528",
            message=f"the batch of {owner} is {kind}, and the control table's key is a text",
            span=span,
            help='declare it as `str`, or make a text of it: `fn.format("{}", x)`',
        )
    elif all(isinstance(part, (Operation, Setting)) and getattr(part, "name", "") != "uuid" for part in subexpressions(batch)):
        yield Diagnostic(
            code="SFN528",
            message=f"the batch of {owner} is the same for all executions, so that only the first one does anything",
            span=span,
            help="make it of what tells one batch from another, such as an input",
            severity=Severity.WARNING,
        )


def batch_inputs(pipeline: Pipeline) -> frozenset[str] | None:
    """Names of the inputs that a pipeline's batch is made of; None without a control row, and where the batch is made of something
    else as well that may tell one batch from another."""
    if pipeline.control is None:
        return None
    names = set()
    for part in subexpressions(pipeline.control.batch):
        match part:
            case Reference(_root=InputRoot(), _path=[name, *_]):
                names.add(str(name))
            case Setting():
                pass
            case Operation(name=name) if name not in ("random", "uuid"):
                pass
            case _:
                return None
    return frozenset(names)


def batch_key(pipeline: Pipeline, given: Iterable[str]) -> tuple[str, ...]:
    """Those of the inputs that a trigger gives of which the pipeline's batch is made; none where it keeps no rows."""
    if pipeline.control is None:
        return ()
    read = [
        one._path
        for one in subexpressions(pipeline.control.batch)
        if isinstance(one, Reference) and isinstance(one._root, InputRoot)
    ]
    return tuple(name for name in given if any(path[:1] in ((), (name,)) for path in read))


def _kind(batch: Template) -> str:
    """What a batch is that is no text, in words; empty for a text and for what is not known."""
    match batch:
        case str() | Setting():
            return ""
        case Reference():
            kind = kind_in_words(declared_shape(batch))
            return "" if kind == TEXT else kind
        case Operation(name=name):
            return "a number or a truth value" if name in _NUMBERS else "a list" if name in _LISTS else ""
        case Comparison() | Logic() | Negation():
            return "a truth value"
        case Expression():
            return ""
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case _:
            return f"of type {type(batch).__name__}"
