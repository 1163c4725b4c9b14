"""A definition without `StartAt` or `States`, or with an empty `States`.

AWS answers `These fields are required: [States, StartAt] at /`. `States`, inside Parallel and Map too, is an object that
holds one state at least.

Fails (whole):
    {"States": {"A": {"Type": "Succeed"}}}
Fails (whole):
    {"StartAt": "A"}
Fails (whole):
    {"StartAt": "A", "States": {}}
Fails (whole):
    {"StartAt": "A", "States": [{"Type": "Succeed"}]}
Passes:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import TOP_LEVEL, lacks
from sfn_dsl.rules.subject import Subject

__all__ = ["required_field_missing"]


@rule("SFN114", "required-startat", "required-states", "states-empty", aws_code="SCHEMA_VALIDATION_FAILED")
def required_field_missing(subject: Subject) -> Iterator[Finding]:
    root = subject.root
    if not isinstance(subject.value, dict):
        return
    if lacks(root, "StartAt", known=TOP_LEVEL):
        yield Finding("", "the definition has no `StartAt`", "name the first state in `StartAt`", "required-startat")
    if lacks(root, "States", known=TOP_LEVEL):
        yield Finding("", "the definition has no `States`", "add `States` with the states by name", "required-states")
    for scope in subject.scopes:
        states = scope.body.get("States")
        pointer = pointer_to(scope.pointer, "States")
        if isinstance(states, dict):
            if not states:
                yield Finding(pointer, "`States` holds no state", "add a state", "states-empty")
        elif "States" in scope.body:
            yield Finding(pointer, "`States` is not an object", "let it hold the states by name", "required-states")
