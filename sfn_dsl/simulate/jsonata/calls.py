"""Calling functions in JSONata: frames of variables, signatures, built-in functions and lambdas, tail calls."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Protocol

from sfn_dsl.simulate.jsonata.values import MAX_BYTES, UNDEFINED, Fault, Function, Undefined, memory_exceeded

__all__ = [
    "MAX_DEPTH",
    "Body",
    "Closure",
    "Frame",
    "Lambda",
    "Native",
    "Parameter",
    "QueryWorld",
    "Run",
    "Signature",
    "Tail",
    "apply",
    "arity",
    "too_deep",
]

MAX_DEPTH = 100
_SECONDS = 1.0
_CALLS_PER_LOOK = 256
_TYPE_NAMES = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}
_SYMBOLS = {str: "s", bool: "b", int: "n", float: "n", type(None): "l", Undefined: "m"}


class QueryWorld(Protocol):
    """What an expression may read of the world around it; the real clock and real chance are not part of it."""

    @property
    def now_ms(self) -> int:
        """The virtual time in milliseconds since 1970-01-01T00:00Z."""

    def random(self) -> Random:
        """The generator that `$random()` and `$shuffle` draw from."""

    def uuid(self) -> str:
        """The next value of `$uuid()`."""


class Run:
    """One evaluation: its world, how deep it is inside functions, and when it must end."""

    __slots__ = ("_deadline", "_left", "base", "world")

    def __init__(self, world: QueryWorld) -> None:
        self.world = world
        self.base = 0
        self._left = _CALLS_PER_LOOK
        self._deadline = 0.0

    def tick(self, calls: int = 1) -> None:
        """Counts work; raises a fault when the evaluation has taken longer than a second."""
        self._left -= calls
        if self._left < 0:
            self._left = _CALLS_PER_LOOK
            now = time.monotonic()
            self._deadline = self._deadline or now + _SECONDS
            if now > self._deadline:
                raise Fault(None, "Expression evaluation timeout: Check for infinite loop")


class Frame:
    """Variables of a block or a call, inside the frame around it."""

    __slots__ = ("names", "parent", "run")

    def __init__(self, names: Any, parent: Frame | None, run: Run) -> None:
        self.names: Mapping[str, Any] = names
        self.parent = parent
        self.run = run


Closure = Callable[[Any, Frame], Any]


def too_deep() -> Fault:
    """AWS's refusal of an evaluation that nests more than 100 levels."""
    return Fault(
        None,
        "Stack overflow error: Check for non-terminating recursive function. "
        f"Consider rewriting as tail-recursive. Depth={MAX_DEPTH + 1} max={MAX_DEPTH}",
    )


def _symbol(value: Any) -> str:
    found = _SYMBOLS.get(type(value))
    if found is not None:
        return found
    if isinstance(value, Function):
        return "f"
    return "a" if isinstance(value, list) else "o"


class Parameter:
    """One parameter of a signature: a regular expression over type symbols, and how its argument is treated."""

    __slots__ = ("context", "kind", "pattern", "subtype")

    def __init__(self, kind: str, pattern: str, context: bool, subtype: str | None) -> None:
        self.kind = kind
        self.pattern = pattern
        self.context = context
        self.subtype = subtype


class Signature:
    """Checks arguments against a signature such as `<s-nn?:s>`; fills a missing one from the context, wraps scalars for arrays."""

    __slots__ = ("_matches", "_parameters", "_regex")

    def __init__(self, parameters: list[Parameter]) -> None:
        self._parameters = parameters
        self._regex = re.compile("".join(f"({parameter.pattern})" for parameter in parameters))
        self._matches: dict[str, tuple[str, ...]] = {}

    @staticmethod
    def parse(definition: str) -> Signature:
        """A signature of the built-in functions' notation, without the result type."""
        parameters = []
        for match in re.finditer(r"(\([a-z]+\)|[a-z])(?:<(\w)>)?(-?)([?+]?)", definition):
            kind, subtype, context, count = match.groups()
            types = {"a": "asnblfom", "x": "asnblfom", "j": "asnblom", "f": "f"}.get(kind, kind.strip("()") + "m")
            parameters.append(Parameter(kind, f"[{types}]{'?' if context else count}", bool(context), subtype))
        return Signature(parameters)

    def validate(self, args: list[Any], context: Any) -> list[Any]:
        """The arguments to pass, one for each parameter. Raises T0410, T0411 or T0412."""
        supplied = "".join(map(_symbol, args))
        matched = self._matches.get(supplied)
        if matched is None:
            matched = self._match(supplied)
            self._matches[supplied] = matched
        result: list[Any] = []
        position = 0
        for parameter, symbols in zip(self._parameters, matched, strict=True):
            if not symbols:
                if parameter.context:
                    if not re.match(parameter.pattern.rstrip("?"), _symbol(context)):
                        raise Fault("T0411", value=context, index=position + 1)
                    result.append(context)
                else:
                    result.append(args[position] if position < len(args) else UNDEFINED)
                    position += 1
                continue
            for symbol in symbols:
                value = args[position]
                if parameter.kind == "a" and symbol != "m":
                    if parameter.subtype is not None:
                        self._check_elements(value, symbol, symbols, parameter.subtype, position)
                    if symbol != "a":
                        value = [value]
                result.append(value)
                position += 1
        return result

    def _match(self, supplied: str) -> tuple[str, ...]:
        match = self._regex.fullmatch(supplied)
        if match is not None:
            return match.groups()
        good = 0
        for count in range(1, len(self._parameters) + 1):
            part = re.match("".join(parameter.pattern for parameter in self._parameters[:count]), supplied)
            if part is None:
                break
            good = part.end()
        raise Fault("T0410", index=good + 1)

    @staticmethod
    def _check_elements(value: Any, symbol: str, symbols: str, subtype: str, position: int) -> None:
        if symbol == "a":
            symbols = "".join({*map(_symbol, value)}) or subtype
        if symbols != subtype:
            raise Fault("T0412", value=value, index=position + 1, type=_TYPE_NAMES[subtype])


