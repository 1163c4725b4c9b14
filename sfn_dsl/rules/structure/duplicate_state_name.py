"""Two states of the same name in different blocks of one definition.

Names of states are unique in the whole state machine, those inside Parallel and Map included. AWS answers `DUPLICATE_STATE_NAME`.

Fails:
    {"A": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]}}
Passes:
    {"A": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["duplicate_state_name"]


@rule("SFN124", "duplicate-state-name-nested", aws_code="DUPLICATE_STATE_NAME")
def duplicate_state_name(subject: Subject) -> Iterator[Finding]:
    if len(subject.scopes) < 2:
        return
    first: dict[str, str] = {}
    for state in subject.states:
        if state.name in first and not subject.is_open(state.name):
            where = f"there is one at `{first[state.name]}` already"
            yield Finding(state.pointer, f"there are two states named `{state.name}`", f"rename it: {where}")
        first.setdefault(state.name, state.pointer)
