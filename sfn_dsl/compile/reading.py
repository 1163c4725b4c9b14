"""What a node reads: its templates, the references in them, and how each of them is read."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping

from sfn_dsl.compile.graph import Node
from sfn_dsl.draft import Call, Each, Fault, Fixed, Pause
from sfn_dsl.expression import (
    MISSING,
    Comparison,
    Expression,
    Logic,
    Negation,
    Operation,
    Reference,
    Template,
)

__all__ = ["Use", "at_entry", "at_exit", "references"]


class Use(enum.Enum):
    """What a template is for: a value; a condition, in which absent values make comparisons false; or the figure of a field
    such as `TimeoutSeconds`, for which JSONPath takes nothing but a reference path."""

    VALUE = "value"
    CONDITION = "condition"
    FIGURE = "figure"


_TOLERANT = {"exists", "matches", "coalesce", "contains", "is_time", "past"}


def at_entry(node: Node) -> Iterator[tuple[Template, Use]]:
    """The templates that a node evaluates when it is entered, each with what it is for."""
    match node.draft:
        case Call(arguments=arguments, credentials=credentials, timeout=timeout, heartbeat=heartbeat):
            yield arguments, Use.VALUE
            if credentials is not MISSING:
                yield credentials, Use.VALUE
            if timeout is not MISSING:
                yield timeout, Use.FIGURE
            if heartbeat is not MISSING:
                yield heartbeat, Use.FIGURE
        case Pause(seconds=seconds, until=until):
            yield seconds, Use.FIGURE
            yield until, Use.FIGURE
        case Each(items=items, max_concurrency=most, distributed=distributed):
            yield items, Use.VALUE
            yield most, Use.FIGURE
            yield from _fields(distributed or {})
        case Fault(error=error, cause=cause) if not node.edges:
            yield error, Use.VALUE
            yield cause, Use.VALUE
        case Fixed(states=states, reads=reads):
            yield states, Use.VALUE
            yield reads, Use.VALUE
        case _:
            pass
    for edge in node.edges:
        if edge.condition is not None:
            yield edge.condition, Use.CONDITION
        if edge.restores:
            yield edge.restored, Use.VALUE
        if edge.thrown is not None:
            yield edge.thrown.error, Use.VALUE
            yield edge.thrown.cause, Use.VALUE


def _fields(distributed: Mapping[str, Template]) -> Iterator[tuple[Template, Use]]:
    """The fields of a distributed Map: figures, and parts that hold figures beside a payload."""
    for value in distributed.values():
        if not isinstance(value, Mapping):
            yield value, Use.FIGURE
            continue
        for name, member in value.items():
            inner = member.values() if name == "ReaderConfig" else [member]
            for template in inner:
                yield template, Use.VALUE if name == "Arguments" else Use.FIGURE


def at_exit(node: Node) -> Iterator[Template]:
    """The templates that a node evaluates when it is left, where its own result can be read."""
    yield from node.draft.sets.values()
    if node.ends and node.output is not None:
        yield node.output


def references(template: Template, use: Use = Use.VALUE) -> Iterator[tuple[Reference, bool]]:
    """Every reference in a template with whether its absence is accepted there. Iterative; for folded templates."""
    stack: list[tuple[Template, bool]] = [(template, use is Use.CONDITION)]
    while stack:
        node, tolerant = stack.pop()
        inner: list[tuple[Template, bool]] = []
        match node:
            case Reference():
                yield node, tolerant or node._fallback is not MISSING
                if node._fallback is not MISSING:
                    inner = [(node._fallback, False)]
            case Comparison(left=left, right=right):
                inner = [(left, True), (right, True)]
            case Logic(operands=operands):
                inner = [(operand, True) for operand in operands]
            case Negation(operand=operand):
                inner = [(operand, True)]
            case Operation(name="when", operands=(test, then, otherwise)):
                inner = [(test, True), (then, False), (otherwise, False)]
            case Operation(name=name, operands=operands):
                inner = [(operand, name in _TOLERANT) for operand in operands]
            case Expression():
                pass
            case dict():
                inner = [(value, False) for value in node.values()]
            case list():
                inner = [(member, False) for member in node]
            case _:
                pass
        stack.extend(reversed(inner))
