"""A field that only some of the ways to a state write.

By another way the state is entered without it, and fails there: in JSONPath with `States.Runtime`, which nothing handles, in
JSONata with `States.QueryEvaluationError`. Nothing is said after a Choice, which may have told the ways apart.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Next": "B",
           "ResultSelector": {"id.$": "$.id"}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}]},
     "B": {"Type": "Pass", "Next": "C"},
     "C": {"Type": "Pass", "Parameters": {"id.$": "$.id"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Next": "B",
           "ResultSelector": {"id.$": "$.id"}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "D"}]},
     "B": {"Type": "Pass", "Next": "C"},
     "C": {"Type": "Pass", "Parameters": {"id.$": "$.id"}, "End": true},
     "D": {"Type": "Fail"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.telling import distinct, path_of
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["possibly_missing_field"]


@rule("SFN211", "possibly-missing-field", severity=Severity.WARNING)
def possibly_missing_field(subject: Subject) -> Iterator[Finding]:
    for read in distinct(flow_of(subject).reads):
        if read.absent or read.test or read.part or read.whole_variable:
            continue
        message = f"`{path_of(read)}` is read, but not every way to state `{read.state.name}` writes it"
        yield Finding(read.pointer, message, "write it on every way that leads here, or decide with a Choice before")
