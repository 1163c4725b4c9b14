"""A state machine in which no state ends it.

At the top level a Succeed or Fail state, or a state with `"End": true`, must exist. AWS answers
`MISSING_END_STATE: Workflow has no terminal state`.

Fails:
    {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
Fails:
    {"A": {"Type": "Pass", "Next": "Nowhere"}}
Passes:
    {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.walk import has_end, is_open_ended
from sfn_dsl.rules.subject import Subject

__all__ = ["no_terminal_state"]


@rule("SFN128", "no-terminal-state", aws_code="MISSING_END_STATE")
def no_terminal_state(subject: Subject) -> Iterator[Finding]:
    scope = subject.scopes[0]
    states = scope.states.values()
    if not states or len(states) != len(scope.body["States"]):
        return
    if not has_end(scope) and not any(is_open_ended(state) for state in states):
        yield Finding("/States", "no state ends the state machine", 'add a Succeed state, or `"End": true` to the last one')
