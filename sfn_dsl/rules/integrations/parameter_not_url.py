"""A parameter that should be a URL and is none, or a URL of the wrong scheme.

`QueueUrl` of SQS is a URL, not the queue's name or ARN. `ApiEndpoint` of `http:invoke` starts with `https://`; that of
`apigateway:invoke` is a host name without a scheme. AWS takes such a definition; the call fails.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
           "Parameters": {"QueueUrl": "arn:aws:sqs:us-east-1:111122223333:q", "MessageBody": "m"}}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true,
           "Parameters": {"ApiEndpoint": "http://example.com", "Method": "GET", "Authentication": {"ConnectionArn.$": "$.c"}}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
           "Parameters": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q", "MessageBody": "m"}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import calls, is_dynamic
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["parameter_not_url"]


@rule("SFN185", "task-parameter-url", severity=Severity.WARNING)
def parameter_not_url(subject: Subject) -> Iterator[Finding]:
    for call in calls(subject):
        parameter = "QueueUrl" if call.service == "sqs" else "ApiEndpoint"
        payload = call.payload
        text = payload.get(parameter) if isinstance(payload, dict) else None
        if not isinstance(text, str) or is_dynamic(subject, call.state, text):
            continue
        pointer = call.state.at(call.field, parameter)
        if call.service == "sqs" and not text.startswith(("https://", "http://")):
            help = "write `https://sqs.<region>.amazonaws.com/<account>/<queue>`"
            yield Finding(pointer, f"`QueueUrl` is not a URL: `{text[:120]}`", help)
        elif call.name == "http:invoke" and not text.startswith("https://"):
            yield Finding(pointer, f"`ApiEndpoint` of an HTTP task is not an `https://` URL: `{text[:120]}`", "use `https://`")
        elif call.name == "apigateway:invoke" and "://" in text:
            message = f"`ApiEndpoint` of `apigateway:invoke` has a scheme: `{text[:120]}`"
            yield Finding(pointer, message, "write the host name only")
