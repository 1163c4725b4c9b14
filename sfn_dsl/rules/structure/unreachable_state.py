"""A state that no way from StartAt leads to.

AWS walks from `StartAt` along Next, Choices, Default and Catch, within each block of states, and refuses a definition with a state
that it does not meet. Two states that only point at each other, or a state that only points at itself, are not reached either. At
the top level AWS leaves the walk out where no state is terminal, which is told instead.

Fails:
    {"A": {"Type": "Succeed"}, "Lost": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Succeed"}, "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "B"}}
Passes:
    {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.walk import has_end, reached, successors
from sfn_dsl.rules.subject import Scope, Subject

__all__ = ["unreachable_state"]


@rule(
    "SFN130",
    "unreachable-state",
    "unreachable-island",
    "unreachable-self-loop",
    "unreachable-nested",
    aws_code="MISSING_TRANSITION_TARGET",
)
def unreachable_state(subject: Subject) -> Iterator[Finding]:
    for scope in subject.scopes:
        met = reached(subject, scope)
        if met is None or len(met) == len(scope.states) or (scope.parent is None and not has_end(scope)):
            continue
        lost = scope.states.keys() - set(met)
        named = {target for name, state in scope.states.items() for target in successors(state) if target != name}
        for name, state in scope.states.items():
            if name in lost:
                message = f"state `{name}` is not reachable"
                yield Finding(state.pointer, message, "let a state go there, or remove it", _kind(scope, name, named))


def _kind(scope: Scope, name: str, named: set[str]) -> str:
    if scope.parent is not None:
        return "unreachable-nested"
    if name in named:
        return "unreachable-island"
    return "unreachable-self-loop" if name in successors(scope.states[name]) else "unreachable-state"
