"""A Wait of five minutes or more in an Express execution.

An Express execution ends after five minutes with `States.Timeout`, so one that comes to such a Wait never comes out of it. Children
of a distributed Map with `ExecutionType` `EXPRESS` are Express executions too.

Fails (EXPRESS):
    {"A": {"Type": "Wait", "Seconds": 300, "End": true}}
Passes (EXPRESS):
    {"A": {"Type": "Wait", "Seconds": 30, "End": true}}
Passes:
    {"A": {"Type": "Wait", "Seconds": 300, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.loops import integer, runs_express
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["express_wait_too_long"]


@rule("SFN406", "express-wait-too-long", severity=Severity.WARNING)
def express_wait_too_long(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Wait"):
        seconds = integer(state.get("Seconds"))
        if seconds is not None and 300 <= seconds <= 99_999_999 and runs_express(subject, state):
            yield Finding(
                state.at("Seconds"),
                f"`{state.name}` waits {seconds:,} seconds, and an Express execution ends after 300",
                "use a Standard machine, or a shorter wait",
            )
