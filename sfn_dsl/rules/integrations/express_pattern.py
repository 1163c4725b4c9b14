"""A Task of an Express machine that waits for a job, for a token or for an activity.

Express machines only send requests. AWS refuses: "Express state machine does not support '.sync' service integration", the same for
`.waitForTaskToken`, and "does not support Activity ARN".

Fails (EXPRESS):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": true}}
Fails (EXPRESS):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:111122223333:activity:approve", "End": true}}
Fails (EXPRESS):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
           "Parameters": {"QueueUrl.$": "$.url", "MessageBody": {"token.$": "$$.Task.Token"}}}}
Passes (EXPRESS):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "Parameters": {"JobName": "j"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.services import Pattern
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import arn_of, calls, resources
from sfn_dsl.rules.integrations.pattern_not_supported import is_unsupported
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["express_pattern", "waiting_tasks"]


@rule("SFN182", "express-sync", "express-wait-for-token", "express-activity", aws_code="SCHEMA_VALIDATION_FAILED")
def express_pattern(subject: Subject) -> Iterator[Finding]:
    if subject.type != "EXPRESS":
        return
    for state, name, what in waiting_tasks(subject):
        message = f"an Express machine does not support {what}, as in state `{state.name}`"
        help = "use a Standard machine" if name == "express-activity" else "send the request only, or use a Standard machine"
        yield Finding(state.at("Resource"), message, help, name)


def waiting_tasks(subject: Subject) -> Iterator[tuple[State, str, str]]:
    """Tasks that Express executions cannot run: the state, the name of the finding, and what it is in words."""
    for call in calls(subject):
        if call.suffix and not is_unsupported(call):
            name = "express-wait-for-token" if call.pattern is Pattern.CALLBACK else "express-sync"
            yield call.state, name, f"`{call.suffix}`"
    for state, text in resources(subject):
        arn = arn_of(text)
        if arn is not None and arn.service == "states" and arn.rest.startswith("activity:"):
            yield state, "express-activity", "activities"
