"""Closures of JSONata's functions: lambdas, calls, `~>`, partial application, transforms."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sfn_dsl.simulate.jsonata.calls import Body, Closure, Frame, Lambda, Native, Parameter, Signature, Tail, apply, arity
from sfn_dsl.simulate.jsonata.paths import Paths
from sfn_dsl.simulate.jsonata.values import UNDEFINED, Fault, Function

__all__ = ["Applications"]


class Applications(Paths):
    """The part of the compiler that makes closures of functions and their calls."""

    @abstractmethod
    def _variable(self, node: Any, depth: int) -> Closure: ...

    @abstractmethod
    def body(self, node: Any) -> Body:
        """The body of a lambda, whose levels count from 1."""

    def _lambda(self, node: Any, depth: int) -> Closure:
        if node.thunk:
            return self._tail(node.body, depth)
        parameters = tuple(argument.value for argument in node.arguments)
        signature = None if node.signature is None else _signature(node.signature)
        body = self.body(node.body)
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


_CLONE = SimpleNamespace(value="clone")
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
