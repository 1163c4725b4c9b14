"""A state whose failure nothing handles.

Without `Catch` a failure ends the execution: nobody is told and nothing is cleaned up. That may be meant, as only such an execution
can be redriven at the state that failed. A state that retries every error and then gives up is told as `bp-retry-all-no-catch`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}
Fails:
    {"A": {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Task", "End": true,
           "Resource": "arn:aws:states:::lambda:invoke"}}}], "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]}, "Z": {"Type": "Fail"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.entries import states_with_errors
from sfn_dsl.rules.errors.retry_all_no_catch import retries_all
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["no_catch"]


@rule("SFN318", "bp-no-catch", severity=Severity.INFO, practice=True)
def no_catch(subject: Subject) -> Iterator[Finding]:
    outermost: dict[int, State] = {}
    working: set[int] = set()
    for state in subject.states:
        around = outermost.get(id(state.scope), state)
        outermost.update((id(scope), around) for scope in state.inner)
        if state.type == "Task":
            working.add(id(around))
    for state in states_with_errors(subject):
        if id(state) in working and not state.body.get("Catch") and not retries_all(state):
            text = f"nothing handles a failure of `{state.name}`"
            yield Finding(state.pointer, text, "add a catcher that goes to a handler")
