"""What `diff` says of two definitions: lists element by element, branches, states with new names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_dsl.asl.read import read
from sfn_dsl.comparing.fields import differences
from sfn_dsl.diff import Edit, diff
from sfn_dsl.formats.edits import Comparison, edit_lines, render

GLUE = "arn:aws:states:::glue:startJobRun.sync"


def _retrier(*errors: str, **more: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors), "MaxAttempts": 3, **more}


def _catcher(error: str, next: str) -> dict[str, Any]:
    return {"ErrorEquals": [error], "Next": next}


def _task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": GLUE, "Arguments": {"JobName": "j", "Arguments": {"--id": "1"}}, **fields}


def _rule(condition: str, next: str) -> dict[str, Any]:
    return {"Condition": condition, "Next": next}


def _branch(name: str, **fields: Any) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: {"Type": "Pass", "End": True, **fields}}}


def _edits(old: dict[str, Any], new: dict[str, Any]) -> tuple[Edit, ...]:
    """The edits between two machines that are given by their states."""
    texts = [json.dumps({"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}) for states in (old, new)]
    return diff(read(texts[0]).machine, read(texts[1]).machine)


def _lines(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [f"{sign} {text}" for edit in _edits(old, new) for sign, text in edit_lines(edit)]


def _inside(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The lines about two states called A, without its name."""
    return [line.removeprefix("~ state  A  ") for line in _lines({"A": old}, {"A": new})]


FIRST, SECOND, THIRD = _retrier("E.One", "E.Two"), _retrier("F.One"), _retrier("G.One")
CATCH = [_catcher("E", "B"), _catcher("States.ALL", "C")]
RULES = [_rule("{% $a %}", "B"), _rule("{% $b %}", "C")]
LISTS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "a retrier less": (
        _task(Retry=[FIRST, SECOND]),
        _task(Retry=[FIRST]),
        ['Retry[1]  {"ErrorEquals": ["F.One"], "MaxAttempts": 3} -> (none)'],
    ),
    "the first retrier less, and another figure": (
        _task(Retry=[FIRST, SECOND, THIRD]),
        _task(Retry=[SECOND, {**THIRD, "MaxAttempts": 5}]),
        ['Retry[0]  {"ErrorEquals": ["E.One", "E.Two"], "MaxAttempts": 3} -> (none)', "Retry[1].MaxAttempts  3 -> 5"],
    ),
    "a retrier more in the middle": (
        _task(Retry=[FIRST, THIRD]),
        _task(Retry=[FIRST, SECOND, THIRD]),
        ['Retry[1]  (none) -> {"ErrorEquals": ["F.One"], "MaxAttempts": 3}'],
    ),
    "retriers in another order": (
        _task(Retry=[FIRST, SECOND]),
        _task(Retry=[SECOND, FIRST]),
        [
            'Retry[0]  (none) -> {"ErrorEquals": ["F.One"], "MaxAttempts": 3}',
            'Retry[1]  {"ErrorEquals": ["F.One"], "MaxAttempts": 3} -> (none)',
        ],
    ),
    "an error less": (_task(Retry=[FIRST]), _task(Retry=[_retrier("E.One")]), ['Retry[0].ErrorEquals[1]  "E.Two" -> (none)']),
    "an error another": (
        _task(Retry=[FIRST]),
        _task(Retry=[_retrier("E.One", "E.Three")]),
        ['Retry[0].ErrorEquals[1]  "E.Two" -> "E.Three"'],
    ),
    "a catcher more": (
        _task(Catch=CATCH[1:]),
        _task(Catch=CATCH),
        ['Catch[0]  (none) -> {"ErrorEquals": ["E"], "Next": "B"}'],
    ),
    "a catcher that leads elsewhere, and one less": (
        _task(Catch=CATCH),
        _task(Catch=[_catcher("States.ALL", "D")]),
        ['Catch[0]  {"ErrorEquals": ["E"], "Next": "B"} -> (none)', 'Catch[0].Next  "C" -> "D"'],
    ),
    "a choice less": (
        {"Type": "Choice", "Choices": RULES},
        {"Type": "Choice", "Choices": RULES[1:]},
        ['Choices[0]  {"Condition": "{% $a %}", "Next": "B"} -> (none)'],
    ),
    "a choice more, and one that leads elsewhere": (
        {"Type": "Choice", "Choices": RULES},
        {"Type": "Choice", "Choices": [_rule("{% $c %}", "E"), RULES[0], _rule("{% $b %}", "D")]},
        ['Choices[0]  (none) -> {"Condition": "{% $c %}", "Next": "E"}', 'Choices[2].Next  "C" -> "D"'],
    ),
    "a condition another": (
        {"Type": "Choice", "Choices": RULES},
        {"Type": "Choice", "Choices": [_rule("{% $c %}", "B"), RULES[1]]},
        ['Choices[0].Condition  "{% $a %}" -> "{% $c %}"'],
    ),
    "a list of names": (
        _task(Arguments={"Tags": [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}]}),
        _task(Arguments={"Tags": [{"Key": "b", "Value": 3}]}),
        ['Arguments.Tags[0]  {"Key": "a", "Value": 1} -> (none)', "Arguments.Tags[0].Value  2 -> 3"],
    ),
}


