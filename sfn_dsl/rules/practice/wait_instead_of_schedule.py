"""A single Wait of more than 30 days.

An execution that waits runs the definition it was started with, whatever is deployed meanwhile, and counts among the open
executions. A schedule that starts an execution when it is time has none of this.

Fails:
    {"A": {"Type": "Wait", "Seconds": 5184000, "End": true}}
Passes:
    {"A": {"Type": "Wait", "Seconds": 86400, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.loops import integer, runs_express
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["wait_instead_of_schedule"]

MONTH = 30 * 86_400
YEAR = 31_536_000


@rule("SFN710", "wait-instead-of-schedule", severity=Severity.INFO, practice=True)
def wait_instead_of_schedule(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Wait"):
        seconds = integer(state.get("Seconds"))
        if seconds is not None and MONTH < seconds <= YEAR and not runs_express(subject, state):
            yield Finding(
                state.at("Seconds"),
                f"`{state.name}` waits {seconds // 86_400} days",
                "start an execution when it is time, with EventBridge Scheduler",
            )
