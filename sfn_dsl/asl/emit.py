"""From the model to JSON: `emit` gives the canonical text, `to_json` the value behind it."""

from __future__ import annotations

from typing import Any, assert_never

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.asl.fields import Kind, asl_fields
from sfn_dsl.asl.model import (
    UNSET,
    And,
    Choice,
    Comparison,
    Condition,
    Fail,
    Json,
    Map,
    Not,
    Or,
    Parallel,
    Pass,
    State,
    StateMachine,
    Succeed,
    Task,
    Test,
    Wait,
)

__all__ = ["emit", "state_type", "test_to_json", "to_json"]


def emit(machine: StateMachine) -> str:
    """Canonical text of a definition: the same machine gives the same bytes everywhere."""
    return canonical(to_json(machine))


def to_json(part: Any) -> dict[str, Json]:
    """The JSON object of a machine, a state or a part of one."""
    out: dict[str, Json] = {}
    if isinstance(part, State):
        out["Type"] = state_type(part)
    kind: type = type(part)
    for entry in asl_fields(kind):
        value = getattr(part, entry.attribute)
        if value is UNSET:
            continue
        match entry.kind:
            case Kind.PART:
                out[entry.name] = to_json(value)
            case Kind.PARTS:
                out[entry.name] = [to_json(member) for member in value]
            case Kind.STATES:
                out[entry.name] = {name: to_json(state) for name, state in value.items()}
            case Kind.TEXTS:
                out[entry.name] = list(value)
            case Kind.TEST:
                out.update(test_to_json(value))
            case _:
                out[entry.name] = value
    out.update(part.extra)
    return out


def state_type(state: State) -> str:
    """The value of `Type`; an unknown type that `read` met is kept in `extra`."""
    match state:
        case Task() | Pass() | Wait() | Choice() | Parallel() | Map() | Succeed() | Fail():
            return type(state).__name__
        case _:
            return str(state.extra.get("Type", ""))


def test_to_json(test: Test) -> dict[str, Json]:
    """The fields of a Choice rule that make up its test."""
    match test:
        case Condition(value=value):
            return {"Condition": value}
        case Comparison(variable=variable, operator=operator, value=value):
            fields = {"Variable": variable, operator: value}
        case And(tests=tests):
            fields = {"And": [test_to_json(inner) for inner in tests]}
        case Or(tests=tests):
            fields = {"Or": [test_to_json(inner) for inner in tests]}
        case Not(test=inner):
            fields = {"Not": test_to_json(inner)}
        case _:
            assert_never(test)
    return fields if test.comment is UNSET else {"Comment": test.comment, **fields}
