"""JSONata as AWS Step Functions evaluates it: language level 2.0.6, AWS's own functions, AWS's bounds and AWS's error texts.

An expression is parsed by jsonata-python and compiled once to Python closures; values are JSON in Python form throughout.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

from sfn_dsl.simulate.jsonata_calls import Closure, Frame, QueryWorld, Run, too_deep
from sfn_dsl.simulate.jsonata_compile import compile_tree
from sfn_dsl.simulate.jsonata_syntax import UnsupportedExpression, parse, reads, refusals, sentence
from sfn_dsl.simulate.jsonata_values import MAX_BYTES, UNDEFINED, Fault, Function, memory_exceeded

__all__ = ["Query", "QueryError", "QueryWorld", "UnsupportedExpression", "compile_query"]

_LONG = 2**63


class QueryError(Exception):
    """An evaluation failed. The text goes on AWS's sentence "The JSONata expression '...' specified for the field '...' "."""


class _Unsupported(Exception):
    """A function in a result."""


class Query:
    """One compiled expression; `compile_query` makes it.

    `text` is the expression without its outer blanks. `variables` are those that it reads from outside, without `$`.
    `states_fields` are the fields that it reads as `$states.<field>`, None where it uses `$states` in another way.
    """

    __slots__ = ("_closure", "_refused", "states_fields", "text", "variables")

    def __init__(self, text: str) -> None:
        tree = parse(text)
        self.text = text
        self.variables, self.states_fields = reads(tree)
        self._refused = tuple(refusals(tree))
        self._closure: Closure = compile_tree(tree)

    def restrictions(self) -> list[UnsupportedExpression]:
        """What AWS refuses at creation although it parses: references to a context item, which there is none of."""
        return list(self._refused)

    def evaluate(self, bindings: Mapping[str, Any], world: QueryWorld) -> Any:
        """The value as JSON; bound values may be part of it, so neither side may change what it holds. Raises QueryError."""
        run = Run(world)
        try:
            value = self._closure(UNDEFINED, Frame({}, Frame(bindings, None, run), run))
            if value is UNDEFINED:
                raise QueryError("returned nothing (undefined).")
            return _Result().json(value)
        except Fault as fault:
            raise QueryError(_threw(fault)) from fault
        except RecursionError as error:
            raise QueryError(_threw(too_deep())) from error
        except _Unsupported as error:
            raise QueryError("returned an unsupported result type.") from error


def _threw(fault: Fault) -> str:
    if fault.code is None:
        return f"threw an error during evaluation: {fault.sentence}"
    return f"threw an error during evaluation. {fault.code}: {fault.sentence or sentence(fault.code, fault.inserts)}"


class _Result:
    """Turns a result into plain JSON, without copying what is plain already, and counts the bytes that it holds."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = 0

    def json(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            self._held += len(value)
            if self._held > MAX_BYTES:
                raise memory_exceeded()
            return value
        if kind is dict or kind is list or isinstance(value, list | dict):
            return self._container(value)
        self._held += 8
        if self._held > MAX_BYTES:
            raise memory_exceeded()
        if kind is float:
            return _json_number(value)
        if kind is int:
            return value if -_LONG <= value < _LONG else float(value)
        if isinstance(value, Function):
            raise _Unsupported
        return None if value is UNDEFINED else value

    def _container(self, value: Any) -> Any:
        json = self.json
        if isinstance(value, dict):
            changed: dict[str, Any] = {}
            for key, element in value.items():
                self._held += len(key)
                plain = json(element)
                if plain is not element:
                    changed[key] = plain
            return {**value, **changed} if changed or type(value) is not dict else value
        elements = [json(element) for element in value]
        if type(value) is list and all(map(_is, elements, value)):
            return value
        return elements


def _is(left: Any, right: Any) -> bool:
    return left is right


def _json_number(value: float) -> Any:
    """A double: whole numbers as int, the others that JSON cannot write by JavaScript's names for them."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and -_LONG < value < _LONG:
        return int(value)
    return value


@functools.lru_cache(maxsize=65_536)
def compile_query(text: str) -> Query:
    """The query of an expression, without `{%` and `%}`. Raises UnsupportedExpression when it does not parse."""
    return Query(text.strip())
