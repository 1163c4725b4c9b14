"""A task whose `HeartbeatSeconds` is not less than its `TimeoutSeconds`.

The task would time out before the first heartbeat is missed, so that the heartbeat says nothing; AWS refuses it.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "TimeoutSeconds": 60, "HeartbeatSeconds": 60, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "TimeoutSeconds": 60, "HeartbeatSeconds": 10, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.seconds import MOST_SECONDS, whole
from sfn_dsl.rules.subject import Subject

__all__ = ["heartbeat_not_below_timeout"]


@rule("SFN135", "task-heartbeat-ge-timeout", aws_code="SCHEMA_VALIDATION_FAILED")
def heartbeat_not_below_timeout(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        if "HeartbeatSeconds" not in state.body or "TimeoutSeconds" not in state.body:
            continue
        heartbeat, timeout = whole(state.body["HeartbeatSeconds"]), whole(state.body["TimeoutSeconds"])
        if heartbeat is not None and timeout is not None and 1 <= timeout <= heartbeat <= MOST_SECONDS:
            message = f"`HeartbeatSeconds` of task `{state.name}` is {heartbeat}, not less than its `TimeoutSeconds`, {timeout}"
            yield Finding(state.at("HeartbeatSeconds"), message, "make the heartbeat shorter than the timeout")
