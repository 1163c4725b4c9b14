"""A parameter that the called action does not have.

Step Functions answers `The field "x" is not supported by Step Functions`. Parameters are in PascalCase for every service, also
where the API has `jobName` or `bucket`. A payload that is one expression as a whole is not known before the run.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
           "Parameters": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q", "MessageBody": "m", "Body": "m"}}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": true,
           "Parameters": {"Bucket": "b", "Key": "k", "Encoding": "utf-8"}}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": true,
           "Parameters": {"bucket": "b", "Key": "k"}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": true,
           "Parameters": {"Bucket": "b", "Key.$": "$.key"}}}
Passes (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": true, "Arguments": "{% $states.input %}"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.payload import faults
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_parameter"]


@rule(
    "SFN176",
    "task-unknown-parameter",
    "task-sdk-unknown-parameter",
    "task-sdk-parameter-case",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def unknown_parameter(subject: Subject) -> Iterator[Finding]:
    yield from faults(subject).get("parameter", ())
