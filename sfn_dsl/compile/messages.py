"""Names and causes of errors in JSONPath, which has no way to say what stands for an absent value."""

from __future__ import annotations

from collections.abc import Callable

from sfn_dsl.compile.slots import Slot
from sfn_dsl.expression import Expression, Operation, Reference, Template

__all__ = ["never_fails"]


def never_fails(value: Template, resolve: Callable[[Reference], Slot | Expression | None]) -> bool:
    """Whether JSONPath writes a text whatever came: everything in it is certainly there, and is only formatted."""
    match value:
        case Reference():
            found = resolve(value)
            return isinstance(found, Slot) and found.sure
        case Operation(name="format" | "text" | "to_json", operands=operands):
            return all(never_fails(operand, resolve) for operand in operands)
        case _:
            return not isinstance(value, Expression)
