"""A retry on any error of a task whose repetition does the work twice.

After a time-out, or an error on the way back, the call may have had its effect: a second `sns:publish` sends a second message, a
second `startExecution` without a name starts a second execution. Retry the errors that say that nothing happened, or give the call
a token or name by which the service knows a repetition. A `.sync` job that is retried on `States.TaskFailed` alone has ended and
may run again.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true,
           "Parameters": {"TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Message": "m"},
           "Retry": [{"ErrorEquals": ["States.ALL"]}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
           "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m"},
           "Retry": [{"ErrorEquals": ["States.Timeout"]}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true,
           "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m", "Name.$": "$$.Execution.Name"},
           "Retry": [{"ErrorEquals": ["States.ALL"]}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true,
           "Parameters": {"TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Message": "m"},
           "Retry": [{"ErrorEquals": ["SNS.ThrottledException"]}]}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_dsl.asl.services import Pattern, Resource
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.calls import call_of, given, parameters_of
from sfn_dsl.rules.errors.entries import ALL, TASK_FAILED, TIMEOUT, entries_of, retries
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["non_idempotent_retry"]

# Actions that do something anew each time, and the parameter by which the service knows a repetition, where there is one.
_ACTIONS: Final[Mapping[str, str]] = {
    "athena:startQueryExecution": "ClientRequestToken",
    "batch:submitJob": "",
    "codebuild:startBuild": "IdempotencyToken",
    "codebuild:startBuildBatch": "IdempotencyToken",
    "databrew:startJobRun": "",
    "ecs:runTask": "ClientToken",
    "elasticmapreduce:addStep": "",
    "elasticmapreduce:createCluster": "",
    "emr:addJobFlowSteps": "",
    "emr:runJobFlow": "",
    "emr-containers:startJobRun": "ClientToken",
    "emr-serverless:startJobRun": "ClientToken",
    "emrcontainers:startJobRun": "ClientToken",
    "emrserverless:startJobRun": "ClientToken",
    "eventbridge:putEvents": "",
    "events:putEvents": "",
    "firehose:putRecord": "",
    "glue:startJobRun": "JobRunId",
    "kinesis:putRecord": "",
    "mediaconvert:createJob": "ClientRequestToken",
    "redshiftdata:batchExecuteStatement": "ClientToken",
    "redshiftdata:executeStatement": "ClientToken",
    "sfn:startExecution": "Name",
    "sns:publish": "MessageDeduplicationId",
    "sqs:sendMessage": "MessageDeduplicationId",
    "states:startExecution": "Name",
}
_TOPICS: Final = ("TopicArn", "QueueUrl")


@rule("SFN314", "bp-retry-non-idempotent", severity=Severity.WARNING, practice=True)
def non_idempotent_retry(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        call = call_of(state) if "Retry" in state.body else None
        parameters = parameters_of(state)
        if call is None or parameters is None or not _does_it_again(call, parameters):
            continue
        broad = {ALL, TIMEOUT} if call.pattern in (Pattern.SYNC, Pattern.SYNC_2) else {ALL, TIMEOUT, TASK_FAILED}
        for entry in entries_of(state, "Retry"):
            names = [name for name in entry.names if name in broad]
            if names and retries(entry):
                token = _ACTIONS.get(f"{call.service}:{call.action}", "")
                place = entry.at("ErrorEquals", entry.body["ErrorEquals"].index(names[0]))
                text = f"a retry on `{names[0]}` may do `{call.service}:{call.action}` twice"
                help = f"give `{token}`, or " if token and token != "JobRunId" else ""
                yield Finding(place, text, f"{help}retry only errors that say that nothing was done, such as throttling")


def _does_it_again(call: Resource, parameters: Mapping[str, Any]) -> bool:
    action = f"{call.service}:{call.action}"
    if action == "dynamodb:updateItem":
        update = parameters.get("UpdateExpression")
        # A condition is how such an update is made safe to repeat; what it says is not judged here.
        if given(parameters, "ConditionExpression"):
            return False
        return isinstance(update, str) and any(part in update for part in ("ADD ", "list_append", " + ", " - "))
    token = _ACTIONS.get(action)
    if token is None or (token and given(parameters, token)):
        return False
    ends = [parameters.get(name) for name in _TOPICS]
    return not any(isinstance(end, str) and end.endswith(".fifo") for end in ends)
