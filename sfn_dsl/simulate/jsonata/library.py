"""JSONata's functions of numbers, arrays, objects and functions."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from sfn_dsl.simulate.jsonata.calls import Native, Run, Signature, apply, arity
from sfn_dsl.simulate.jsonata.values import (
    UNDEFINED,
    Fault,
    Function,
    Sequence,
    equal,
    exact,
    finite,
    numeric,
    ordered_before,
    to_float,
    truth,
    write,
)

__all__ = ["LIBRARY", "append", "lookup", "sort"]


def append(first: Any, second: Any) -> Any:
    """Both as one array; undefined adds nothing."""
    if first is UNDEFINED:
        return second
    if second is UNDEFINED:
        return first
    return [*(first if isinstance(first, list) else [first]), *(second if isinstance(second, list) else [second])]


def lookup(value: Any, key: str) -> Any:
    """The field of an object; of the objects in an array, all of them as a sequence."""
    if isinstance(value, dict):
        return value.get(key, UNDEFINED)
    if not isinstance(value, list):
        return UNDEFINED
    found = Sequence()
    for element in value:
        part = lookup(element, key)
        if isinstance(part, list):
            found.extend(part)
        elif part is not UNDEFINED:
            found.append(part)
    return found


def sort(values: list[Any], after: Callable[[Any, Any], bool]) -> list[Any]:
    """A stable merge sort, which asks `after(left, right)` in the order in which the reference asks."""
    if len(values) <= 1:
        return values
    middle = len(values) // 2
    left, right = sort(values[:middle], after), sort(values[middle:], after)
    merged = []
    first = second = 0
    while first < len(left) and second < len(right):
        if after(left[first], right[second]):
            merged.append(right[second])
            second += 1
        else:
            merged.append(left[first])
            first += 1
    return merged + left[first:] + right[second:]


def _sum(run: Run, values: Any) -> Any:
    if values is UNDEFINED:
        return values
    total = 0
    for value in values:
        total += value
    return total


def _average(run: Run, values: Any) -> Any:
    return exact(_sum(run, values) / len(values)) if values else UNDEFINED


def _floor(run: Run, value: Any) -> Any:
    return math.floor(value) if value is not UNDEFINED and finite(value) else value


def _ceil(run: Run, value: Any) -> Any:
    return math.ceil(value) if value is not UNDEFINED and finite(value) else value


def _round(run: Run, value: Any, precision: Any) -> Any:
    if value is UNDEFINED or not finite(value):
        return value
    places = 0 if precision is UNDEFINED else int(precision)
    if not places:
        return round(value)
    shifted = round(float(Decimal(repr(value)).scaleb(places)))
    return exact(float(f"{shifted}e{-places}"))


def _sqrt(run: Run, value: Any) -> Any:
    if value is UNDEFINED:
        return value
    if value < 0:
        raise Fault("D3060", value=value, index=1)
    return exact(math.sqrt(value))


def _power(run: Run, base: Any, exponent: Any) -> Any:
    if base is UNDEFINED:
        return base
    try:
        result = to_float(base) ** to_float(exponent) if exponent is not UNDEFINED else math.nan
    except (OverflowError, ZeroDivisionError):
        result = math.nan
    if isinstance(result, complex) or not math.isfinite(result):
        raise Fault("D3061", value=base, exp=exponent, index=1)
    return exact(result)


def _format_base(run: Run, value: Any, radix: Any) -> Any:
    if value is UNDEFINED:
        return value
    base = 10 if radix is UNDEFINED else _round(run, radix, UNDEFINED)
    if not 2 <= base <= 36:
        raise Fault("D3100", value=base)
    number = _round(run, value, UNDEFINED)
    digits: list[str] = []
    rest = abs(number)
    while rest or not digits:
        rest, digit = divmod(rest, base)
        digits.append("0123456789abcdefghijklmnopqrstuvwxyz"[digit])
    return ("-" if number < 0 else "") + "".join(reversed(digits))


def _answers(run: Run, function: Any, pairs: Iterable[tuple[Any, Any]], whole: Any) -> Iterator[tuple[Any, Any, Any]]:
    """For each key (or index) and value: these, and what the function says to the value, the key and the whole.

    A function gets as many of the three as it takes, at least the value.
    """
    taken = max(1, arity(function))
    for key, value in pairs:
        args = [value] if taken == 1 else [value, key, whole][:taken]
        yield key, value, apply(function, args, None, run)


def _map(run: Run, values: Any, function: Any) -> Any:
    if values is UNDEFINED:
        return values
    return Sequence(found for _, _, found in _answers(run, function, enumerate(values), values) if found is not UNDEFINED)


def _filter(run: Run, values: Any, function: Any) -> Any:
    if values is UNDEFINED:
        return values
    return Sequence(value for _, value, chosen in _answers(run, function, enumerate(values), values) if truth(chosen))


def _single(run: Run, values: Any, function: Any) -> Any:
    if values is UNDEFINED:
        return values
    found = values if function is UNDEFINED else _filter(run, values, function)
    if len(found) != 1:
        raise Fault("D3138" if found else "D3139")
    return found[0]


def _zip(run: Run, *arrays: Any) -> Any:
    return [list(row) for row in zip(*(array if isinstance(array, list) else [] for array in arrays), strict=False)]


def _reduce(run: Run, values: Any, function: Any, start: Any) -> Any:
    if values is UNDEFINED:
        return values
    taken = arity(function)
    if taken < 2:
        raise Fault("D3050", index=1)
    position = int(start is UNDEFINED and bool(values))
    result = values[0] if position else start
    for index in range(position, len(values)):
        result = apply(function, [result, values[index], index, values][:taken], None, run)
    return result


def _sift(run: Run, value: Any, function: Any) -> Any:
    if value is UNDEFINED:
        return value
    return {key: field for key, field, chosen in _answers(run, function, value.items(), value) if truth(chosen)} or UNDEFINED


def _each(run: Run, value: Any, function: Any) -> Any:
    if value is UNDEFINED:
        return value
    return Sequence(found for _, _, found in _answers(run, function, value.items(), value) if found is not UNDEFINED)


def _keys(run: Run, value: Any) -> Any:
    if isinstance(value, list):
        return Sequence(dict.fromkeys(key for element in value for key in _keys(run, element)))
    return Sequence(value) if isinstance(value, dict) else Sequence()


def _spread(run: Run, value: Any) -> Any:
    if isinstance(value, list):
        found: Any = Sequence()
        for element in value:
            found = append(found, _spread(run, element))
        return found
    return Sequence({key: field} for key, field in value.items()) if isinstance(value, dict) else value


def _merge(run: Run, values: Any) -> Any:
    if values is UNDEFINED:
        return values
    merged: dict[str, Any] = {}
    for value in values:
        merged.update(value)
    return merged


def _reverse(run: Run, values: Any) -> Any:
    return values if values is UNDEFINED or len(values) <= 1 else values[::-1]


def _error(run: Run, message: Any) -> Any:
    raise Fault("D3137", message=message or "$error() function evaluated")


def _assert(run: Run, condition: Any, message: Any) -> Any:
    if condition is not True:
        raise Fault("D3141", message=message or "$assert() statement failed")
    return UNDEFINED


def _type(run: Run, value: Any) -> Any:
    if value is UNDEFINED:
        return value
    if value is None:
        return "null"
    if isinstance(value, Function):
        return "function"
    if isinstance(value, list):
        return "array"
    return {str: "string", bool: "boolean", int: "number", float: "number"}.get(type(value), "object")


def _sort(run: Run, values: Any, function: Any) -> Any:
    if values is UNDEFINED or len(values) <= 1:
        return values
    if function is not UNDEFINED:
        return sort(values, lambda left, right: truth(apply(function, [left, right], None, run)))
    if not (all(map(numeric, values)) or all(type(value) is str for value in values)):
        raise Fault("D3070", index=1)
    return sort(values, lambda left, right: ordered_before(right, left))


def _shuffle(run: Run, values: Any) -> Any:
    if values is UNDEFINED or len(values) <= 1:
        return values
    shuffled = list(values)
    run.world.random().shuffle(shuffled)
    return shuffled


def _distinct(run: Run, values: Any) -> Any:
    if not isinstance(values, list) or len(values) <= 1:
        return values
    texts: set[str] = set()
    others: list[Any] = []
    found = Sequence() if isinstance(values, Sequence) else []
    for value in values:
        if type(value) is str:
            if value in texts:
                continue
            texts.add(value)
        else:
            run.tick(len(others))
            if any(equal(value, other) for other in others):
                continue
            others.append(value)
        found.append(value)
    return found


def _clone(run: Run, value: Any) -> Any:
    return value if value is UNDEFINED else json.loads(write(value, shortest=True))


def _native(function: Callable[..., Any], signature: str, count: int) -> Native:
    return Native(function, Signature.parse(signature), count)


LIBRARY = {
    "sum": _native(_sum, "a<n>", 1),
    "count": _native(lambda run, values: 0 if values is UNDEFINED else len(values), "a", 1),
    "max": _native(lambda run, values: max(values) if values else UNDEFINED, "a<n>", 1),
    "min": _native(lambda run, values: min(values) if values else UNDEFINED, "a<n>", 1),
    "average": _native(_average, "a<n>", 1),
    "formatBase": _native(_format_base, "n-n?", 2),
    "floor": _native(_floor, "n-", 1),
    "ceil": _native(_ceil, "n-", 1),
    "round": _native(_round, "n-n?", 2),
    "abs": _native(lambda run, value: value if value is UNDEFINED else abs(value), "n-", 1),
    "sqrt": _native(_sqrt, "n-", 1),
    "power": _native(_power, "n-n", 2),
    "boolean": _native(lambda run, value: value if value is UNDEFINED else truth(value), "x-", 1),
    "not": _native(lambda run, value: value if value is UNDEFINED else not truth(value), "x-", 1),
    "map": _native(_map, "af", 2),
    "zip": _native(_zip, "a+", 0),
    "filter": _native(_filter, "af", 2),
    "single": _native(_single, "af?", 2),
    "reduce": _native(_reduce, "afj?", 3),
    "sift": _native(_sift, "o-f?", 2),
    "keys": _native(_keys, "x-", 1),
    "lookup": _native(lambda run, value, key: lookup(value, key), "x-s", 2),
    "append": _native(lambda run, first, second: append(first, second), "xx", 2),
    "exists": _native(lambda run, value: value is not UNDEFINED, "x", 1),
    "spread": _native(_spread, "x-", 1),
    "merge": _native(_merge, "a<o>", 1),
    "reverse": _native(_reverse, "a", 1),
    "each": _native(_each, "o-f", 2),
    "error": _native(_error, "s?", 1),
    "assert": _native(_assert, "bs?", 2),
    "type": _native(_type, "x", 1),
    "sort": _native(_sort, "af?", 2),
    "shuffle": _native(_shuffle, "a", 1),
    "distinct": _native(_distinct, "x", 1),
    "clone": _native(_clone, "(oa)-", 1),
}
