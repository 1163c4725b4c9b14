"""A task's `Credentials` without the ARN of a role.

`Credentials` is an object with `RoleArn`, the role of another account that the task runs with. AWS says
`The field 'RoleArn' is required but was missing at /States/S/Credentials`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "Credentials": {"Role": "arn:aws:iam::111122223333:role/r"}, "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "Credentials": "arn:aws:iam::111122223333:role/r", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "Credentials": {"RoleArn": "arn:aws:iam::111122223333:role/r"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "Credentials": {"RoleArn.$": "$.role"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.seconds import may_be_expression
from sfn_dsl.rules.subject import Subject

__all__ = ["bad_credentials"]


@rule("SFN136", "task-credentials-rolearn", "task-credentials-type", aws_code="SCHEMA_VALIDATION_FAILED")
def bad_credentials(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        if "Credentials" not in state.body:
            continue
        pointer, value = state.at("Credentials"), state.body["Credentials"]
        if isinstance(value, dict):
            if "RoleArn" in value:
                if not isinstance(value["RoleArn"], str):
                    message = f"`RoleArn` in the `Credentials` of task `{state.name}` is not a text"
                    yield Finding(state.at("Credentials", "RoleArn"), message, "write the role's ARN", "task-credentials-type")
            elif state.jsonata or "RoleArn.$" not in value:
                message = f"`Credentials` of task `{state.name}` has no `RoleArn`"
                yield Finding(pointer, message, "add `RoleArn` with the role's ARN", "task-credentials-rolearn")
        elif not (state.jsonata and may_be_expression(value)) and not (isinstance(value, str) and subject.is_open(value)):
            message = f"`Credentials` of task `{state.name}` is not an object"
            yield Finding(pointer, message, "write an object with `RoleArn`", "task-credentials-type")
