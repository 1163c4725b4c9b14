"""A retrier whose `MaxDelaySeconds` is not greater than its `IntervalSeconds`.

`MaxDelaySeconds` caps the growing delay between retries. The language says that it must be greater than `IntervalSeconds`, which is
the first delay (1 second where it is missing): a cap below it would cut every delay.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 60, "MaxDelaySeconds": 30}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 30, "MaxDelaySeconds": 60}]}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.entries import entries
from sfn_dsl.rules.errors.figures import fault_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["delay_below_interval"]


@rule("SFN305", "retry-maxdelay-le-interval", aws_code="SCHEMA_VALIDATION_FAILED")
def delay_below_interval(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Retry"):
        most, first = entry.body.get("MaxDelaySeconds"), entry.body.get("IntervalSeconds")
        if first is None or most is None or fault_of(most, low=1, high=31622400) or fault_of(first, low=1, high=99999999):
            continue
        if most <= first:
            text = f"`MaxDelaySeconds` is {most}, which is not greater than `IntervalSeconds`, {first}"
            yield Finding(entry.at("MaxDelaySeconds"), text, "raise `MaxDelaySeconds`, or remove it")
