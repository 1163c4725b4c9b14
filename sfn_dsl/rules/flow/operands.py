"""Operands that an operator of JSONata does not take, so that the expression fails wherever it is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sfn_dsl.rules.flow.values import ARRAY, NUMBER, STRING, Value

__all__ = ["ARITHMETIC", "ORDER", "Operand", "operand_misfit"]

ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%"})
ORDER: Final = frozenset({"<", ">", "<=", ">="})


@dataclass(frozen=True, slots=True)
class Operand:
    """A side of an operator, of kinds that it does not take. `wanted`: what it would take. `beside`: the kinds of the other side,
    where each of the two would do without the other."""

    operator: str
    side: str
    kinds: int
    wanted: int
    beside: int = 0


def operand_misfit(operator: str, left: Value, right: Value) -> Operand | None:
    """The side that does not fit, where that is certain; an array may hold one item, which counts as that item."""
    sides = (("left", left.kinds), ("right", right.kinds))
    wanted = NUMBER if operator in ARITHMETIC else NUMBER | STRING
    for side, kinds in sides:
        if not kinds & (wanted | ARRAY):
            return Operand(operator, side, kinds, wanted)
    if operator in ORDER and {left.kinds, right.kinds} == {NUMBER, STRING}:
        return Operand(operator, "right", right.kinds, left.kinds, left.kinds)
    return None
