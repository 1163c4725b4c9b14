"""Closures of JSONata's binary operators over the closures of their two sides."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from sfn_dsl.simulate.jsonata.calls import Closure, Frame
from sfn_dsl.simulate.jsonata.values import (
    MAX_BYTES,
    UNDEFINED,
    Fault,
    Function,
    Sequence,
    equal,
    memory_exceeded,
    numeric,
    ordered_before,
    text,
    to_float,
    truth,
)

__all__ = ["binary"]

_EXACT = 2**53
_MAX_ITEMS = 10_000_000
_SCALARS = frozenset({int, float, str, bool, type(None)})


def _divide(left: float, right: float) -> float:
    if right == 0:
        if left == 0:
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)
    quotient = left / right
    return int(quotient) if quotient.is_integer() and -_EXACT <= quotient <= _EXACT else quotient


def _remainder(left: float, right: float) -> float:
    if right == 0:
        return math.nan
    rest = math.fmod(left, right)
    return int(rest) if type(left) is int and type(right) is int else rest


_ARITHMETIC: dict[str, Callable[[Any, Any], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _remainder,
}
_COMPARISON: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _arithmetic(sign: str, left: Closure, right: Closure) -> Closure:
    compute = _ARITHMETIC[sign]

    def evaluate(item: Any, frame: Frame) -> Any:
        first, second = left(item, frame), right(item, frame)
        if not (type(first) is int and type(second) is int):
            if first is not UNDEFINED and not numeric(first):
                raise Fault("T2001", token=sign, value=first)
            if second is not UNDEFINED and not numeric(second):
                raise Fault("T2002", token=sign, value=second)
            if first is UNDEFINED or second is UNDEFINED:
                return UNDEFINED
        try:
            result = compute(first, second)
        except OverflowError:
            return compute(to_float(first), to_float(second))
        # Past 2^53 the reference computes with doubles, which have no odd numbers there.
        if type(result) is int and not -_EXACT <= result <= _EXACT:
            return compute(to_float(first), to_float(second))
        return result

    return evaluate


def _comparison(sign: str, left: Closure, right: Closure) -> Closure:
    compare = _COMPARISON[sign]

    def evaluate(item: Any, frame: Frame) -> Any:
        first, second = left(item, frame), right(item, frame)
        kinds = _kind(first, sign), _kind(second, sign)
        if kinds[0] is None or kinds[1] is None:
            return UNDEFINED
        if kinds[0] is not kinds[1]:
            raise Fault("T2009", token=sign, value=first, value2=second)
        if kinds[0] is str and not (first.isascii() and second.isascii()):
            return compare(ordered_before(second, first), ordered_before(first, second))
        return compare(first, second)

    return evaluate


def _kind(value: Any, sign: str) -> type | None:
    kind = type(value)
    if kind is int or kind is float:
        return float
    if kind is str:
        return str
    if value is UNDEFINED:
        return None
    raise Fault("T2010", token=sign, value=value)


def _equality(wanted: bool, left: Closure, right: Closure) -> Closure:
    def evaluate(item: Any, frame: Frame) -> bool:
        first, second = left(item, frame), right(item, frame)
        if first is UNDEFINED or second is UNDEFINED:
            return False
        if type(first) is str and type(second) is str:
            return (first == second) is wanted
        return equal(first, second) is wanted

    return evaluate


def _junction(sign: str, left: Closure, right: Closure) -> Closure:
    decided = sign == "or"

    def evaluate(item: Any, frame: Frame) -> bool:
        if truth(left(item, frame)) is decided:
            return decided
        try:
            return truth(right(item, frame))
        except Fault as fault:
            # As in the reference, an error on the right names this operator whatever it comes from.
            fault.inserts["token"] = sign
            raise

    return evaluate


def _concatenation(left: Closure, right: Closure) -> Closure:
    def evaluate(item: Any, frame: Frame) -> str:
        first, second = left(item, frame), right(item, frame)
        joined = (first if type(first) is str else text(first)) + (second if type(second) is str else text(second))
        if len(joined) > MAX_BYTES:
            raise memory_exceeded()
        return joined

    return evaluate


def _same(left: Any, right: Any) -> bool:
    """JavaScript's `===`: equality of scalars, identity of everything else."""
    return equal(left, right) if type(left) in _SCALARS else left is right


def _inclusion(left: Closure, right: Closure) -> Closure:
    def evaluate(item: Any, frame: Frame) -> bool:
        wanted, values = left(item, frame), right(item, frame)
        if wanted is UNDEFINED or values is UNDEFINED:
            return False
        return any(_same(wanted, value) for value in (values if isinstance(values, list) else [values]))

    return evaluate


def _bound(value: Any, code: str) -> int | None:
    if value is UNDEFINED:
        return None
    if type(value) not in (int, float) or isinstance(value, Function) or not math.isfinite(value) or value != int(value):
        raise Fault(code, value=value)
    return int(value)


def _range(left: Closure, right: Closure) -> Closure:
    def evaluate(item: Any, frame: Frame) -> Any:
        first, last = left(item, frame), right(item, frame)
        low, high = _bound(first, "T2003"), _bound(last, "T2004")
        if low is None or high is None or low > high:
            return UNDEFINED
        size = high - low + 1
        if size > _MAX_ITEMS:
            raise Fault("D2014", value=size)
        if size * 8 > MAX_BYTES:
            raise memory_exceeded()
        return Sequence(range(low, high + 1))

    return evaluate


def binary(sign: str, left: Closure, right: Closure) -> Closure:
    """The closure of `left sign right`."""
    if sign in _ARITHMETIC:
        return _arithmetic(sign, left, right)
    if sign in _COMPARISON:
        return _comparison(sign, left, right)
    if sign in ("=", "!="):
        return _equality(sign == "=", left, right)
    if sign in ("and", "or"):
        return _junction(sign, left, right)
    return {"&": _concatenation, "in": _inclusion, "..": _range}[sign](left, right)
