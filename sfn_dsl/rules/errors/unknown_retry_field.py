"""A field that a retrier or catcher does not have.

AWS refuses it with `Field 'X' is not supported`. `Comment` is allowed in both.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "MaxAttempt": 2}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Z",
           "Catch": [{"ErrorEquals": ["E"], "Next": "Z", "MaxAttempts": 2}]}, "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "Comment": "once", "MaxAttempts": 1}]}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.errors.entries import entries
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_retry_field"]

_KNOWN: Final = {
    "Retry": frozenset(
        {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"}
    ),
    "Catch": frozenset({"ErrorEquals", "Next", "ResultPath", "Assign", "Output", "Comment"}),
}


@rule("SFN306", "retry-unknown-field", "catch-unknown-field", aws_code="SCHEMA_VALIDATION_FAILED")
def unknown_retry_field(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Retry", "Catch"):
        known = _KNOWN[entry.field]
        for field in entry.body:
            if field not in known:
                help = did_you_mean(field, known) or "remove it"
                name = f"{entry.field.lower()}-unknown-field"
                yield Finding(entry.at(field), f"a {entry.kind} has no field {shown(field)}", help, name)
