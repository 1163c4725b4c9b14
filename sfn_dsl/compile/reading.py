"""What a node reads: its templates, the references in them, and how each of them is read."""

from __future__ import annotations

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

__all__ = ["at_entry", "at_exit", "references"]

_TOLERANT = {"exists", "matches", "coalesce", "contains"}


def at_entry(node: Node) -> Iterator[tuple[Template, bool]]:
    """The templates that a node evaluates when it is entered, each with whether it is a condition."""
    match node.draft:
        case Call(arguments=arguments, credentials=credentials, timeout=timeout, heartbeat=heartbeat):
            for template in (arguments, credentials, timeout, heartbeat):
                yield template, False
        case Pause(seconds=seconds, until=until):
            yield seconds, False
            yield until, False
        case Each(items=items, max_concurrency=most, distributed=distributed):
            yield items, False
            yield most, False
            yield distributed, False
        case Fault(error=error, cause=cause) if not node.edges:
            yield error, False
            yield cause, False
        case Fixed(states=states, reads=reads):
            yield states, False
            yield reads, False
        case _:
            pass
    for edge in node.edges:
        if edge.condition is not None:
            yield edge.condition, True
        if edge.thrown is not None:
            yield edge.thrown.error, False
            yield edge.thrown.cause, False


def at_exit(node: Node) -> Iterator[Template]:
    """The templates that a node evaluates when it is left, where its own result can be read."""
    yield from node.draft.sets.values()
    if node.ends and node.output is not None:
        yield node.output


def references(template: Template, condition: bool = False) -> Iterator[tuple[Reference, bool]]:
    """Every reference in a template with whether its absence is accepted there. Iterative; for folded templates."""
    stack: list[tuple[Template, bool]] = [(template, condition)]
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
            case Mapping():
                inner = [(value, False) for value in node.values()]
            case list() | tuple():
                inner = [(member, False) for member in node]
            case _:
                pass
        stack.extend(reversed(inner))
