"""The syntax tree of a JSONata expression (as jsonata-python parses it) turned into Python closures.

A closure takes the current item and the frame of variables and gives a value. Levels are counted at compile time;
only where an evaluation could pass AWS's 100 levels are they counted while it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sfn_dsl.simulate.jsonata_calls import (
    MAX_DEPTH,
    Body,
    Closure,
    Frame,
    Lambda,
    Native,
    Parameter,
    Signature,
    Tail,
    apply,
    arity,
    too_deep,
)
from sfn_dsl.simulate.jsonata_functions import FUNCTIONS
from sfn_dsl.simulate.jsonata_operators import binary
from sfn_dsl.simulate.jsonata_paths import Paths
from sfn_dsl.simulate.jsonata_values import (
    UNDEFINED,
    Constructed,
    Fault,
    Function,
    Sequence,
    kept,
    numeric,
    single,
    truth,
)

__all__ = ["Compiler", "compile_tree"]


class Compiler(Paths):
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

    def _lambda(self, node: Any, depth: int) -> Closure:
        if node.thunk:
            return self._tail(node.body, depth)
        parameters = tuple(argument.value for argument in node.arguments)
        signature = None if node.signature is None else _signature(node.signature)
        inner = Compiler(False)
        plain = inner.compile(node.body, 1)
        body = Body(plain, inner.reach, lambda: Compiler(True).compile(node.body, 1))
        return lambda item, frame: Lambda(parameters, body, item, frame, signature)

    def _parts(self, node: Any, depth: int) -> tuple[Closure, list[Closure], str | None]:
        """The closures of a call: of what is called and of its arguments; and the name it is called by."""
        procedure = node.procedure
        name = procedure.steps[0].value if procedure.type == "path" else procedure.value
        called = self.compile(procedure, depth + 1)
        if procedure.type == "path":
            called = _forgotten_dollar(called, self._variable(procedure.steps[0], depth), name, "T1005")
        return called, [self.compile(argument, depth + 1) for argument in node.arguments], name

    def _tail(self, node: Any, depth: int) -> Closure:
        called, arguments, name = self._parts(node, depth)
        return lambda item, frame: Tail(called(item, frame), [argument(item, frame) for argument in arguments], name)

    def _function(self, node: Any, depth: int) -> Closure:
        call = self._call(node, depth)
        return lambda item, frame: call(item, frame, [])

    def _call(self, node: Any, depth: int) -> Callable[[Any, Frame, list[Any]], Any]:
        """A call with arguments in front of the written ones."""
        called, arguments, name = self._parts(node, depth)
        end = self.end(node)

        def evaluate(item: Any, frame: Frame, args: list[Any]) -> Any:
            function = called(item, frame)
            args.extend([argument(item, frame) for argument in arguments])
            return end(_invoke(function, args, item, frame, depth, name))

        return evaluate

    def _apply(self, node: Any, depth: int) -> Closure:
        left = self.compile(node.lhs, depth + 1)
        if node.rhs.type == "function":
            call = self._call(node.rhs, depth)
            return lambda item, frame: call(item, frame, [left(item, frame)])
        right = self.compile(node.rhs, depth + 1)
        name = node.rhs.value if node.rhs.type == "variable" else None
        end = self.end(node)

        def evaluate(item: Any, frame: Frame) -> Any:
            value, function = left(item, frame), right(item, frame)
            if not isinstance(function, Function):
                raise Fault("T2006", value=function)
            if not isinstance(value, Function):
                return end(_invoke(function, [value], None, frame, depth, name))
            return Native(lambda run, *args: apply(function, [apply(value, [*args], None, run)], None, run), None, 1)

        return evaluate

    def _partial(self, node: Any, depth: int) -> Closure:
        procedure = node.procedure
        name = procedure.steps[0].value if procedure.type == "path" else procedure.value
        called = self.compile(procedure, depth + 1)
        if procedure.type == "path":
            called = _forgotten_dollar(called, self._variable(procedure.steps[0], depth), name, "T1007")
        given = [
            None if argument.type == "operator" and argument.value == "?" else self.compile(argument, depth + 1)
            for argument in node.arguments
        ]

        def evaluate(item: Any, frame: Frame) -> Any:
            values = [None if argument is None else argument(item, frame) for argument in given]
            function = called(item, frame)
            if not isinstance(function, Function):
                raise Fault("T1008", token=name)
            size = arity(function)
            open_places = [place for place in range(size) if place < len(given) and given[place] is None]

            def call(_: Any, inner: Frame) -> Any:
                args = [*values, *[UNDEFINED] * (size - len(values))][:size]
                for place in open_places:
                    args[place] = inner.names[str(place)]
                return apply(function, args, None, inner.run)

            return Lambda(tuple(map(str, open_places)), call, item, frame, None)

        return evaluate

    def _transform(self, node: Any, depth: int) -> Closure:
        pattern, update = self.compile(node.pattern, depth + 1), self.compile(node.update, depth + 1)
        delete = _undefined if node.delete is None else self.compile(node.delete, depth + 1)
        clone = self._variable(_CLONE, depth)

        def change(match: Any, frame: Frame) -> None:
            new = update(match, frame)
            if new is not UNDEFINED:
                if not isinstance(new, dict):
                    raise Fault("T2011", value=new)
                match.update(new)
            removed = delete(match, frame)
            if removed is not UNDEFINED:
                keys = removed if isinstance(removed, list) else [removed]
                if not all(type(key) is str for key in keys):
                    raise Fault("T2012", value=removed)
                for key in keys if isinstance(match, dict) else ():
                    match.pop(key, None)

        def evaluate(item: Any, frame: Frame) -> Any:
            def transform(run: Any, value: Any) -> Any:
                if value is UNDEFINED:
                    return value
                cloning = clone(item, frame)
                if not isinstance(cloning, Function):
                    raise Fault("T2013")
                copy = apply(cloning, [value], None, run)
                matches = pattern(copy, frame)
                for match in matches if isinstance(matches, list) else [] if matches is UNDEFINED else [matches]:
                    change(match, frame)
                return copy

            return Native(transform, _OBJECT_OR_ARRAY, 1)

        return evaluate


class _Clone:
    value = "clone"


_CLONE = _Clone()
_OBJECT_OR_ARRAY = Signature.parse("(oa)")


def _undefined(item: Any, frame: Frame) -> Any:
    return UNDEFINED


def _invoke(function: Any, args: list[Any], item: Any, frame: Frame, depth: int, name: str | None) -> Any:
    """Calls a function from a node at `depth`; what it evaluates nests deeper. Faults without a name get this one."""
    run = frame.run
    run.tick()
    run.base += depth
    try:
        return apply(function, args, item, run)
    except Fault as fault:
        raise fault.named(name) from None
    finally:
        run.base -= depth


def _forgotten_dollar(called: Closure, variable: Closure, name: str, code: str) -> Closure:
    def evaluate(item: Any, frame: Frame) -> Any:
        function = called(item, frame)
        if function is UNDEFINED and variable(item, frame):
            raise Fault(code, token=name)
        return function

    return evaluate


def _signature(parsed: Any) -> Signature:
    """The signature of a lambda, which jsonata-python has parsed."""
    return Signature([Parameter(part.type, part.regex, part.context, part.subtype) for part in parsed._params])


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
