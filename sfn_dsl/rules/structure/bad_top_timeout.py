"""A `TimeoutSeconds` of the whole state machine that is not a whole number from 0 to 99999999.

At the top level it is a plain number, never an expression or a path, whatever the query language. AWS says
`Maximum value is 99999999`.

Fails:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "TimeoutSeconds": 100000000}
Fails:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "TimeoutSeconds": "60"}
Fails:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "TimeoutSeconds": -1}
Passes:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "TimeoutSeconds": 3600}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.seconds import MOST_SECONDS, whole
from sfn_dsl.rules.subject import Subject

__all__ = ["bad_top_timeout"]


@rule("SFN117", "top-timeout-max", "top-timeout-min", "top-timeout-type", aws_code="SCHEMA_VALIDATION_FAILED")
def bad_top_timeout(subject: Subject) -> Iterator[Finding]:
    if "TimeoutSeconds" not in subject.root:
        return
    value = subject.root["TimeoutSeconds"]
    if isinstance(value, str) and subject.is_open(value):
        return
    seconds = whole(value)
    help = f"write a whole number up to {MOST_SECONDS}"
    if seconds is None:
        message, name = "`TimeoutSeconds` of the state machine is not a whole number", "top-timeout-type"
    elif seconds > MOST_SECONDS:
        message, name = f"`TimeoutSeconds` of the state machine is more than {MOST_SECONDS}", "top-timeout-max"
    elif seconds < 0:
        message, name = "`TimeoutSeconds` of the state machine is negative", "top-timeout-min"
    else:
        return
    yield Finding("/TimeoutSeconds", message, help, name)
