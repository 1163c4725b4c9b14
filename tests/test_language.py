"""The model of the language: `read`, `emit` and the schema, on recorded definitions and on generated ones."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_dsl.asl import model
from sfn_dsl.asl.canonical import canonical
from sfn_dsl.asl.emit import emit, to_json
from sfn_dsl.asl.fields import STATE_TYPES, Kind, asl_fields, asl_name
from sfn_dsl.asl.model import CHOICE_OPERATORS, StateMachine
from sfn_dsl.asl.read import parse, read, read_json
from sfn_dsl.asl.schema import schema, validate
from sfn_dsl.asl.walk import count_states
from sfn_dsl.errors import DefinitionError

CASES = Path(__file__).parent / "cases"

# Invalid definitions in which every field is well formed: what is wrong is said by rules, not by a schema.
BEYOND_A_SCHEMA = {
    "ls-test_illegal_callbacks-WAIT_FOR_TASK_TOKEN.json",
    "ls-test_illegal_escapes-ESCAPE_SEQUENCES_ILLEGAL_INTRINSIC_FUNCTION.json",
}
# Upstream tests that contradict documented behaviour (facts in the developer guide, page `transforming-data`).
WEAK = {"aslv-map-with-item-batcher-jsonata.json": "a JSONPath state inside a JSONata machine, which AWS was recorded to refuse"}


def own_cases() -> list[dict[str, str]]:
    with (CASES / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def same(a: Any, b: Any) -> bool:
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def load(path: Path) -> Any:
    value = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(value, dict) and "definition" in value:
        value = value["definition"]
    return json.loads(value) if isinstance(value, str) else value


def check_round_trip(value: Any) -> None:
    reading = read_json(value)
    assert same(to_json(reading.machine), value)
    assert read(emit(reading.machine)).machine == reading.machine
    assert emit(reading.machine) == json.dumps(to_json(reading.machine), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("case", own_cases(), ids=lambda case: case["file"])
def test_recorded_definition(case: dict[str, str]) -> None:
    path = CASES / case["file"]
    try:
        value = load(path)
    except json.JSONDecodeError:
        assert case["expected"] == "invalid"
        with pytest.raises(DefinitionError):
            read(path.read_text(encoding="utf-8"))
        return
    if case["expected"] == "valid":
        check_round_trip(value)
        assert read_json(value).problems == ()
        assert validate(value) == []
    elif path.name not in BEYOND_A_SCHEMA:
        assert validate(value) or not isinstance(value, dict)


def test_every_valid_definition_of_the_large_set(shared_cases: Path) -> None:
    files = sorted((shared_cases / "definitions" / "valid").glob("*.json"))
    assert files
    for file in files:
        value = load(file)
        check_round_trip(value)
        violations = validate(value)
        assert (violations != []) == (file.name in WEAK), (file.name, violations)


def test_the_schema_refuses_what_aws_refuses(shared_cases: Path) -> None:
    with (shared_cases / "definitions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["expected"] == "invalid" and "AWS" in row["evidence"]]
    words = ("is not supported", "only supported for", "should only be one", "Minimum", "Maximum", "are required", "Reference Path")
    checked = 0
    for row in rows:
        if any(word in row["why"] for word in words) and "Express" not in row["why"] and "UNSUPPORTED_JSONATA" not in row["why"]:
            assert validate(load(shared_cases / row["file"])), row["file"]
            checked += 1
    assert checked > 20


def test_planted_mistakes(shared_cases: Path) -> None:
    caught = {file.name[:2] for file in (shared_cases / "broken").glob("*.json") if validate(load(file))}
    assert caught >= {"02", "03", "04", "05", "06", "07", "09"}


def test_unknown_things_are_kept_and_reported() -> None:
    value = {
        "StartAt": "a",
        "Own": 1,
        "States": {
            "a": {"Type": "Pass", "Rslt": 2, "Next": 3},
            "b": {"Type": "Ps", "X": 1},
            "c": {"Type": "Choice", "Choices": [{"Variable": "$.x", "StringEqls": "y", "Next": "a"}]},
            "d": {"Type": "Task", "Retry": "often", "Catch": [{"ErrorEquals": "E", "Nxt": "a"}]},
        },
    }
    reading = read_json(value)
    assert same(to_json(reading.machine), value)
    assert [(problem.pointer, problem.message.split("`")[1]) for problem in reading.problems] == [
        ("/States/a/Next", "Next"),
        ("/States/a/Rslt", "Rslt"),
        ("/States/b/Type", "Type"),
        ("/States/c/Choices/0/Variable", "Variable"),
        ("/States/c/Choices/0/StringEqls", "StringEqls"),
        ("/States/d/Retry", "Retry"),
        ("/States/d/Catch/0/ErrorEquals", "ErrorEquals"),
        ("/States/d/Catch/0/Nxt", "Nxt"),
        ("/Own", "Own"),
    ]


def test_what_is_not_json() -> None:
    for text in ("", "not json", '{"a": NaN}', "[" * 100_000):
        with pytest.raises(DefinitionError):
            read(text)
    with pytest.raises(DefinitionError):
        read("[1]")
    assert parse('{"a": 1, "a": 2}') == ({"a": 2}, ("a",))
    assert "stands twice" in read('{"StartAt": "x", "StartAt": "y"}').problems[0].message


def test_39_operators_and_every_field_is_in_the_schema() -> None:
    assert len(CHOICE_OPERATORS) == 39
    text = json.dumps(schema())
    for name in CHOICE_OPERATORS:
        assert f'"{name}"' in text
    for cls in (*STATE_TYPES.values(), model.Retrier, model.Catcher, model.StateMachine, model.ReaderConfig, model.ItemReader):
        for entry in asl_fields(cls):
            assert entry.kind is Kind.TEST or f'"{entry.name}"' in text, entry.name


def test_names_of_fields() -> None:
    assert asl_name("max_delay_seconds") == "MaxDelaySeconds"
    assert asl_name("csv_header_location") == "CSVHeaderLocation"
    assert all(dataclasses.is_dataclass(cls) and cls.__dataclass_params__.frozen for cls in STATE_TYPES.values())


def test_the_schema_is_a_schema() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema())
    validator = Draft202012Validator(schema())
    assert validator.is_valid({"StartAt": "a", "States": {"a": {"Type": "Succeed"}}})
    assert not validator.is_valid({"StartAt": "a", "States": {"a": {"Type": "Succeed", "Output": 1}}})
    nested = {
        "StartAt": "p",
        "QueryLanguage": "JSONata",
        "States": {
            "p": {
                "Type": "Parallel",
                "End": True,
                "Branches": [{"StartAt": "a", "States": {"a": {"Type": "Succeed", "InputPath": "$"}}}],
            }
        },
    }
    assert not validator.is_valid(nested)
    assert [violation.state for violation in validate(nested)] == ["a"]


def test_depth_has_no_limit_for_text_and_schema() -> None:
    machine: dict[str, Any] = {"StartAt": "s", "States": {"s": {"Type": "Succeed"}}}
    for level in range(150):
        machine = {"StartAt": f"p{level}", "States": {f"p{level}": {"Type": "Parallel", "Branches": [machine], "End": True}}}
    assert validate(machine) == []
    deep: Any = 1
    for _ in range(3_000):
        deep = [deep]
    assert canonical(deep).count("[") == 3_000
    assert count_states(read_json(machine).machine) == 151


texts = st.text(max_size=8)
payloads = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
tests = st.recursive(
    st.builds(model.Comparison, texts, st.sampled_from(sorted(CHOICE_OPERATORS)), payloads),
    lambda inner: (
        st.builds(model.And, st.lists(inner, min_size=1, max_size=2).map(tuple))
        | st.builds(model.Or, st.lists(inner, min_size=1, max_size=2).map(tuple))
        | st.builds(model.Not, inner)
    ),
    max_leaves=4,
) | st.builds(model.Condition, texts | st.booleans())


def _value(entry: Any, depth: int) -> st.SearchStrategy[Any]:
    match entry.kind:
        case Kind.PAYLOAD:
            return payloads
        case Kind.TEXT:
            return texts
        case Kind.PATH:
            return texts | st.none()
        case Kind.FLAG:
            return st.booleans()
        case Kind.INTEGER:
            return st.integers()
        case Kind.NUMBER:
            return st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        case Kind.INTEGER_OR_TEXT:
            return st.integers() | texts
        case Kind.NUMBER_OR_TEXT:
            return st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
        case Kind.TEXTS:
            return st.lists(texts, max_size=3).map(tuple)
        case Kind.TEST:
            return tests
        case Kind.PART:
            return part(entry.part, depth)
        case Kind.PARTS:
            return st.lists(part(entry.part, depth), max_size=2).map(tuple)
        case _:
            return st.dictionaries(
                texts,
                st.sampled_from(list(STATE_TYPES.values())).flatmap(lambda cls: part(cls, depth - 1)),
                max_size=2 if depth else 0,
            )


def part(cls: type, depth: int) -> st.SearchStrategy[Any]:
    entries = asl_fields(cls)
    chosen = st.lists(st.sampled_from(entries), max_size=5, unique_by=lambda entry: entry.attribute) if entries else st.just([])
    return chosen.flatmap(lambda some: st.fixed_dictionaries({entry.attribute: _value(entry, depth) for entry in some})).map(
        lambda values: cls(**values)
    )


@given(part(StateMachine, 2))
@settings(max_examples=150, deadline=None)
def test_read_of_emit_is_the_machine(machine: StateMachine) -> None:
    reading = read(emit(machine))
    assert reading.machine == machine
    assert reading.problems == ()


@given(payloads)
def test_canonical_is_json(value: Any) -> None:
    assert canonical(value) == json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def test_canonical_refuses_what_is_not_json() -> None:
    def wrong() -> Iterator[Any]:
        yield object()
        yield {1: 2}
        yield float("nan")

    for value in wrong():
        with pytest.raises((TypeError, ValueError)):
            canonical([value])
