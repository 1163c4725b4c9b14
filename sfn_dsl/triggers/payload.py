"""Data in events: an event and a READY row carry pointers, because an execution's input has at most 262,144 bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from sfn_dsl.control.contract import BatchReady
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.expression import Operation, Reference, StepRoot, Template, path_text
from sfn_dsl.span import Span
from sfn_dsl.triggers.shapes import declared_shape

__all__ = ["INPUT_BYTES", "payload_problems", "size_problems"]

INPUT_BYTES: Final = 262_144
"""The most bytes of an execution's input."""
_LARGE: Final = 8_192
"""A literal of this size is data."""
_SMALL: Final = frozenset(
    {"contains", "element", "execution_name", "exists", "hash", "length", "matches", "max", "min", "number", "substring", "sum"}
)
"""Functions whose result is small however large their operands are."""


def payload_problems(contract: BatchReady) -> Iterator[Diagnostic]:
    """Fields of a contract that carry data: lists, whole results, long literals."""
    for name, field in contract.fields.items():
        for what in _carried(field):
            yield Diagnostic(
                code="SFN509",
                message=f"the field `{name}` of the event of `{contract.pipeline}` holds {what}, which may be of any size",
                span=contract.span,
                help="write the data to S3 and hand over its URI, a hash and a count",
                severity=Severity.WARNING,
            )
    yield from size_problems(contract.offered, f"the event of `{contract.pipeline}`", contract.span)


def size_problems(value: Template, what: str, span: Span) -> Iterator[Diagnostic]:
    """Literals that are too large: an error over 262,144 bytes, a warning from 8 KB on."""
    size = _size(value)
    if size > _LARGE:
        yield Diagnostic(
            code="SFN509",
            message=f"{what} has at least {size:,} bytes of its own, and an execution's input takes {INPUT_BYTES:,} in all",
            span=span,
            help="write the data to S3 and hand over its URI",
            severity=Severity.ERROR if size > INPUT_BYTES else Severity.WARNING,
        )


def _size(value: Template) -> int:
    """The bytes of a template's literals as JSON; expressions count as nothing. Iterative."""
    total, stack = 0, [value]
    while stack:
        node = stack.pop()
        match node:
            case Mapping():
                total += sum(len(json.dumps(str(key))) + 2 for key in node) + 2
                stack += node.values()
            case list() | tuple():
                total += len(node) + 2
                stack += node
            case Operation(operands=operands):
                stack += operands
            case str() | int() | float() | None:
                total += len(json.dumps(node, ensure_ascii=False).encode())
            case _:
                pass
    return total


def _carried(value: Template) -> Iterator[str]:
    """What stands in a template by value and may be large, in words. Iterative."""
    stack = [value]
    while stack:
        node = stack.pop()
        match node:
            case Mapping():
                stack += reversed(list(node.values()))
            case list() | tuple():
                stack += reversed(node)
            case Operation(name=name, operands=operands) if name not in _SMALL:
                stack += reversed(operands)
            case Reference():
                kind = declared_shape(node).kind
                if kind in ("list", "map"):
                    yield f"the {'list' if kind == 'list' else 'object'} `{path_text(node._path)}`"
                elif isinstance(node._root, StepRoot) and not node._path:
                    yield f"the whole result of step `{node._root.step.name}`"
            case _:
                pass
