"""A path that reads what nothing can have written.

Every way to the state is followed: what comes in is known, and it has no such field, or is no object at all. The state fails
whenever it is entered. In JSONPath the error is `States.Runtime`, which no Retry or Catch handles; in JSONata it is
`States.QueryEvaluationError`, "returned nothing (undefined)". The input of the execution is taken to hold anything.

Fails:
    {"A": {"Type": "Pass", "Result": {"a": 1}, "Next": "B"}, "B": {"Type": "Pass", "InputPath": "$.missing", "End": true}}
Fails:
    {"A": {"Type": "Pass", "Assign": {"v": {"x": 1}}, "Next": "B"},
     "B": {"Type": "Pass", "Parameters": {"n.$": "States.Format('{}', $v.y)"}, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": {"rows": 1}, "Next": "B"},
     "B": {"Type": "Succeed", "Output": "{% $states.input.row + 1 %}"}}
Passes:
    {"A": {"Type": "Pass", "Result": {"a": 1}, "Next": "B"}, "B": {"Type": "Pass", "InputPath": "$.a", "End": true}}
Passes:
    {"A": {"Type": "Pass", "Result": 1, "ResultPath": "$.a", "Next": "B"},
     "B": {"Type": "Pass", "InputPath": "$.b", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Output": {"rows": 1}, "Next": "B"},
     "B": {"Type": "Succeed", "Output": "{% $exists($states.input.row) ? 1 : 2 %}"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.telling import distinct, hint, path_of, reason
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["missing_field"]


@rule("SFN210", "jsonpath-dataflow-missing-field", "jsonata-dataflow-missing-field", severity=Severity.WARNING)
def missing_field(subject: Subject) -> Iterator[Finding]:
    for read in distinct(flow_of(subject).reads):
        holder = read.found.holder
        if not read.absent or read.test or read.part or holder is None or holder.origin:
            continue
        kind = "jsonata" if read.state.jsonata else "jsonpath"
        message = f"`{path_of(read)}` is read and cannot be there: {reason(read)}"
        yield Finding(read.pointer, message, hint(read), f"{kind}-dataflow-missing-field")
