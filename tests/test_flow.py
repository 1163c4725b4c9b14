"""What the data-flow analysis says can come into a state holds for what AWS recorded there, whatever the input was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sfn_dsl.rules.flow import values
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.values import Presence, Value
from sfn_dsl.rules.subject import Subject

OWN = sorted((Path(__file__).parent / "cases" / "executions").glob("*.json"))


def _kind(value: Any) -> int:
    match value:
        case None:
            return values.NULL
        case bool():
            return values.BOOLEAN
        case int() | float():
            return values.NUMBER
        case str():
            return values.STRING
        case list():
            return values.ARRAY
        case _:
            return values.OBJECT


def _contradictions(said: Value, value: Any, path: str = "$") -> Iterator[str]:
    if not said.kinds & _kind(value):
        yield f"{path}: {value!r} is of a kind that was ruled out"
        return
    if said.has_literal and said.literal != value:
        yield f"{path}: {value!r} instead of {said.literal!r}"
    if isinstance(value, dict):
        for name, (inner, presence) in said.members.items():
            if name in value:
                yield from _contradictions(inner, value[name], f"{path}.{name}")
            elif presence is Presence.CERTAIN:
                yield f"{path}.{name}: missing"
        for name in value.keys() - said.members.keys():
            if said.rest is None:
                yield f"{path}.{name}: not expected"
            else:
                yield from _contradictions(said.rest, value[name], f"{path}.{name}")
    if isinstance(value, list):
        if said.items is not None and len(said.items) != len(value):
            yield f"{path}: {len(value)} items instead of {len(said.items)}"
        for number, item in enumerate(value):
            inner_said = said.items[number] if said.items is not None and number < len(said.items) else said.element
            if inner_said is None:
                yield f"{path}[{number}]: not expected"
            else:
                yield from _contradictions(inner_said, item, f"{path}[{number}]")


def _entered(case: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and inputs of the states that were entered, where AWS recorded the input whole."""
    for event in case["expected"].get("history") or []:
        details = event.get("stateEnteredEventDetails", {})
        if "input" in details:
            given = details["input"]
            try:
                yield details["name"], json.loads(given) if isinstance(given, str) else given
            except ValueError:
                continue


def _compared(case: dict[str, Any]) -> tuple[int, list[str]]:
    """How many inputs said something could be compared with, and what contradicts."""
    definition = case["definition"]
    subject = Subject(json.loads(definition) if isinstance(definition, str) else definition)
    names = Counter(state.name for state in subject.states)
    states = {state.name: state for state in subject.states if names[state.name] == 1}
    flow, known, wrong = flow_of(subject), 0, []
    for name, value in _entered(case):
        if name not in states:
            continue
        said = flow.document(states[name])
        if said is None:
            wrong.append(f"{name}: entered, though nothing leads to it")
        elif said is not values.ANY:
            known += 1
            wrong += [f"{name}: {one}" for one in _contradictions(said, value)]
    return known, wrong


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_an_own_copy(path: Path) -> None:
    assert _compared(json.loads(path.read_text(encoding="utf-8")))[1] == []


def test_recorded_executions(shared_cases: Path) -> None:
    known, wrong = 0, []
    for path in sorted((shared_cases / "executions").rglob("*.json")):
        count, found = _compared(json.loads(path.read_text(encoding="utf-8")))
        known += count
        wrong += [f"{path.stem}: {one}" for one in found]
    assert wrong == []
    assert known > 100
