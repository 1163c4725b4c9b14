"""A `TimeoutSeconds` or `HeartbeatSeconds` of a task that is not a whole number from 1 to 99999999.

In a JSONata state an expression that gives such a number is right too, but not a number in quotes.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "TimeoutSeconds": 0, "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "HeartbeatSeconds": 100000000, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"},
           "TimeoutSeconds": "60", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"},
           "TimeoutSeconds": "{% $states.input.timeout %}", "HeartbeatSeconds": 5, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.seconds import MOST_SECONDS, known_later, whole
from sfn_dsl.rules.subject import State, Subject

__all__ = ["bad_task_seconds"]

_FIELDS = {"TimeoutSeconds": "task-timeout", "HeartbeatSeconds": "task-heartbeat"}


@rule(
    "SFN134",
    "task-timeout-zero",
    "task-timeout-max",
    "task-timeout-type",
    "task-heartbeat-zero",
    "task-heartbeat-max",
    "task-heartbeat-type",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def bad_task_seconds(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        for field in _FIELDS:
            if field in state.body:
                yield from _wrong(subject, state, field)


def _wrong(subject: Subject, state: State, field: str) -> Iterator[Finding]:
    value = state.body[field]
    seconds = whole(value)
    if seconds is None:
        if known_later(subject, state, value):
            return
        message, kind = "is not a whole number", "type"
    elif seconds < 1:
        message, kind = "is less than 1", "zero"
    elif seconds > MOST_SECONDS:
        message, kind = f"is more than {MOST_SECONDS}", "max"
    else:
        return
    help = f"write a whole number from 1 to {MOST_SECONDS}"
    yield Finding(state.at(field), f"`{field}` of task `{state.name}` {message}", help, f"{_FIELDS[field]}-{kind}")
