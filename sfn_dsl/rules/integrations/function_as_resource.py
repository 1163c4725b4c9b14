"""A Lambda function's ARN as Resource, the old way of calling one.

`arn:aws:states:::lambda:invoke` with `FunctionName` is what AWS recommends: it tells the status and the version, and its payload
can be chosen. With the ARN the result is what the function returns, without `Payload` around it.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import arn_of, resources
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["function_as_resource"]


@rule("SFN190", "bp-function-as-resource", severity=Severity.INFO, practice=True)
def function_as_resource(subject: Subject) -> Iterator[Finding]:
    for state, text in resources(subject):
        arn = arn_of(text)
        if arn is not None and arn.service == "lambda" and arn.rest.startswith("function:"):
            help = "use `arn:aws:states:::lambda:invoke`; its result is in `Payload`"
            yield Finding(state.at("Resource"), f"state `{state.name}` calls a Lambda function by its ARN as `Resource`", help)
