"""A retrier with a figure that is out of range or of the wrong type.

`IntervalSeconds` is an integer from 1, `MaxAttempts` from 0, `BackoffRate` a number from 1 (an integer will do), `MaxDelaySeconds`
an integer from 1 to 31622400. They are written as they are: AWS does not evaluate expressions in `Retry`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "BackoffRate": 0.5}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 0}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1.5}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "MaxDelaySeconds": 31622401}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 1, "MaxAttempts": 0, "BackoffRate": 2, "MaxDelaySeconds": 9}]}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.rules.errors.entries import entries
from sfn_dsl.rules.errors.figures import fault_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["bad_retry_figure"]

_MOST: Final = 99999999
_FIGURES: Final = {
    "IntervalSeconds": ("retry-interval-zero", 1, _MOST, True),
    "MaxAttempts": ("retry-maxattempts-negative", 0, _MOST, True),
    "BackoffRate": ("retry-backoffrate-min", 1, None, False),
    "MaxDelaySeconds": ("retry-maxdelay-max", 1, 31622400, True),
}


@rule(
    "SFN303",
    "retry-interval-zero",
    "retry-maxattempts-negative",
    "retry-maxattempts-float",
    "retry-backoffrate-min",
    "retry-maxdelay-max",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def bad_retry_figure(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Retry"):
        for field, (name, low, high, whole) in _FIGURES.items():
            value = entry.body.get(field, low)
            if isinstance(value, str) and subject.is_open(value):
                continue
            fault = fault_of(value, low=low, high=high, whole=whole)
            if fault:
                kind = "retry-maxattempts-float" if field == "MaxAttempts" and isinstance(value, float) else name
                limits = f"from {low}" + (f" to {high}" if high else "")
                yield Finding(entry.at(field), f"`{field}` {fault}", f"write {_kind(whole)} {limits}", kind)


def _kind(whole: bool) -> str:
    return "an integer" if whole else "a number"
