"""An HTTP task with a `TimeoutSeconds` of more than 60.

AWS ends the call of an HTTP task after 60 seconds with `States.Http.Socket`, whatever the timeout of the state is.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": {"ApiEndpoint": "https://example.com/a",
     "Method": "GET", "Authentication": {"ConnectionArn": "arn:aws:events:us-east-1:111122223333:connection/c/1"}},
     "TimeoutSeconds": 120, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": {"ApiEndpoint": "https://example.com/a",
     "Method": "GET", "Authentication": {"ConnectionArn": "arn:aws:events:us-east-1:111122223333:connection/c/1"}},
     "TimeoutSeconds": 60, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.loops import integer
from sfn_dsl.rules.limits.results import call_of
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["http_timeout_too_long"]


@rule("SFN409", "http-timeout-too-long", severity=Severity.WARNING)
def http_timeout_too_long(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        seconds = integer(state.get("TimeoutSeconds"))
        if seconds is not None and 60 < seconds <= 99_999_999 and call_of(state) == "http:invoke":
            yield Finding(
                state.at("TimeoutSeconds"),
                f"`TimeoutSeconds` {seconds:,} of `{state.name}` has no effect: an HTTP call ends after 60 seconds",
                "set at most 60; let the service answer at once and call back for what takes longer",
            )
