"""A state that retries every error and then has no catcher.

A retry on `States.ALL` says that any failure is expected here, but when the attempts are used up nothing handles it, neither here
nor in a state around it.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": ["States.ALL"]}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": ["States.ALL"]}],
           "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]}, "Z": {"Type": "Fail"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.entries import ALL, entries_of, retries
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["retries_all", "retry_all_no_catch"]


@rule("SFN319", "bp-retry-all-no-catch", severity=Severity.WARNING, practice=True)
def retry_all_no_catch(subject: Subject) -> Iterator[Finding]:
    caught: dict[int, bool] = {}
    for state in subject.states:
        around = caught.get(id(state.scope), False) or bool(state.body.get("Catch"))
        caught.update((id(scope), around) for scope in state.inner)
        if not around and state.type in ("Task", "Parallel", "Map") and retries_all(state):
            text = f"`{state.name}` retries every error, but nothing handles the last failure"
            yield Finding(state.pointer, text, "add a catcher for what is left after the retries")


def retries_all(state: State) -> bool:
    """Whether a state retries `States.ALL`."""
    return any(ALL in entry.names and retries(entry) for entry in entries_of(state, "Retry"))
