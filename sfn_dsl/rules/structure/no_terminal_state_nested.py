"""A branch or an iteration in which no state ends it.

AWS asks for a terminal state at the top level only, and takes such a branch; but it goes round until it fails or times out.

Fails:
    {"A": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "B"}}}]}}
Passes:
    {"A": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}]}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.walk import has_end, is_open_ended, successors
from sfn_dsl.rules.subject import Subject

__all__ = ["no_terminal_state_nested"]


@rule("SFN129", "no-terminal-state-nested", severity=Severity.WARNING)
def no_terminal_state_nested(subject: Subject) -> Iterator[Finding]:
    for scope in subject.scopes:
        parent = scope.parent
        if parent is None or not scope.states or has_end(scope):
            continue
        states = scope.states.values()
        leaving = any(target not in scope.states for state in states for target in successors(state))
        if len(states) == len(scope.body["States"]) and not leaving and not any(is_open_ended(state) for state in states):
            part = "a branch" if scope.kind == "branch" else "the processor"
            message = f"no state ends {part} of `{parent.name}`"
            yield Finding(pointer_to(scope.pointer, "States"), message, 'add `"End": true` to the last state')