@pytest.mark.parametrize(("old", "new", "lines"), LISTS.values(), ids=LISTS)
def test_lists_are_compared_element_by_element(old: dict[str, Any], new: dict[str, Any], lines: list[str]) -> None:
    assert _inside(old, new) == lines


def test_long_values_are_cut_around_the_first_difference() -> None:
    text = " + ".join(f"$row.amount_{number}" for number in range(40))
    old, new = ({"Type": "Pass", "Output": f"{{% {text} - $row.{last} %}}"} for last in ("tax", "fee"))
    (line,) = _inside(old, new)
    was, now = line.removeprefix("Output  ").split(" -> ")
    assert len(was) <= 160
    assert was.startswith("...")
    assert was.endswith('- $row.tax %}"')
    assert now.endswith('- $row.fee %}"')
    (line,) = _inside({"Type": "Pass", "Output": "short"}, new)
    assert line.startswith('Output  "short" -> "{% $row.amount_0 + ')
    assert line.endswith("...")


BRANCHES = [_branch("One"), _branch("Two"), _branch("Three")]


def _parallel(*branches: dict[str, Any]) -> dict[str, Any]:
    return {"A": {"Type": "Parallel", "Branches": list(branches), "End": True}}


def test_branches_are_known_by_what_they_hold() -> None:
    changed = _branch("Three", Comment="new")
    assert _lines(_parallel(*BRANCHES), _parallel(BRANCHES[1], changed)) == [
        "~ state  A  Branches  3 -> 2",
        '~ state  A > branch 2 > Three  Comment  (none) -> "new"',
        "- A > branch 1",
        "- state  A > branch 1 > One  (Pass)",
    ]
    assert _lines(_parallel(BRANCHES[0]), _parallel(BRANCHES[1], BRANCHES[0])) == [
        "~ state  A  Branches  1 -> 2",
        "+ A > branch 1",
        "+ state  A > branch 1 > Two  (Pass)",
    ]
    found = _edits(_parallel(*BRANCHES), _parallel(BRANCHES[0]))
    assert "States: 0 to add, 1 to change, 2 to remove." in render([Comparison("p", ("r",), "changed", found)], "text", _plain)


def _plain(text: str, colour: str) -> str:
    return text


KEEP = "is now called  B  (executions keep the old name, also when they are redriven)"
NAMES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing else": (_task(End=True), _task(End=True), [f"~ state  A  {KEEP}"]),
    "another retry": (
        _task(Retry=[FIRST]),
        _task(),
        [f"~ state  A  {KEEP}", f"~ state  B  Retry  {json.dumps([FIRST])} -> (none)"],
    ),
    "another argument": (
        _task(),
        _task(Arguments={"JobName": "k", "Arguments": {"--id": "1"}}),
        [f"~ state  A  {KEEP}", '~ state  B  Arguments.JobName  "j" -> "k"'],
    ),
    "other arguments": (
        _task(),
        _task(Arguments={"JobName": "k", "Arguments": {"--day": "2"}}),
        ["+ state  B  (Task)", "- state  A  (Task)"],
    ),
    "another service": (
        _task(),
        _task(Resource="arn:aws:states:::lambda:invoke"),
        ["+ state  B  (Task)", "- state  A  (Task)"],
    ),
    "nothing to know it by": ({"Type": "Succeed"}, {"Type": "Succeed"}, ["+ state  B  (Succeed)", "- state  A  (Succeed)"]),
}


@pytest.mark.parametrize(("old", "new", "lines"), NAMES.values(), ids=NAMES)
def test_a_state_with_a_new_name(old: dict[str, Any], new: dict[str, Any], lines: list[str]) -> None:
    start = {"Type": "Pass", "Next": "A"}
    found = _lines({"S": start, "A": old}, {"S": {**start, "Next": "B"}, "B": new})
    # Where a state is another one, what leads to it has changed.
    assert [line for line in found if line != '~ state  S  Next  "A" -> "B"'] == lines
    assert (len(found) == len(lines)) == ("called" in lines[0])


def test_the_best_of_several_new_names() -> None:
    old = {"A": _task(), "B": _task(TimeoutSeconds=5)}
    new = {"D": _task(Comment="x"), "C": _task(TimeoutSeconds=5)}
    assert [line for line in _lines(old, new) if "called" in line] == [
        f"~ state  A  {KEEP.replace('B', 'D')}",
        f"~ state  B  {KEEP.replace('B', 'C')}",
    ]


def test_what_is_in_a_state_with_a_new_name_stays_what_it_is() -> None:
    old = {"A": {"Type": "Parallel", "Branches": [_branch("One")], "End": True}}
    new = {"B": {"Type": "Parallel", "Branches": [_branch("One", Comment="x")], "End": True}}
    assert _lines({"S": {"Type": "Pass", "Next": "A"}, **old}, {"S": {"Type": "Pass", "Next": "B"}, **new}) == [
        f"~ state  A  {KEEP}",
        '~ state  B > branch 1 > One  Comment  (none) -> "x"',
    ]


VALUES = st.recursive(
    st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["Next", "Key", "x"]), inner, max_size=3),
    max_leaves=12,
)


@given(old=VALUES, new=VALUES)
def test_values_differ_somewhere_or_are_the_same(old: Any, new: Any) -> None:
    found = list(differences(old, new))
    assert bool(found) == (old != new)
    assert all(was != now for _, was, now in found)
