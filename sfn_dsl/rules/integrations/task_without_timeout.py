"""A Task without a timeout.

By default a Task may take 99999999 seconds, so that one that hangs holds its execution for as long as a year. Tasks that wait for a
token and have no heartbeat are told of by `bp-callback-no-heartbeat`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true,
           "TimeoutSeconds": 60}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["task_without_timeout"]

_LIMITS = ("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath")


@rule("SFN193", "bp-task-no-timeout", severity=Severity.INFO, practice=True)
def task_without_timeout(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        resource = state.get("Resource")
        waits = isinstance(resource, str) and resource.endswith(".waitForTaskToken")
        if not waits and not any(field in state.body for field in _LIMITS):
            yield Finding(state.pointer, f"the Task `{state.name}` has no timeout", "set `TimeoutSeconds`")
