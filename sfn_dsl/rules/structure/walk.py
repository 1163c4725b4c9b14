"""The transitions inside one block of states: which states are met, and which of them end it."""

from __future__ import annotations

from sfn_dsl.rules.structure.fields import lacks
from sfn_dsl.rules.subject import Scope, State, Subject

__all__ = ["ends", "has_end", "is_open_ended", "reached", "successors"]

_STEPS = frozenset({"Task", "Parallel", "Map", "Pass", "Wait"})


def ends(state: State) -> bool:
    """Whether a state is terminal."""
    return state.type in ("Succeed", "Fail") or state.body.get("End") is True


def has_end(scope: Scope) -> bool:
    """Whether one of the states is terminal."""
    return any(ends(state) for state in scope.states.values())


def is_open_ended(state: State) -> bool:
    """Whether a fault that another rule tells hides whether a state is terminal."""
    if state.type is None or "End" in state.body:
        return not ends(state)
    return state.type in _STEPS and "Next" not in state.body


def successors(state: State) -> list[str]:
    """What a state's transitions name, whether it exists or not."""
    body = state.body
    if "Choices" not in body and "Catch" not in body and "Default" not in body:
        return [body["Next"]] if isinstance(body.get("Next"), str) else []
    return [target for _, target in state.targets() if isinstance(target, str)]


def reached(subject: Subject, scope: Scope) -> list[str] | None:
    """The states that a walk from StartAt meets, in that order; None where that cannot be said.

    It cannot be said where StartAt names no state, a state is not an object, or a transition's target is not known yet.
    """
    states = scope.body.get("States")
    start = scope.start_at
    if not isinstance(start, str) or start not in scope.states or not isinstance(states, dict):
        return None
    if len(states) != len(scope.states) or any(subject.is_open(name) for name in states):
        return None
    met: dict[str, None] = {}
    pending = [start]
    while pending:
        name = pending.pop()
        state = scope.states.get(name)
        if state is None:
            if subject.is_open(name):
                return None
        elif name not in met:
            if state.type in _STEPS and not ends(state) and "Next" not in state.body and not lacks(state.body, "Next", "End"):
                return None
            met[name] = None
            pending += reversed(successors(state))
    return list(met)
