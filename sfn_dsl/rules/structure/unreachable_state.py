"""A state that no way from StartAt leads to.

AWS walks from `StartAt` along Next, Choices, Default and Catch, within each block of states, and refuses a definition with a state
that it does not meet. Two states that only point at each other, or a state that only points at itself, are not reached either.

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
        if not isinstance(scope.start_at, str) or scope.start_at not in scope.states:
            continue
        reached = _reached(scope)
        named = {target for state in scope.states.values() for _, target in state.targets() if target != state.name}
        for name, state in scope.states.items():
            if name not in reached:
                kind = "unreachable-nested" if scope.parent else "unreachable-island" if name in named else "unreachable-state"
                own = any(target == name for _, target in state.targets())
                kind = "unreachable-self-loop" if own and name not in named else kind
                yield Finding(state.pointer, f"state `{name}` is not reachable", "let a state go there, or remove it", kind)


def _reached(scope: Scope) -> set[str]:
    reached, pending = set(), [scope.start_at]
    while pending:
        name = pending.pop()
        if name in scope.states and name not in reached:
            reached.add(name)
            pending += [target for _, target in scope.states[name].targets() if isinstance(target, str)]
    return reached
