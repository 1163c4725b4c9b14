"""A variable that only some of the ways to a state assign.

By another way the state is entered without it, and fails there: in JSONPath with `States.Runtime`, which nothing handles, in
JSONata with `States.QueryEvaluationError`. Nothing is said after a Choice, which may have told the ways apart.

Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}], "Default": "C"},
     "B": {"Type": "Pass", "Assign": {"n": 1}, "Next": "C"},
     "C": {"Type": "Pass", "Parameters": {"n.$": "$n"}, "End": true}}
Passes:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}], "Default": "C", "Assign": {"n": 0}},
     "B": {"Type": "Pass", "Assign": {"n": 1}, "Next": "C"},
     "C": {"Type": "Pass", "Parameters": {"n.$": "$n"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.telling import distinct
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["possibly_undefined_variable"]


@rule("SFN213", "possibly-undefined-variable", severity=Severity.WARNING)
def possibly_undefined_variable(subject: Subject) -> Iterator[Finding]:
    for read in distinct(flow_of(subject).reads):
        if read.absent or read.test or read.part or not read.whole_variable:
            continue
        message = f"variable `{read.root}` is read, but not every way to state `{read.state.name}` assigns it"
        yield Finding(read.pointer, message, f"assign `{read.root}` on every way that leads here")
