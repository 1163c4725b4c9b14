"""A wait or a timeout of more than a year, in a Standard machine.

A Standard execution ends after a year. `TimeoutSeconds` 99999999 is what AWS takes for "no timeout", so that is not reported.

Fails:
    {"A": {"Type": "Wait", "Seconds": 40000000, "End": true}}
Fails:
    {"StartAt": "A", "TimeoutSeconds": 40000000, "States": {"A": {"Type": "Succeed"}}}
Passes:
    {"A": {"Type": "Wait", "Seconds": 86400, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.model import Json
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.loops import integer, runs_express
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["longer_than_a_year"]

YEAR = 31_536_000
DEFAULT = 99_999_999


@rule("SFN408", "wait-over-a-year", "timeout-over-a-year", severity=Severity.WARNING)
def longer_than_a_year(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Wait"):
        if _too_long(state.get("Seconds"), DEFAULT) and not runs_express(subject, state):
            yield Finding(
                state.at("Seconds"),
                f"`{state.name}` waits {state.get('Seconds'):,} seconds, and an execution ends after a year",
                "start an execution when it is time, with EventBridge Scheduler",
                "wait-over-a-year",
            )
    if subject.type == "STANDARD" and _too_long(subject.root.get("TimeoutSeconds"), DEFAULT - 1):
        yield Finding(
            "/TimeoutSeconds",
            "`TimeoutSeconds` is more than a year, after which an execution ends anyhow",
            "",
            "timeout-over-a-year",
        )
    for state in subject.of_type("Task"):
        if _too_long(state.get("TimeoutSeconds"), DEFAULT - 1) and not runs_express(subject, state):
            yield Finding(
                state.at("TimeoutSeconds"),
                f"`TimeoutSeconds` of `{state.name}` is more than a year, after which an execution ends anyhow",
                "write how long the task may take",
                "timeout-over-a-year",
            )


def _too_long(value: Json, most: int) -> bool:
    number = integer(value)
    return number is not None and YEAR < number <= most
