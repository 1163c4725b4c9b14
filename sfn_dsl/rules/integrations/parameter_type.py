"""A literal of the wrong type for a parameter of the called action.

Only literals are looked at. Text of a number or of a truth value is taken for one, and an object for JSON text, as AWS does.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": true,
           "Parameters": {"Bucket": ["b"], "Key": "k"}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true,
           "Parameters": {"TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Message": {"text": "hello"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.payload import faults
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["parameter_type"]


@rule("SFN179", "task-parameter-type", severity=Severity.WARNING)
def parameter_type(subject: Subject) -> Iterator[Finding]:
    yield from faults(subject).get("type", ())
