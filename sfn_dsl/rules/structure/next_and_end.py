"""A state that has both `Next` and `End`, neither, or an `End` that is not true.

A Task, Parallel, Map, Pass or Wait state says where it leads with exactly one of `Next` and `"End": true`.

Fails:
    {"A": {"Type": "Pass", "Next": "B", "End": true}, "B": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Pass"}}
Fails:
    {"A": {"Type": "Pass", "End": false}}
Fails:
    {"A": {"Type": "Pass", "End": "true"}}
Passes:
    {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import lacks
from sfn_dsl.rules.subject import State, Subject

__all__ = ["next_and_end"]


@rule("SFN125", "next-and-end", "next-or-end-missing", "end-false", "end-type", aws_code="SCHEMA_VALIDATION_FAILED")
def next_and_end(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task", "Parallel", "Map", "Pass", "Wait"):
        if "End" in state.body or "Next" not in state.body:
            yield from _wrong(subject, state)


def _wrong(subject: Subject, state: State) -> Iterator[Finding]:
    if lacks(state.body, "Next", "End"):
        message = f"state `{state.name}` has neither `Next` nor `End`"
        yield Finding(state.pointer, message, 'add `Next`, or `"End": true`', "next-or-end-missing")
        return
    if "End" not in state.body:
        return
    end = state.body["End"]
    if "Next" in state.body:
        yield Finding(state.at("End"), f"state `{state.name}` has both `Next` and `End`", "keep one of them", "next-and-end")
    elif end is False:
        yield Finding(state.at("End"), f"the `End` of state `{state.name}` is false", "set `Next` instead", "end-false")
    elif end is not True and not (isinstance(end, str) and subject.is_open(end)):
        yield Finding(state.at("End"), f"the `End` of state `{state.name}` is not true", 'write `"End": true`', "end-type")
