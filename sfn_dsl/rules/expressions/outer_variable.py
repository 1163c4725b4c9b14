"""A state inside a Map or Parallel that sets a variable of the states around it.

Each block of states has its own variables and can read, but not set, those of the blocks around it; AWS refuses an Assign of a
name that is assigned there before. Values come out through the output, and a catcher of the Map or Parallel itself assigns
outside, even a name that the states inside have used. A distributed Map runs its states apart, so that its names are free.

Fails:
    {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
     "M": {"Type": "Map", "End": true,
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "Assign": {"x": 2}, "End": true}}}}}
Passes:
    {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
     "M": {"Type": "Map", "End": true,
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "Assign": {"y.$": "$x"}, "End": true}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.variables import variables_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["outer_variable"]


@rule("SFN272", "variable-outer-scope-reassign", aws_code="SCHEMA_VALIDATION_FAILED")
def outer_variable(subject: Subject) -> Iterator[Finding]:
    variables = variables_of(subject)
    for scope in subject.scopes:
        taken = frozenset() if scope.distributed or scope.parent is None else variables.before[scope.parent]
        for state in scope.states.values() if taken else ():
            for member in variables.assigned[state]:
                if member.name in taken and not subject.is_open(member.name):
                    message = f"state `{state.name}` sets the variable `{member.name}`, which the states around it have set"
                    yield Finding(member.pointer, message, "choose another name, or return the value in the output")
