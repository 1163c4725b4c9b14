"""Choice rules of JSONPath, compiled into closures.

A comparison of two types that do not fit is false, never an error; a `Variable` that leads nowhere is an error for every
operator but IsPresent. Source: states-language.net/spec.html#choice-state and recordings of AWS.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, assert_never

from sfn_dsl.asl.model import And, Comparison, Condition, Json, Not, Or, Test
from sfn_dsl.errors import DefinitionError
from sfn_dsl.simulate.clock import instant
from sfn_dsl.simulate.jsonpath.path import Missing
from sfn_dsl.simulate.program.templates import finder
from sfn_dsl.simulate.program.view import Fault, View

__all__ = ["Decide", "compile_test"]

Decide: TypeAlias = Callable[[View, Json], bool]
_Order: TypeAlias = Callable[[Json, Json], bool]

_RELATIONS: Final[Mapping[str, _Order]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}


def compile_test(test: Test, field: str) -> Decide:
    """The test of a JSONPath rule. `field` is where it stands, for messages."""
    match test:
        case Comparison():
            return _presence(test, field) if test.operator == "IsPresent" else _comparison(test, field)
        case And():
            return _all([compile_test(inner, field) for inner in test.tests])
        case Or():
            return _any([compile_test(inner, field) for inner in test.tests])
        case Not():
            inner = compile_test(test.test, field)
            return lambda view, document: not inner(view, document)
        case Condition():
            raise DefinitionError(f"field `{field}`: `Condition` belongs to JSONata, this state is JSONPath")
        case _:
            assert_never(test)


def _all(tests: list[Decide]) -> Decide:
    def decide(view: View, document: Json) -> bool:
        for test in tests:  # noqa: SIM110, twice as fast as all()
            if not test(view, document):
                return False
        return True

    return decide


def _any(tests: list[Decide]) -> Decide:
    def decide(view: View, document: Json) -> bool:
        for test in tests:  # noqa: SIM110, twice as fast as any()
            if test(view, document):
                return True
        return False

    return decide


def _variable(path: str, field: str) -> Callable[[View, Json], Json]:
    find = finder(path, field)

    def value(view: View, document: Json) -> Json:
        try:
            return find(view, document)
        except Missing:
            raise Fault(f"Invalid path '{path}': The choice state's condition path references an invalid value.") from None

    return value


def _presence(test: Comparison, field: str) -> Decide:
    find, wanted = finder(test.variable, field), bool(test.value)

    def decide(view: View, document: Json) -> bool:
        try:
            find(view, document)
        except Missing:
            return not wanted
        return wanted

    return decide


def _comparison(test: Comparison, field: str) -> Decide:
    variable = _variable(test.variable, field)
    name, wanted = test.operator, test.value
    if name in _KINDS:
        is_kind, expected = _KINDS[name], bool(wanted)
        return lambda view, document: is_kind(variable(view, document)) is expected
    if name == "StringMatches":
        pattern = _wildcard(wanted)
        return lambda view, document: isinstance(value := variable(view, document), str) and pattern.fullmatch(value) is not None
    base = name.removesuffix("Path")
    compare = _compare(base)
    if name.endswith("Path"):
        other = _variable(wanted, field)
        return lambda view, document: compare(variable(view, document), other(view, document))
    return lambda view, document: compare(variable(view, document), wanted)


def _compare(name: str) -> _Order:
    kind = next(kind for kind in _KEYS if name.startswith(kind))
    key, relation = _KEYS[kind], _RELATIONS[name[len(kind) :]]

    def compare(value: Json, wanted: Json) -> bool:
        left, right = key(value), key(wanted)
        return left is not None and right is not None and relation(left, right)

    return compare


def _number(value: Json) -> Json:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _boolean(value: Json) -> Json:
    return value if isinstance(value, bool) else None


def _string(value: Json) -> Json:
    """A key in Java's order of strings, which is that of UTF-16 code units."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-16-be", "surrogatepass")


def _moment(value: Json) -> Json:
    try:
        return instant(value) if isinstance(value, str) else None
    except ValueError:
        return None


_KEYS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "String": _string,
    "Numeric": _number,
    "Boolean": _boolean,
    "Timestamp": _moment,
}

_KINDS: Final[Mapping[str, Callable[[Json], bool]]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: _number(value) is not None,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: _moment(value) is not None,
}


def _wildcard(pattern: str) -> re.Pattern[str]:
    r"""`*` stands for any text; `\*` is a star and `\\` a backslash."""
    pieces = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", pattern)
    return re.compile("".join(".*" if piece == "*" else re.escape(_literal(piece)) for piece in pieces), re.DOTALL)


def _literal(piece: str) -> str:
    return piece[1:] if len(piece) == 2 and piece[0] == "\\" and piece[1] in "*\\" else piece
