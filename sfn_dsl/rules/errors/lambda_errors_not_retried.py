"""A Lambda task that does not retry the errors of the Lambda service itself.

Lambda fails now and then with `Lambda.ServiceException`, `Lambda.AWSLambdaException` or `Lambda.SdkClientException`, whatever the
function does. AWS's best practice is to retry them on every Lambda task.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true,
           "Retry": [{"ErrorEquals": ["Lambda.ServiceException"]}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true,
           "Retry": [{"ErrorEquals": ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"]}]}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.calls import call_of
from sfn_dsl.rules.errors.entries import ALL, TASK_FAILED, entries_of, retries
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["lambda_errors_not_retried", "unretried_lambda_errors"]

_ERRORS: Final = ("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException")


@rule("SFN315", "bp-lambda-transient-retry", severity=Severity.WARNING, practice=True)
def lambda_errors_not_retried(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        missing = unretried_lambda_errors(state)
        if missing:
            text = f"`{state.name}` does not retry {', '.join(f'`{name}`' for name in missing)}"
            yield Finding(state.pointer, text, "add a retrier for errors of the Lambda service")


def unretried_lambda_errors(state: State) -> list[str]:
    """The errors of the Lambda service that a Lambda task does not retry; none for other states."""
    call = call_of(state)
    if call is None or call.service != "lambda":
        return []
    named = {name for entry in entries_of(state, "Retry") if retries(entry) for name in entry.names}
    return [] if named & {ALL, TASK_FAILED} else [name for name in _ERRORS if name not in named]
