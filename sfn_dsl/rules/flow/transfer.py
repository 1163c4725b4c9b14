"""What leaves a state, by every way out of it, for what comes in.

JSONPath: InputPath, Parameters, (work), ResultSelector, ResultPath, OutputPath. JSONata: Arguments, (work), Output. `Assign`
and the output both see the variables as they were when the state was entered.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.rules.expressions.sites import is_delimited
from sfn_dsl.rules.flow.choices import Clash, Tests
from sfn_dsl.rules.flow.joining import array_of
from sfn_dsl.rules.flow.queries import truth
from sfn_dsl.rules.flow.values import ANY, NULL, STRING, Presence, Value, from_shape, list_of, object_of, scalar, settled, written
from sfn_dsl.rules.flow.visit import Visit, Where
from sfn_dsl.rules.subject import State
from sfn_dsl.simulate.jsonpath.path import InvalidPath, reference_steps
from sfn_dsl.simulate.results.shapes import result_shape

__all__ = ["Edge", "Misplaced", "Step", "arguments", "caught", "chosen", "effective", "left"]

ERROR_OUTPUT: Final = object_of(
    {name: (scalar(STRING | NULL), Presence.UNKNOWN) for name in ("Error", "Cause")},
)
_EXPORTED: Final = object_of(
    {
        "MapRunArn": (scalar(STRING), Presence.CERTAIN),
        "ResultWriterDetails": (
            object_of({name: (scalar(STRING), Presence.UNKNOWN) for name in ("Bucket", "Key")}),
            Presence.CERTAIN,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Edge:
    """A way out of a state: where it goes, and with what document and variables."""

    target: object
    document: Value
    variables: Value


@dataclass(frozen=True, slots=True, eq=False)
class Misplaced:
    """A ResultPath that cannot be applied to the state's input."""

    state: State
    where: Where
    text: str
    document: Value


@dataclass(slots=True)
class Step:
    """What came of a visit: ways out, and what rules report."""

    visit: Visit
    edges: list[Edge]
    clashes: list[Clash]
    misplaced: list[Misplaced]


@functools.lru_cache(maxsize=4096)
def _result(resource: str) -> Value:
    return from_shape(result_shape(resource), resource)


def effective(visit: Visit) -> Value:
    """The input after InputPath."""
    return visit.document if visit.state.jsonata else _narrowed(visit, "InputPath", visit.document)


def _narrowed(visit: Visit, field: str, document: Value) -> Value:
    if not visit.has(field):
        return document
    text = visit.field(field)
    return object_of({}) if text is None else visit.path((field,), text, document)


def arguments(visit: Visit, document: Value) -> Value:
    """What the work of a state gets; `document` is its effective input."""
    name = "Arguments" if visit.state.jsonata else "Parameters"
    return visit.given((name,), visit.field(name), document) if visit.has(name) else document


def result(visit: Visit, document: Value, inner: list[Value | None]) -> Value | None:
    """What the work of a state gives; None where it never ends well. `inner`: what its branches or its processor give."""
    state = visit.state
    match state.type:
        case "Task":
            resource = state.get("Resource")
            return ANY if not isinstance(resource, str) or visit.subject.is_open(resource) else _result(resource)
        case "Pass":
            if state.jsonata:
                return document
            given = arguments(visit, document)
            return visit.literal(state.get("Result")) if visit.has("Result") else given
        case "Parallel":
            given_inner = [value for value in inner if value is not None]
            return array_of(given_inner) if inner and len(given_inner) == len(inner) else None
        case "Map":
            if visit.has("ResultWriter"):
                return _EXPORTED if visit.has("ResultWriter", "Resource") else ANY
            if len(inner) != 1:
                return ANY
            return array_of(()) if inner[0] is None else list_of(inner[0])
        case _:
            return document


