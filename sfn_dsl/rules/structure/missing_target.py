"""A transition to a state that is not in the same block of states.

`StartAt`, `Next`, `Default`, and `Next` of choice rules and catchers name a state of the same `States`. A transition can neither
leave a branch of a Parallel or the processor of a Map nor enter one. AWS says `Missing 'Next' target: X`, whichever field it is.

Fails:
    {"A": {"Type": "Pass", "Next": "Nowhere"}, "B": {"Type": "Succeed"}}
Fails:
    {"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}
Fails:
    {"A": {"Type": "Parallel", "Next": "Z", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "Z"}}}]},
     "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}]}}
Passes:
    {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import SUPPORTED
from sfn_dsl.rules.subject import Scope, State, Subject

__all__ = ["missing_target"]

_POSITIONS = {
    "Next": "next-target",
    "Choices": "choice-next-target",
    "Default": "default-target",
    "Catch": "catch-next-target",
}


@rule(
    "SFN126",
    "next-target",
    "startat-target",
    "choice-next-target",
    "default-target",
    "catch-next-target",
    "nested-startat-target",
    "transition-out-of-branch",
    "transition-out-of-item-processor",
    "transition-into-branch",
    aws_code="MISSING_TRANSITION_TARGET",
)
def missing_target(subject: Subject) -> Iterator[Finding]:
    for scope in subject.scopes:
        states = scope.body.get("States")
        if not isinstance(states, dict) or not states or any(subject.is_open(name) for name in states):
            continue
        start = scope.start_at
        if isinstance(start, str) and start not in states and not subject.is_open(start):
            message = f"`StartAt` names `{start}`, which is not a state of its `States`"
            name = "nested-startat-target" if scope.parent else "startat-target"
            help = did_you_mean(start, states) or "name one of its states"
            yield Finding(pointer_to(scope.pointer, "StartAt"), message, help, name)
        for state in scope.states.values():
            for pointer, target in state.targets():
                if isinstance(target, str) and target not in states and not subject.is_open(target):
                    yield from _missing(subject, state, pointer, target)


def _missing(subject: Subject, state: State, pointer: str, target: str) -> Iterator[Finding]:
    field = pointer[len(state.pointer) + 1 :].partition("/")[0]
    if state.type is not None and field not in SUPPORTED[state.type]:
        return
    place = {"Choices": "a rule of ", "Catch": "a catcher of "}.get(field, "")
    word = "Default" if field == "Default" else "Next"
    scope = state.scope
    parent = scope.parent
    if parent is not None and any(_holds(outer, target) for outer in parent.scope.ancestry):
        inside = "a branch" if scope.kind == "branch" else "the processor"
        message = f"{place}state `{state.name}` leads to `{target}`, out of {inside} of `{parent.name}`"
        help = f"end {'the branch' if scope.kind == 'branch' else 'the iteration'}, and go on with `Next` of `{parent.name}`"
        name = "transition-out-of-branch" if scope.kind == "branch" else "transition-out-of-item-processor"
    elif any(_holds(other, target) for other in subject.scopes):
        message = f"{place}state `{state.name}` leads to `{target}`, which is inside another state"
        help, name = "lead to the Parallel or Map state around it", "transition-into-branch"
    else:
        message = f"`{word}` of {place}state `{state.name}` names `{target}`, which does not exist"
        help, name = did_you_mean(target, scope.states) or "name a state", _POSITIONS[field]
    yield Finding(pointer, message, help, name)


def _holds(scope: Scope, name: str) -> bool:
    return name in scope.states
