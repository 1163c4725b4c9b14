"""A `TimeoutSeconds` of more than five minutes in an Express execution, where it has no effect.

An Express execution ends after five minutes whatever its definition says. Who writes more expects more.

Fails (EXPRESS):
    {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "TimeoutSeconds": 900, "End": true}}
Fails (EXPRESS):
    {"StartAt": "A", "TimeoutSeconds": 3600, "States": {"A": {"Type": "Succeed"}}}
Passes (EXPRESS):
    {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "TimeoutSeconds": 60, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.loops import integer, runs_express
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["express_timeout_too_long"]


@rule("SFN407", "express-timeout-too-long", severity=Severity.WARNING)
def express_timeout_too_long(subject: Subject) -> Iterator[Finding]:
    seconds = integer(subject.root.get("TimeoutSeconds"))
    if subject.type == "EXPRESS" and seconds is not None and 300 < seconds <= 99_999_999:
        yield Finding(
            "/TimeoutSeconds",
            f"`TimeoutSeconds` {seconds:,} of an Express machine has no effect: an execution ends after 300 seconds",
            "use a Standard machine, or at most 300",
        )
    for state in subject.of_type("Task"):
        seconds = integer(state.get("TimeoutSeconds"))
        if seconds is not None and 300 < seconds <= 99_999_999 and runs_express(subject, state):
            yield Finding(
                state.at("TimeoutSeconds"),
                f"`TimeoutSeconds` {seconds:,} of `{state.name}` has no effect: an Express execution ends after 300 seconds",
                "use a Standard machine, or at most 300",
            )