class Native(Function):
    """A function of the library. `arity`: how many arguments a higher-order function hands it."""

    __slots__ = ("_implementation", "_signature", "arity")

    def __init__(self, implementation: Callable[..., Any], signature: Signature | None, arity: int) -> None:
        self._implementation = implementation
        self._signature = signature
        self.arity = arity

    def invoke(self, args: list[Any], context: Any, run: Run) -> Any:
        """Calls it; `context` is the current item, which stands in for a missing first argument."""
        if self._signature is not None:
            args = self._signature.validate(args, context)
        result = self._implementation(run, *args)
        if (isinstance(result, list) and len(result) * 8 > MAX_BYTES) or (type(result) is str and len(result) > MAX_BYTES):
            raise memory_exceeded()
        return result


class Body:
    """The compiled body of a lambda: `reach` is how many levels it nests, `guarded` makes a version that counts them."""

    __slots__ = ("_compile_guarded", "_guarded", "_plain", "_reach")

    def __init__(self, plain: Closure, reach: int, compile_guarded: Callable[[], Closure]) -> None:
        self._plain = plain
        self._reach = reach
        self._compile_guarded = compile_guarded
        self._guarded: Closure | None = None

    def at(self, base: int) -> Closure:
        """The body to run at a depth: the one that counts its levels only where it could nest too deep."""
        if base + self._reach <= MAX_DEPTH:
            return self._plain
        if self._guarded is None:
            self._guarded = self._compile_guarded()
        return self._guarded


class Lambda(Function):
    """A function written in the expression, with the frame and the item at the place where it is written."""

    __slots__ = ("body", "frame", "item", "parameters", "signature")

    def __init__(
        self, parameters: tuple[str, ...], body: Body | Closure, item: Any, frame: Frame, signature: Signature | None
    ) -> None:
        self.parameters = parameters
        self.body = body
        self.item = item
        self.frame = frame
        self.signature = signature

    def invoke(self, args: list[Any], context: Any, run: Run) -> Any:
        """Evaluates the body; a missing argument is undefined, one too many is ignored."""
        run.tick()
        if self.signature is not None:
            args = self.signature.validate(args, context)
        names = dict(zip(self.parameters, args, strict=False))
        if len(args) < len(self.parameters):
            for missing in self.parameters[len(args) :]:
                names[missing] = UNDEFINED
        body = self.body.at(run.base) if isinstance(self.body, Body) else self.body
        return body(self.item, Frame(names, self.frame, run))


class Tail:
    """A call in tail position: `apply` makes it after the function that ends with it has returned."""

    __slots__ = ("args", "function", "name")

    def __init__(self, function: Any, args: list[Any], name: str | None) -> None:
        self.function = function
        self.args = args
        self.name = name


def arity(function: Any) -> int:
    """How many arguments a function takes."""
    return len(function.parameters) if isinstance(function, Lambda) else int(function.arity)


def apply(function: Any, args: list[Any], context: Any, run: Run) -> Any:
    """Calls a function and, as a loop, every function that it ends with. Raises T1006 for what is not a function."""
    if not isinstance(function, Function):
        raise Fault("T1006")
    result = function.invoke(args, context, run)
    while type(result) is Tail:
        if not isinstance(result.function, Function):
            raise Fault("T1006")
        try:
            result = result.function.invoke(result.args, context, run)
        except Fault as fault:
            raise fault.named(result.name) from None
    return result
