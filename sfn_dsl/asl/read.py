"""From JSON to the model: any ASL definition, ours or foreign.

Nothing is dropped: what the model has no place for is kept in `extra`, written back by `emit`, and reported as a `Problem`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_dsl.asl.fields import STATE_TYPES, AslField, Kind, asl_fields
from sfn_dsl.asl.model import (
    CHOICE_OPERATORS,
    UNSET,
    And,
    ChoiceRule,
    Comparison,
    Condition,
    Json,
    Not,
    Or,
    State,
    StateMachine,
    Test,
)
from sfn_dsl.errors import DefinitionError

__all__ = ["Problem", "Reading", "parse", "read", "read_json"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a document that is not ASL. `pointer` is a JSON Pointer (RFC 6901) to it."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A machine and everything in its document that the language does not know."""

    machine: StateMachine
    problems: tuple[Problem, ...]


def parse(text: str) -> tuple[Json, tuple[str, ...]]:
    """The JSON value of a text and the keys that stand twice in one object. Raises DefinitionError for what is not JSON."""
    twice: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(members)
        if len(found) != len(members):
            seen: set[str] = set()
            for key, _ in members:
                if key in seen:
                    twice.append(key)
                seen.add(key)
        return found

    def refuse(word: str) -> None:
        raise DefinitionError(f"`{word}` is not JSON")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=refuse), tuple(twice)
    except json.JSONDecodeError as error:
        raise DefinitionError(
            f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}",
            help="a definition is a JSON object with `StartAt` and `States`",
        ) from None
    except RecursionError:
        raise DefinitionError("the JSON is nested too deeply to be a definition") from None


def read(text: str) -> Reading:
    """Read a definition. Raises DefinitionError when the text is not a JSON object."""
    value, twice = parse(text)
    reading = read_json(value)
    doubled = tuple(Problem("", f"key `{key}` stands twice in one object") for key in twice)
    return Reading(reading.machine, doubled + reading.problems)


def read_json(value: Json) -> Reading:
    """Read a definition that is already parsed."""
    if not isinstance(value, dict):
        raise DefinitionError("a definition is a JSON object with `StartAt` and `States`")
    reader = _Reader()
    return Reading(reader.part(StateMachine, value, ""), tuple(reader.problems))


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def part(self, cls: type, value: Mapping[str, Json], pointer: str) -> Any:
        """An instance of a model class from a JSON object."""
        rest = dict(value)
        found: dict[str, Any] = {}
        if issubclass(cls, State):
            rest.pop("Type", None)
        for entry in asl_fields(cls):
            if entry.kind is Kind.TEST:
                test = self.rule_test(rest)
                if test is not None:
                    found[entry.attribute] = test
            elif entry.name in rest:
                ok, converted = self.convert(entry, rest[entry.name], f"{pointer}/{_escape(entry.name)}")
                if ok:
                    found[entry.attribute] = converted
                    del rest[entry.name]
        for key in rest:
            known = any(entry.name == key for entry in asl_fields(cls))
            if not known:
                self.problems.append(Problem(f"{pointer}/{_escape(key)}", f"field `{key}` is not known here"))
        return cls(**found, extra=rest)

    def convert(self, entry: AslField, value: Json, pointer: str) -> tuple[bool, Any]:
        """The model's value of a field, or (False, None) with a problem noted."""
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        integer = isinstance(value, int) and not isinstance(value, bool)
        text = isinstance(value, str)
        match entry.kind:
            case Kind.PAYLOAD:
                return True, value
            case Kind.TEXT:
                ok = text
            case Kind.PATH:
                ok = text or value is None
            case Kind.FLAG:
                ok = isinstance(value, bool)
            case Kind.INTEGER:
                ok = integer
            case Kind.NUMBER:
                ok = number
            case Kind.INTEGER_OR_TEXT:
                ok = integer or text
            case Kind.NUMBER_OR_TEXT:
                ok = number or text
            case Kind.TEXTS:
                ok = isinstance(value, list) and all(isinstance(member, str) for member in value)
                value = tuple(value) if ok else value
            case Kind.PART:
                ok = isinstance(value, dict)
                value = self.part(entry.part, value, pointer) if ok and entry.part else value
            case Kind.PARTS:
                ok = isinstance(value, list) and all(isinstance(member, dict) for member in value)
                if ok and entry.part:
                    value = tuple(self.part(entry.part, member, f"{pointer}/{i}") for i, member in enumerate(value))
            case Kind.STATES:
                ok = isinstance(value, dict) and all(isinstance(member, dict) for member in value.values())
                value = self.states(value, pointer) if ok else value
            case Kind.TEST:
                ok = False
        if not ok:
            self.problems.append(Problem(pointer, f"`{entry.name}` must be {entry.kind.value}"))
        return ok, value

    def states(self, value: Mapping[str, Mapping[str, Json]], pointer: str) -> dict[str, State]:
        states: dict[str, State] = {}
        for name, body in value.items():
            where = f"{pointer}/{_escape(name)}"
            kind = body.get("Type")
            cls = STATE_TYPES.get(kind) if isinstance(kind, str) else None
            if cls is None:
                known = ", ".join(STATE_TYPES)
                self.problems.append(Problem(f"{where}/Type", f"`Type` must be one of {known}"))
                states[name] = State(extra=dict(body))
            else:
                states[name] = self.part(cls, body, where)
        return states

    def rule_test(self, rest: dict[str, Json]) -> Test | None:
        """Take the test out of the fields of a Choice rule; None, and nothing taken, when they make no single test."""
        outside = {entry.name for entry in asl_fields(ChoiceRule)} - {"Test"}
        fields = {key: value for key, value in rest.items() if key not in outside}
        test = _test(fields)
        if test is not None:
            for key in fields:
                del rest[key]
        return test


def _test(fields: Mapping[str, Json]) -> Test | None:
    comment = fields.get("Comment", UNSET)
    if comment is not UNSET:
        if not isinstance(comment, str):
            return None
        fields = {key: value for key, value in fields.items() if key != "Comment"}
    match fields:
        case {"Condition": str() | bool() as value, **rest} if not rest and comment is UNSET:
            return Condition(value)
        case {"And": list() as members, **rest} if not rest:
            tests = _tests(members)
            return And(tests, comment) if tests is not None else None
        case {"Or": list() as members, **rest} if not rest:
            tests = _tests(members)
            return Or(tests, comment) if tests is not None else None
        case {"Not": dict() as inner, **rest} if not rest:
            test = _test(inner)
            return Not(test, comment) if test is not None else None
        case {"Variable": str() as variable, **rest} if len(rest) == 1:
            [(operator, value)] = rest.items()
            return Comparison(variable, operator, value, comment) if operator in CHOICE_OPERATORS else None
        case _:
            return None


def _tests(members: list[Json]) -> tuple[Test, ...] | None:
    tests = [_test(member) if isinstance(member, dict) else None for member in members]
    return tuple(test for test in tests if test is not None) if None not in tests else None