def left(visit: Visit, document: Value, inner: list[Value | None], misplaced: list[Misplaced]) -> tuple[Value, Value] | None:
    """The output of a state that is left in the ordinary way, and the variables after it."""
    state = visit.state
    found = result(visit, document, inner)
    if found is None:
        return None
    works = state.type in ("Task", "Parallel", "Map")
    assign = state.get("Assign") if state.type != "Succeed" else None
    if state.jsonata:
        if works:
            visit.states["result"] = found
        variables = visit.assigned(("Assign",), assign, document)
        output = visit.payload(("Output",), visit.field("Output")) if visit.has("Output") else found if works else visit.document
        return output, variables
    variables = visit.assigned(("Assign",), assign, found)
    if works and visit.has("ResultSelector"):
        found = visit.template(("ResultSelector",), visit.field("ResultSelector"), found)
    if works or state.type == "Pass":
        found = _merged(visit, ("ResultPath",), state.body, found, misplaced)
    return _narrowed(visit, "OutputPath", found), variables


def _merged(visit: Visit, where: Where, body: Mapping[str, Any], found: Value, misplaced: list[Misplaced]) -> Value:
    """What ResultPath makes of the input and a result."""
    if "ResultPath" not in body:
        return found
    text = body["ResultPath"]
    if text is None:
        return visit.document
    if not isinstance(text, str) or visit.subject.is_open(text):
        return ANY
    try:
        steps = reference_steps(text)
    except (InvalidPath, RecursionError):
        return ANY
    if len(steps) > 20:
        return ANY
    merged = written(visit.document, steps, found)
    if merged is None:
        misplaced.append(Misplaced(visit.state, where, text, visit.document))
        return ANY
    return merged


def caught(visit: Visit, misplaced: list[Misplaced]) -> list[Edge]:
    """The ways out through catchers."""
    state = visit.state
    edges = []
    for index, catcher in enumerate(state.get("Catch") or () if isinstance(state.get("Catch"), list) else ()):
        if not isinstance(catcher, dict):
            continue
        where = ("Catch", index)
        if state.jsonata:
            visit.states["errorOutput"] = ERROR_OUTPUT
            variables = visit.assigned((*where, "Assign"), catcher.get("Assign"), visit.document)
            output = visit.payload((*where, "Output"), catcher["Output"]) if "Output" in catcher else ERROR_OUTPUT
            del visit.states["errorOutput"]
        else:
            variables = visit.assigned((*where, "Assign"), catcher.get("Assign"), ERROR_OUTPUT)
            output = _merged(visit, (*where, "ResultPath"), catcher, ERROR_OUTPUT, misplaced)
        edges.append(Edge(catcher.get("Next"), output, variables))
    return edges


def chosen(visit: Visit, document: Value, clashes: list[Clash]) -> list[Edge]:
    """The ways out of a Choice. After a decision nothing is known any more to be there on some ways only."""
    state = visit.state
    rules = state.get("Choices")
    tests = Tests(visit, document)
    edges = []
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if not isinstance(rule, dict):
            continue
        where: Where = ("Choices", index)
        decided = _condition(visit, where, rule) if state.jsonata else tests.rule(where, rule)
        if decided is not False:
            edges.append(_branch(visit, where, rule, document, rule.get("Next")))
        if decided is True:
            break
    else:
        if "Default" in state.body:
            edges.append(_branch(visit, (), state.body, document, state.body["Default"]))
    clashes += tests.clashes
    return edges


def _condition(visit: Visit, where: Where, rule: Mapping[str, Any]) -> bool | None:
    condition = rule.get("Condition")
    if isinstance(condition, bool):
        return condition
    if not isinstance(condition, str) or not is_delimited(condition):
        return None
    before = len(visit.reads)
    outcome = visit.query((*where, "Condition"), condition)
    return None if len(visit.reads) > before and not visit.reads[-1].part else truth(outcome)


def _branch(visit: Visit, where: Where, body: Mapping[str, Any], document: Value, target: object) -> Edge:
    variables = visit.assigned((*where, "Assign"), body.get("Assign"), document)
    if visit.state.jsonata:
        output = visit.payload((*where, "Output"), body["Output"]) if "Output" in body else visit.document
    else:
        output = _narrowed(visit, "OutputPath", document)
    return Edge(target, settled(output), settled(variables))
