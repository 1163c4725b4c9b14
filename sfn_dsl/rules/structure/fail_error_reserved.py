"""A Fail state whose `Error` begins with `States.`, as only errors of Step Functions itself should.

AWS takes it. Whoever catches the error cannot tell it from one of Step Functions' own.

Fails:
    {"A": {"Type": "Fail", "Error": "States.Broken"}}
Passes:
    {"A": {"Type": "Fail", "Error": "Broken"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["fail_error_reserved"]


@rule("SFN147", "fail-error-states-prefix", severity=Severity.WARNING)
def fail_error_reserved(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Fail"):
        error = state.get("Error")
        if isinstance(error, str) and error.startswith("States."):
            message = f"the `Error` of fail `{state.name}` begins with `States.`, which is reserved"
            yield Finding(state.at("Error"), message, "use a name of your own")
