"""A `.waitForTaskToken` task without a heartbeat.

When the worker that holds the token dies, nobody answers, and the execution waits until the task times out, a year by default. With
`HeartbeatSeconds` it ends as soon as SendTaskHeartbeat stops coming.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
           "Parameters": {"QueueUrl.$": "$.url", "MessageBody": {"token.$": "$$.Task.Token"}}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true, "HeartbeatSeconds": 600,
           "Parameters": {"QueueUrl.$": "$.url", "MessageBody": {"token.$": "$$.Task.Token"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.services import Pattern
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import calls
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["callback_without_heartbeat"]


@rule("SFN192", "bp-callback-no-heartbeat", severity=Severity.WARNING, practice=True)
def callback_without_heartbeat(subject: Subject) -> Iterator[Finding]:
    for call in calls(subject):
        body = call.state.body
        if call.pattern is Pattern.CALLBACK and "HeartbeatSeconds" not in body and "HeartbeatSecondsPath" not in body:
            message = f"state `{call.state.name}` waits for a task token without a heartbeat"
            yield Finding(call.state.pointer, message, "set `HeartbeatSeconds`")
