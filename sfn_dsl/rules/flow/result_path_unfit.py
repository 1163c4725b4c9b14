"""A ResultPath that cannot be applied to the input of its state.

`ResultPath` puts the result into the state's raw input, which must be an object wherever the path goes on. Into an array, a
text or a number nothing can be put: the state fails with `States.Runtime`, which nothing handles, after its work is done.

Fails:
    {"A": {"Type": "Pass", "Result": [1, 2], "Next": "B"},
     "B": {"Type": "Pass", "Result": 3, "ResultPath": "$.sum", "End": true}}
Passes:
    {"A": {"Type": "Pass", "Result": {"a": 1}, "Next": "B"},
     "B": {"Type": "Pass", "Result": 3, "ResultPath": "$.sum", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.values import OBJECT, kind_names
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["result_path_unfit"]


@rule("SFN218", "result-path-unfit", severity=Severity.WARNING)
def result_path_unfit(subject: Subject) -> Iterator[Finding]:
    for misplaced in flow_of(subject).misplaced:
        kinds = misplaced.document.kinds
        why = "what is there on the way is no object" if kinds & OBJECT else f"the input of the state is {kind_names(kinds)}"
        message = f"`{misplaced.text}` cannot be applied: {why}"
        help = "leave `ResultPath` out, set it to null, or make the input an object"
        yield Finding(misplaced.state.at(*misplaced.where), message, help)
