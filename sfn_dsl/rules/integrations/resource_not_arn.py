"""A Resource that is no ARN.

`Resource` is a constant text: the ARN of a service integration, of an activity or of a Lambda function. AWS
refuses anything else: "The resource provided ... is not recognized. The value is not a valid resource ARN, or the resource is
not available in this region."

Fails:
    {"A": {"Type": "Task", "Resource": "my-function", "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import arn_of, resources
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["resource_not_arn"]

_LONG = 80


@rule("SFN170", "task-resource-not-arn", aws_code="SCHEMA_VALIDATION_FAILED")
def resource_not_arn(subject: Subject) -> Iterator[Finding]:
    for state, text in resources(subject):
        arn = arn_of(text)
        pointer = state.at("Resource")
        if arn is None or any(character.isspace() for character in text):
            help = "use an ARN such as `arn:aws:states:::lambda:invoke`"
            yield Finding(pointer, f"`Resource` of state `{state.name}` is not an ARN: `{text[:_LONG]}`", help)
        elif arn.service == "states" and not subject.is_open(arn.rest):
            service, _, action = arn.rest.removeprefix("aws-sdk:").partition(":")
            if not service or not action:
                help = "write `arn:aws:states:::<service>:<action>`"
                yield Finding(pointer, f"`Resource` of state `{state.name}` names no action: `{text[:_LONG]}`", help)
