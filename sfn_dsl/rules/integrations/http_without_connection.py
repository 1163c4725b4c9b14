"""An HTTP task without a connection to authenticate with.

`http:invoke` needs an EventBridge connection in `Authentication.ConnectionArn`, or in `InvocationConfig.ConnectionArn` for a
private API. The call fails without one.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true,
           "Parameters": {"ApiEndpoint": "https://example.com", "Method": "GET"}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true,
           "Parameters": {"ApiEndpoint": "https://example.com", "Method": "GET", "Authentication": {"ConnectionArn.$": "$.c"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import calls
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["http_without_connection"]

_FIELDS = ("Authentication", "InvocationConfig", "Authentication.$", "InvocationConfig.$")


@rule("SFN186", "http-without-connection", severity=Severity.WARNING)
def http_without_connection(subject: Subject) -> Iterator[Finding]:
    for call in calls(subject):
        payload = call.payload
        if call.name == "http:invoke" and isinstance(payload, dict) and not any(field in payload for field in _FIELDS):
            message = f"the HTTP task `{call.state.name}` has no `Authentication`"
            yield Finding(call.state.at(call.field), message, "add `Authentication` with the `ConnectionArn` of a connection")
