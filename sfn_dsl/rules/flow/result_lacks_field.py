"""A field that the result of a service call does not have.

What a service answers is known from its API: the fields are in PascalCase, and for `.sync` they are those of the finished job.
Reading another one fails: in JSONPath with `States.Runtime`, which nothing handles, in JSONata with
`States.QueryEvaluationError`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"},
           "ResultSelector": {"run.$": "$.JobRunId"}, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Arguments": {"TopicArn": "t", "Message": "m"},
           "Output": "{% $states.result.messageId %}", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"},
           "ResultSelector": {"run.$": "$.Id"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "ResultSelector": {"run.$": "$.Payload.anything"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.telling import distinct, hint, path_of
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["result_lacks_field"]


@rule("SFN212", "result-lacks-field", severity=Severity.WARNING)
def result_lacks_field(subject: Subject) -> Iterator[Finding]:
    for read in distinct(flow_of(subject).reads):
        holder = read.found.holder
        if not read.absent or read.test or read.part or holder is None or not holder.origin:
            continue
        call = holder.origin.partition(":::")[2]
        step = read.steps[read.found.at]
        what = f"has no field `{step}`" if isinstance(step, str) else "is no array there"
        message = f"`{path_of(read)}` cannot be there: the result of `{call}` {what}"
        yield Finding(read.pointer, message, hint(read))
