"""A Task state without `Resource`.

`Resource` is the ARN of what the task calls; AWS answers `These fields are required: [Resource]`.

Fails:
    {"A": {"Type": "Task", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import lacks
from sfn_dsl.rules.subject import Subject

__all__ = ["task_without_resource"]


@rule("SFN132", "task-resource-required", aws_code="SCHEMA_VALIDATION_FAILED")
def task_without_resource(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        if "Resource" not in state.body and lacks(state.body, "Resource"):
            yield Finding(state.pointer, f"task `{state.name}` has no `Resource`", "add the ARN of what it calls")
