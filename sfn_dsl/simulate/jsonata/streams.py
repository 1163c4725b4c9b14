"""Tuple streams: values of a path together with the variables that `@`, `#` and `%` bind along the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

from sfn_dsl.simulate.jsonata.calls import Closure, Frame
from sfn_dsl.simulate.jsonata.library import append, sort
from sfn_dsl.simulate.jsonata.values import UNDEFINED, numeric, truth

__all__ = ["Carry", "Tuple", "TupleStream", "context", "expand", "hits", "joined", "tuple_filter"]


class Tuple(dict[str, Any]):
    """One value, under `@`, and the variables bound on the way to it."""


class TupleStream(list[Any]):
    """The tuples that a step made; no sequence: one tuple stays a stream."""


Carry = Callable[[Any, "TupleStream | None", Frame], TupleStream]


class _Compiler(Protocol):
    def compile(self, node: Any, depth: int) -> Closure: ...
    def filter(self, node: Any, depth: int) -> Closure: ...
    def after(self, step: Any, depth: int) -> Callable[[Any, Any, Frame], bool]: ...


def context(element: Any, frame: Frame) -> tuple[Any, Frame]:
    """The item and the frame to evaluate with: those that a tuple carries, or the value itself."""
    if type(element) is Tuple:
        return element["@"], Frame(dict(element), frame, frame.run)
    return element, frame


def hits(verdict: Any, position: int, count: int) -> int:
    """How often a predicate that gave `verdict` chooses the item at a position: numbers are indexes, the rest is truth."""
    if type(verdict) in (int, float) and numeric(verdict):
        verdict = [verdict]
    if isinstance(verdict, list) and all(map(numeric, verdict)):
        indexes = [math.floor(index) for index in verdict]
        return sum(position == (index + count if index < 0 else index) for index in indexes)
    return int(truth(verdict))


def tuple_filter(test: Closure, stream: TupleStream, frame: Frame) -> TupleStream:
    """The tuples that a predicate chooses."""
    found = TupleStream()
    for position, element in enumerate(stream):
        found.extend([element] * hits(test(*context(element, frame)), position, len(stream)))
    return found


def joined(data: Any) -> Any:
    """The tuples of one group as one tuple, whose values are arrays."""
    if not isinstance(data, list):
        return data
    result = Tuple(data[0])
    for element in data[1:]:
        for name, value in element.items():
            result[name] = append(result.get(name, UNDEFINED), value)
    return result


def _sorted(step: Any, after: Callable[[Any, Any, Frame], bool]) -> Carry:
    def carry(items: Any, stream: TupleStream | None, frame: Frame) -> TupleStream:
        values = items if stream is None else stream
        ordered = sort(values, lambda left, right: after(left, right, frame))
        if stream is None:
            return TupleStream(Tuple({"@": value, step.index: place}) for place, value in enumerate(ordered))
        return TupleStream(ordered)

    return carry


def _mapped(step: Any, closure: Closure) -> Carry:
    label = None if step.ancestor is None else step.ancestor.label

    def carry(items: Any, stream: TupleStream | None, frame: Frame) -> TupleStream:
        found = TupleStream()
        for element in TupleStream(Tuple({"@": item}) for item in items) if stream is None else stream:
            value = closure(*context(element, frame))
            if value is UNDEFINED:
                continue
            for place, part in enumerate(value if isinstance(value, list) else [value]):
                new = Tuple(element)
                if type(value) is TupleStream:
                    new.update(part)
                else:
                    new["@" if step.focus is None else step.focus] = part
                    if step.index is not None:
                        new[step.index] = place
                    if label is not None:
                        new[label] = element["@"]
                found.append(new)
        return found

    return carry


def expand(compiler: _Compiler, step: Any, depth: int) -> Carry:
    """The function from the values, or the tuples, before a step to the tuples after it."""
    sorts = step.type == "sort"
    carry = _sorted(step, compiler.after(step, depth)) if sorts else _mapped(step, compiler.compile(step, depth))
    stages = [
        (stage.value, None) if stage.type == "index" else (None, compiler.filter(stage.expr, depth)) for stage in step.stages or ()
    ]

    def run(items: Any, stream: TupleStream | None, frame: Frame) -> TupleStream:
        result: Any = carry(items, stream, frame)
        for name, chosen in stages:
            if chosen is not None:
                result = chosen(result, frame)
            else:
                for place, element in enumerate(result):
                    element[name] = place
        return TupleStream(result)

    return run
