"""A parameter that should be the ARN or name of a function, state machine or topic, and is neither.

`StateMachineArn` and `TopicArn` take nothing but an ARN; `FunctionName`, `JobQueue`, `JobDefinition`, `Cluster` and
`TaskDefinition` a name as well. AWS takes such a definition; the call fails.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"TopicArn": "alarms", "Message": "m"},
           "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:111122223333:f"}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f:live"}, "End": true}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import arn_of
from sfn_dsl.rules.integrations.named_resources import NamedResource, named_resources
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["parameter_arn_malformed"]

_RESTS = {
    "Cluster": re.compile(r"cluster/\S+"),
    "FunctionName": re.compile(r"function:[^:\s]+(:[^:\s]+)?"),
    "JobDefinition": re.compile(r"job-definition/\S+"),
    "JobQueue": re.compile(r"job-queue/\S+"),
    "StateMachineArn": re.compile(r"(stateMachine|express):\S+"),
    "TaskDefinition": re.compile(r"task-definition/\S+"),
    "TopicArn": re.compile(r"[^:\s]+"),
}
_FORMS = {
    "Cluster": "arn:aws:ecs:<region>:<account>:cluster/<name>",
    "FunctionName": "arn:aws:lambda:<region>:<account>:function:<name>",
    "JobDefinition": "arn:aws:batch:<region>:<account>:job-definition/<name>:<revision>",
    "JobQueue": "arn:aws:batch:<region>:<account>:job-queue/<name>",
    "StateMachineArn": "arn:aws:states:<region>:<account>:stateMachine:<name>",
    "TaskDefinition": "arn:aws:ecs:<region>:<account>:task-definition/<family>:<revision>",
    "TopicArn": "arn:aws:sns:<region>:<account>:<name>",
}


@rule("SFN184", "task-parameter-arn", severity=Severity.WARNING)
def parameter_arn_malformed(subject: Subject) -> Iterator[Finding]:
    for one in named_resources(subject):
        if not _is_right(one):
            message = f"`{one.parameter}` is not the ARN it should be: `{one.text[:120]}`"
            yield Finding(one.pointer, message, f"write `{_FORMS[one.parameter]}`")


def _is_right(one: NamedResource) -> bool:
    if not one.text.startswith("arn:"):
        return not one.parameter.endswith("Arn")
    arn = arn_of(one.text)
    return arn is not None and arn.service == one.service and _RESTS[one.parameter].fullmatch(arn.rest) is not None
