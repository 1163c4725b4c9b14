"""The syntax tree of a JSONata expression (as jsonata-python parses it) turned into Python closures.

A closure takes the current item and the frame of variables and gives a value. Levels are counted at compile time;
only where an evaluation could pass AWS's 100 levels are they counted while it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sfn_dsl.simulate.jsonata.applications import Applications
from sfn_dsl.simulate.jsonata.calls import MAX_DEPTH, Body, Closure, Frame, too_deep
from sfn_dsl.simulate.jsonata.functions import FUNCTIONS
from sfn_dsl.simulate.jsonata.operators import binary
from sfn_dsl.simulate.jsonata.values import (
    UNDEFINED,
    Constructed,
    Fault,
    Sequence,
    kept,
    numeric,
    single,
    truth,
)

__all__ = ["Compiler", "compile_tree"]


class Compiler(Applications):
    """Compiles one expression, or the body of one lambda. `reach`: the deepest level that it has seen."""

    def __init__(self, guarded: bool) -> None:
        self._guarded = guarded
        self.reach = 0

    def compile(self, node: Any, depth: int) -> Closure:
        """The closure of a node whose evaluation nests `depth` levels inside its function."""
        self.reach = max(self.reach, depth)
        closure = getattr(self, f"_{node.type}")(node, depth)
        for predicate in node.predicate or ():
            closure = _filtered(closure, self.filter(predicate.expr, depth + 1))
        if node.type != "path" and node.group is not None:
            closure = _grouped(closure, self.group(node.group, depth + 1))
        if node.predicate:
            closure = _ended(closure, kept if node.keep_array else single)
        return self._counted(closure, depth) if self._guarded else closure

    def _counted(self, closure: Closure, depth: int) -> Closure:
        def evaluate(item: Any, frame: Frame) -> Any:
            if frame.run.base + depth > MAX_DEPTH:
                raise too_deep()
            return closure(item, frame)

        return evaluate

    def _string(self, node: Any, depth: int) -> Closure:
        value = node.value
        return lambda item, frame: value

    _value = _regex = _string

    def _number(self, node: Any, depth: int) -> Closure:
        value = node.value if -(2**53) <= node.value <= 2**53 else float(node.value)
        return lambda item, frame: value

    def _variable(self, node: Any, depth: int) -> Closure:
        name = node.value
        if name == "":
            return lambda item, frame: item
        builtin = FUNCTIONS.get(name, UNDEFINED)

        def evaluate(item: Any, frame: Frame | None) -> Any:
            while frame is not None:
                if name in frame.names:
                    value = frame.names[name]
                    return single(value) if type(value) is Sequence else value
                frame = frame.parent
            return builtin

        return evaluate

    def _parent(self, node: Any, depth: int) -> Closure:
        label = node.slot.label

        def evaluate(item: Any, frame: Frame | None) -> Any:
            while frame is not None:
                if label in frame.names:
                    return frame.names[label]
                frame = frame.parent
            return UNDEFINED

        return evaluate

    def _binary(self, node: Any, depth: int) -> Closure:
        left, right = self.compile(node.lhs, depth + 1), self.compile(node.rhs, depth + 1)
        closure = binary(str(node.value), left, right)
        return _ended(closure, self.end(node)) if node.value == ".." else closure

    def _unary(self, node: Any, depth: int) -> Closure:
        if node.value == "[":
            return self._array(node, depth)
        if node.value == "{":
            return self.group(node, depth + 1)
        operand = self.compile(node.expression, depth + 1)

        def negate(item: Any, frame: Frame) -> Any:
            value = operand(item, frame)
            if value is UNDEFINED:
                return value
            if not numeric(value):
                raise Fault("D1002", token="-", value=value)
            return -value

        return negate

    def _array(self, node: Any, depth: int) -> Closure:
        parts = [
            (self.compile(element, depth + 1), element.type == "unary" and element.value == "[") for element in node.expressions
        ]
        constructed = bool(node.consarray)

        def evaluate(item: Any, frame: Frame) -> Any:
            result: list[Any] = Constructed() if constructed else []
            for closure, nested in parts:
                value = closure(item, frame)
                if isinstance(value, list) and not nested:
                    result.extend(value)
                elif value is not UNDEFINED:
                    result.append(value)
            return result

        return evaluate

    def body(self, node: Any) -> Body:
        inner = Compiler(False)
        plain = inner.compile(node, 1)
        return Body(plain, inner.reach, lambda: Compiler(True).compile(node, 1))

    def _condition(self, node: Any, depth: int) -> Closure:
        condition, then = self.compile(node.condition, depth + 1), self.compile(node.then, depth + 1)
        otherwise = _undefined if node._else is None else self.compile(node._else, depth + 1)
        return lambda item, frame: then(item, frame) if truth(condition(item, frame)) else otherwise(item, frame)

    def _block(self, node: Any, depth: int) -> Closure:
        closures = [self.compile(expression, depth + 1) for expression in node.expressions]

        def evaluate(item: Any, frame: Frame) -> Any:
            inner = Frame({}, frame, frame.run)
            result: Any = UNDEFINED
            for closure in closures:
                result = closure(item, inner)
            return result

        return evaluate

    def _bind(self, node: Any, depth: int) -> Closure:
        name, value = node.lhs.value, self.compile(node.rhs, depth + 1)

        def evaluate(item: Any, frame: Frame) -> Any:
            result = value(item, frame)
            frame.names[name] = result  # type: ignore[index]
            return result

        return evaluate


def _undefined(item: Any, frame: Frame) -> Any:
    return UNDEFINED


def _filtered(closure: Closure, chosen: Closure) -> Closure:
    return lambda item, frame: chosen(closure(item, frame), frame)


def _grouped(closure: Closure, group: Closure) -> Closure:
    return lambda item, frame: group(closure(item, frame), frame)


def _ended(closure: Closure, end: Callable[[Any], Any]) -> Closure:
    return lambda item, frame: end(closure(item, frame))


def compile_tree(tree: Any) -> Closure:
    """The closure of a whole expression."""
    compiler = Compiler(False)
    closure = compiler.compile(tree, 1)
    return closure if compiler.reach <= MAX_DEPTH else Compiler(True).compile(tree, 1)
