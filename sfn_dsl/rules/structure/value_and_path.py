"""A field and its `Path` form in the same state.

A value is either written out or read from the input: AWS says `There should only be one of the following fields`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "TimeoutSeconds": 60, "TimeoutSecondsPath": "$.timeout", "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "HeartbeatSeconds": 60, "HeartbeatSecondsPath": "$.beat", "End": true}}
Fails:
    {"A": {"Type": "Fail", "Error": "Bad", "ErrorPath": "$.error"}}
Fails:
    {"A": {"Type": "Fail", "Cause": "bad", "CausePath": "$.cause"}}
Passes:
    {"A": {"Type": "Fail", "Error": "Bad", "CausePath": "$.cause"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["value_and_path"]

_PAIRS = {
    "Task": [("TimeoutSeconds", "task-timeout-both"), ("HeartbeatSeconds", "task-heartbeat-both")],
    "Fail": [("Error", "fail-error-both"), ("Cause", "fail-cause-both")],
}


@rule(
    "SFN133",
    "task-timeout-both",
    "task-heartbeat-both",
    "fail-error-both",
    "fail-cause-both",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def value_and_path(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type(*_PAIRS):
        for field, name in _PAIRS[state.type or ""]:
            if field in state.body and f"{field}Path" in state.body and not state.jsonata:
                message = f"state `{state.name}` has both `{field}` and `{field}Path`"
                yield Finding(state.at(f"{field}Path"), message, "keep one of them", name)
