"""An Assign that is no object.

Its keys are the names of the variables. AWS refuses anything else, a JSONata string too.

Fails:
    {"A": {"Type": "Pass", "Assign": ["x"], "End": true}}
Passes:
    {"A": {"Type": "Pass", "Assign": {"x": null, "y": [1]}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.variables import assigns_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["assign_type"]


@rule("SFN271", "variable-assign-type", aws_code="SCHEMA_VALIDATION_FAILED")
def assign_type(subject: Subject) -> Iterator[Finding]:
    for state in subject.states:
        for pointer, value in assigns_of(state):
            if not isinstance(value, dict):
                message = f"`Assign` of state `{state.name}` must be an object with variables for keys"
                yield Finding(pointer, message, 'write `"Assign": {"name": value}`')
