"""A Choice rule that compares a value with an operator of another type.

A comparison of two types is never an error and never true: a rule with `NumericEquals` on a text does not match, whatever the
text says.

Fails:
    {"A": {"Type": "Pass", "Result": {"count": "3"}, "Next": "B"},
     "B": {"Type": "Choice", "Choices": [{"Variable": "$.count", "NumericEquals": 3, "Next": "C"}], "Default": "C"},
     "C": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Pass", "Result": {"count": 3}, "Next": "B"},
     "B": {"Type": "Choice", "Choices": [{"Variable": "$.count", "NumericEquals": 3, "Next": "C"}], "Default": "C"},
     "C": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.values import kind_names
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["compare_type"]


@rule("SFN215", "compare-type", severity=Severity.WARNING)
def compare_type(subject: Subject) -> Iterator[Finding]:
    for clash in flow_of(subject).clashes:
        message = f"`{clash.operator}` never matches: `{clash.text}` is {kind_names(clash.value.kinds)}"
        yield Finding(clash.pointer, message, f"compare it with an operator for its type, or make it {kind_names(clash.wanted)}")
