"""EventBridge's event patterns (and, by the same rules, SNS filter policies): checked and compiled once, then matched.

A pattern's fields must all match, one of the values of a field is enough. An event's array offers each of its elements; the
fields below one pattern object must match in one and the same element.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from sfn_dsl.asl.model import Json

__all__ = ["Matcher", "PatternRefused", "compile_pattern"]

Matcher = Callable[[Json], bool]
_Leaf = Callable[[Any], bool]

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, limit: value == limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
}
_WORDS = {"=": "equals"}
_ABSENT = object()


class PatternRefused(ValueError):
    """AWS does not take the pattern; the text is its reason."""


def compile_pattern(pattern: Mapping[str, Json] | str) -> Matcher:
    """What tells whether an event matches. Raises PatternRefused."""
    if isinstance(pattern, str):
        try:
            pattern = json.loads(pattern)
        except json.JSONDecodeError as error:
            raise PatternRefused("Invalid JSON") from error
    if not isinstance(pattern, Mapping):
        _refuse("Filter is not an object")
    return _object(pattern)


def _refuse(reason: str) -> NoReturn:
    raise PatternRefused(reason)


def _object(pattern: Mapping[str, Json]) -> Matcher:
    if not pattern:
        _refuse("Empty objects are not allowed")
    parts: list[Matcher] = []
    for name, expected in pattern.items():
        if name == "$or" and _is_alternative(expected):
            parts.append(_any([_object(member) for member in expected]))
        elif isinstance(expected, Mapping):
            parts.append(_below(name, _object(expected)))
        elif isinstance(expected, list):
            parts.append(_field(name, expected))
        else:
            _refuse(f'"{name}" must be an object or an array')
    return parts[0] if len(parts) == 1 else lambda event: all(part(event) for part in parts)


def _is_alternative(value: Json) -> bool:
    """Whether a field called `$or` is the relation: at least two objects that are patterns and not match expressions."""
    if not isinstance(value, list) or not all(isinstance(option, Mapping) for option in value):
        return False
    if any(len(member) == 1 and _KINDS.issuperset(member) for member in value):
        return False
    if len(value) < 2:
        _refuse("There must have at least 2 Objects in $or relationship.")
    return True


def _any(parts: list[Matcher]) -> Matcher:
    return lambda event: any(part(event) for part in parts)


def _leaves(value: Json, *, objects: bool) -> list[Json]:
    """The scalars, or the objects, that a value offers; arrays offer theirs. Iterative."""
    if not isinstance(value, list):
        return [value] if isinstance(value, Mapping) == objects else []
    found: list[Json] = []
    stack = value[::-1]
    while stack:
        member = stack.pop()
        if isinstance(member, list):
            stack += member[::-1]
        elif isinstance(member, Mapping) == objects:
            found.append(member)
    return found


def _below(name: str, inner: Matcher) -> Matcher:
    def match(event: Json) -> bool:
        offered = _leaves(event.get(name), objects=True) if isinstance(event, Mapping) else []
        # What is not there is matched as if it were empty: `exists` may ask for absence.
        return any(map(inner, offered)) if offered else inner({})

    return match


def _field(name: str, expected: list[Json]) -> Matcher:
    if not expected:
        _refuse("Empty arrays are not allowed")
    exact: set[tuple[str, Json]] = set()
    filters: list[_Leaf] = []
    presence: set[bool] = set()
    for member in expected:
        if isinstance(member, list):
            _refuse("Match value must be String, number, true, false, or null")
        if not isinstance(member, Mapping):
            exact.add(_exactly(member))
            continue
        kind, operand = _expression(member)
        if kind == "exists":
            if not isinstance(operand, bool):
                _refuse("exists match pattern must be either true or false.")
            presence.add(operand)
        else:
            filters.append(_FILTERS[kind](operand))

    def match(event: Json) -> bool:
        value = event.get(name, _ABSENT) if isinstance(event, Mapping) else _ABSENT
        scalars = [] if value is _ABSENT else _leaves(value, objects=False)
        if bool(scalars) in presence:
            return True
        return any(_exactly(scalar) in exact or any(leaf(scalar) for leaf in filters) for scalar in scalars)

    return match


def _exactly(value: Json) -> tuple[str, Json]:
    """What two JSON values share when they are equal: true is not 1, and 1 is 1.0."""
    return ("number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__), value


def _expression(member: Mapping[str, Json]) -> tuple[str, Json]:
    kind = next(iter(member), None)
    if kind is None:
        _refuse("Match expression name not found")
    if kind not in _KINDS:
        _refuse(f"Unrecognized match type {kind}")
    if len(member) > 1:
        _refuse("Only one key allowed in match expression")
    return kind, member[kind]


def _string(operand: Json, message: str) -> str:
    if not isinstance(operand, str):
        _refuse(message)
    return operand


def _exact(operand: Json) -> _Leaf:
    wanted = _string(operand, "exact match pattern must be a string")
    return lambda value: isinstance(value, str) and value == wanted


def _ignore_case(operand: Json) -> _Leaf:
    wanted = _string(operand, "equals-ignore-case match pattern must be a string").lower()
    return lambda value: isinstance(value, str) and value.lower() == wanted


def _affix(kind: str, operand: Json) -> _Leaf:
    lowered = isinstance(operand, Mapping)
    if isinstance(operand, Mapping):
        inner = next(iter(operand), None)
        if inner is None:
            _refuse(f"{kind.capitalize()} expression name not found")
        if inner != "equals-ignore-case":
            _refuse(f"Unsupported {kind} pattern: {inner}")
        operand = _string(operand[inner], "equals-ignore-case match pattern must be a string").lower()
    wanted = _string(operand, f"{kind} match pattern must be a string")
    test = str.startswith if kind == "prefix" else str.endswith
    return lambda value: isinstance(value, str) and test(value.lower() if lowered else value, wanted)


def _wildcard(operand: Json) -> _Leaf:
    """`*` is any text, `\\*` a star, `\\\\` a backslash. Each text between stars is sought once, so matching is linear."""
    text = _string(operand, "wildcard match pattern must be a string")
    pieces = [""]
    index = 0
    while index < len(text):
        character = text[index]
        position = len(text[:index].encode(errors="replace")) + 1
        if character == "\\":
            index += 1
            if text[index : index + 1] not in ("*", "\\"):
                _refuse(f"Invalid escape character at pos {position}")
            pieces[-1] += text[index]
        elif character == "*":
            if text[index + 1 : index + 2] == "*":
                _refuse(f"Consecutive wildcard characters at pos {position}")
            pieces.append("")
        else:
            pieces[-1] += character
        index += 1
    first, *rest = pieces
    if not rest:
        return lambda value: isinstance(value, str) and value == first
    *middle, last = rest

    def match(value: Json) -> bool:
        if not isinstance(value, str) or not value.startswith(first) or len(value) < len(first) + len(last):
            return False
        at, end = len(first), len(value) - len(last)
        for piece in middle:
            at = value.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return value.endswith(last)

    return match


def _threshold(name: str, value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(f"Value of {name} must be numeric")
    return value


def _numeric(operand: Json) -> _Leaf:
    if not isinstance(operand, list):
        _refuse("Value of numeric must be an array.")
    if not operand:
        _refuse("Invalid member in numeric match: ]")
    tests: list[tuple[Callable[[float, float], bool], float]] = []
    for index in range(0, len(operand), 2):
        operator = operand[index]
        if not isinstance(operator, str):
            shown = json.dumps(operator)
            _refuse(f"Invalid member in numeric match: {shown}" if index == 0 else f"Bad value in numeric range: {shown}")
        if operator not in _COMPARISONS:
            _refuse(f"Unrecognized numeric range operator: {operator}" if index == 0 else f"Bad numeric range operator: {operator}")
        if index and operand[0] not in (">", ">="):
            _refuse("Too many elements in numeric expression")
        if index > 2:
            _refuse("Too many terms in numeric range expression")
        if index and operator not in ("<", "<="):
            _refuse(f"Bad numeric range operator: {operator}")
        limit = operand[index + 1] if index + 1 < len(operand) else None
        tests.append((_COMPARISONS[operator], _threshold(_WORDS.get(operator, operator), limit)))
    if len(tests) == 2 and not tests[0][1] < tests[1][1]:
        _refuse("Bottom must be less than top")
    return lambda value: (
        isinstance(value, (int, float)) and not isinstance(value, bool) and all(test(value, limit) for test, limit in tests)
    )


def _cidr(operand: Json) -> _Leaf:
    # AWS names the wrong operator in this message.
    text = _string(operand, "prefix match pattern must be a string")
    address, slash, bits = text.partition("/")
    if not slash or not bits or "/" in bits:
        _refuse("Malformed CIDR, one '/' required")
    if not bits.isdecimal():
        _refuse("Malformed CIDR, mask bits must be an integer")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        _refuse(f"Nonstandard IP address: {address}")

    def match(value: Json) -> bool:
        if not isinstance(value, str):
            return False
        try:
            found = ipaddress.ip_address(value)
        except ValueError:
            return False
        return found.version == network.version and found in network

    return match


def _anything_but(operand: Json) -> _Leaf:
    if isinstance(operand, Mapping):
        kind = next(iter(operand), None)
        if kind is None:
            _refuse("Anything-But expression name not found")
        if kind not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            _refuse(f"Unsupported anything-but pattern: {kind}")
        if len(operand) > 1:
            _refuse("Only one key allowed in match expression")
        inner = operand[kind]
        candidates = inner if isinstance(inner, list) else [inner]
        if not candidates:
            _refuse("Empty arrays are not allowed")
        if kind in ("prefix", "suffix") and "" in candidates:
            _refuse("Null prefix/suffix not allowed")
        if kind == "equals-ignore-case" and not all(isinstance(candidate, str) for candidate in candidates):
            _refuse("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.")
        excluded = [_FILTERS[kind](candidate) for candidate in candidates]
        return lambda value: not any(leaf(value) for leaf in excluded)
    values = operand if isinstance(operand, list) else [operand]
    kinds = {_exactly(value)[0] for value in values}
    if not kinds <= {"number", "str"}:
        inside = "Inside anything but list, start|null|boolean is not supported."
        _refuse(inside if isinstance(operand, list) else "Value of anything-but must be an array or single string/number value.")
    if len(kinds) != 1:
        _refuse("Inside anything but list, either all values are number or string, mixed type is not supported")
    barred = {_exactly(value) for value in values}
    return lambda value: _exactly(value) not in barred


_FILTERS: dict[str, Callable[[Json], _Leaf]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _ignore_case,
    "exactly": _exact,
    "numeric": _numeric,
    "prefix": lambda operand: _affix("prefix", operand),
    "suffix": lambda operand: _affix("suffix", operand),
    "wildcard": _wildcard,
}
_KINDS = frozenset([*_FILTERS, "exists"])
