"""JSONata as AWS Step Functions evaluates it: language level 2.0.6, AWS's own functions, AWS's bounds and AWS's error texts.

An expression is parsed by jsonata-python and compiled once to Python closures; values are JSON in Python form throughout.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

from sfn_dsl.simulate.jsonata.calls import Closure, Frame, QueryWorld, Run, too_deep
from sfn_dsl.simulate.jsonata.compile import compile_tree
from sfn_dsl.simulate.jsonata.syntax import UnsupportedExpression, parse, reads, refusals, sentence
from sfn_dsl.simulate.jsonata.values import MAX_BYTES, UNDEFINED, Fault, Function, memory_exceeded

__all__ = ["Query", "QueryError", "QueryWorld", "UnsupportedExpression", "compile_query"]

_LONG = 2**63


class QueryError(Exception):
    """An evaluation failed. The text goes on AWS's sentence "The JSONata expression '...' specified for the field '...' "."""


class _Unsupported(Exception):
    """A function in a result."""


class Query:
    """One compiled expression; `compile_query` makes it.

    `text` is the expression without its outer blanks. `variables` are those that it reads from outside, without `$`.
    `states_fields` are the fields that it reads as `$states.<field>`, None where it uses `$states` in another way. `tree` is the
    syntax tree as jsonata-python makes it, for those that look into an expression without evaluating it.
    """

    __slots__ = ("_assigns", "_closure", "_refused", "states_fields", "text", "tree", "variables")

    def __init__(self, text: str) -> None:
        self.tree = tree = parse(text)
        self.text = text
        self.variables, self.states_fields = reads(tree)
        self._refused = tuple(refusals(tree))
        self._assigns = ":=" in text
        self._closure: Closure = compile_tree(tree)

    def restrictions(self) -> list[UnsupportedExpression]:
        """What AWS refuses at creation although it parses: references to a context item, which there is none of."""
        return list(self._refused)

    def evaluate(self, bindings: Mapping[str, Any], world: QueryWorld) -> Any:
        """The value as JSON; bound values may be part of it, so neither side may change what it holds. Raises QueryError."""
        run = Run(world)
        frame = Frame(bindings, None, run)
        if self._assigns:
            frame = Frame({}, frame, run)
        try:
            value = self._closure(UNDEFINED, frame)
            if value is UNDEFINED:
                raise QueryError("returned nothing (undefined).")
            return value if _plain(value) else _json(value)
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


def _plain(value: Any) -> bool:
    """Whether a container holds nothing that JSON does not know. Raises a fault when it holds more than 6,990,256 bytes."""
    plain = True
    held = 0
    waiting: list[Any] = [[value]]
    while waiting:
        container = waiting.pop()
        if isinstance(container, dict):
            held += sum(map(len, container))
            container = container.values()
        for element in container:
            kind = type(element)
            if kind is str:
                held += len(element)
            elif kind is dict or kind is list:
                waiting.append(element)
            elif isinstance(element, list | dict):
                plain = False
                waiting.append(element)
            else:
                held += 8
                if kind is int:
                    plain = plain and -_LONG <= element < _LONG
                elif kind is float:
                    plain = plain and math.isfinite(element) and not element.is_integer()
                elif kind is not bool and element is not None:
                    plain = False
        if held > MAX_BYTES:
            raise memory_exceeded()
    return plain


def _json(value: Any) -> Any:
    """A value as JSON."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is float:
        return _json_number(value)
    if kind is int:
        return value if -_LONG <= value < _LONG else float(value)
    if isinstance(value, dict):
        return {key: _json(element) for key, element in value.items()}
    if isinstance(value, list):
        return [_json(element) for element in value]
    if isinstance(value, Function):
        raise _Unsupported
    return None


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
