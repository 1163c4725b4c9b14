"""A literal name for an execution that is too long or has characters that names may not have.

StartExecution refuses such a name when the task runs. Names have 1 to 80 characters and no blanks, control characters or any of
`< > { } [ ] ? * " # % \\ ^ | ~ $ & , ; : /` and the back-tick.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"Name": "daily run",
     "StateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"Name": "daily-run",
     "StateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m"}, "End": true}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.results import call_of
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["execution_name_invalid"]

CALLS = ("states:startexecution", "sfn:startexecution", "sfn:startsyncexecution")
FORBIDDEN = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@rule("SFN411", "execution-name-invalid", severity=Severity.WARNING)
def execution_name_invalid(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        if not call_of(state).startswith(CALLS):
            continue
        field = "Arguments" if state.jsonata else "Parameters"
        parameters = state.get(field)
        name = parameters.get("Name") if isinstance(parameters, dict) else None
        if not isinstance(name, str) or subject.is_open(name) or (state.jsonata and name.startswith("{%")):
            continue
        wrong = FORBIDDEN.search(name)
        if wrong or not 1 <= len(name) <= 80:
            fault = f"has the character {wrong[0]!a}" if wrong else f"has {len(name)} characters"
            yield Finding(
                state.at(field, "Name"),
                f"the name of the execution that `{state.name}` starts {fault}",
                "use 1 to 80 letters, digits, `-`, `_` and `.`",
            )
