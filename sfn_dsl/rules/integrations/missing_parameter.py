"""A parameter is missing that the called action needs.

Nothing is said of a task without `Parameters` or `Arguments`, because its input is sent then, nor of a payload that is an
expression. AWS takes such a definition; the call fails with `The field "x" is required but was missing`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {"Bucket": "b"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": true,
           "Parameters": {"Bucket": "b", "Key.$": "$.key"}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.payload import faults
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["missing_parameter"]


@rule("SFN177", "task-missing-required-parameter", severity=Severity.WARNING)
def missing_parameter(subject: Subject) -> Iterator[Finding]:
    yield from faults(subject).get("missing", ())
