"""Which variables the states of a definition set, and which are set before a state runs; computed once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.finding import pointer_to
from sfn_dsl.rules.subject import Scope, State, Subject

__all__ = ["Assigned", "Variables", "assigns_of", "variables_of"]

_WITH_ASSIGN: Final = ("Pass", "Task", "Map", "Parallel", "Choice", "Wait")


@dataclass(frozen=True, slots=True)
class Assigned:
    """A member of an Assign: the variable's name (without `.$` in a JSONPath state), the key, a pointer to the value."""

    name: str
    key: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Variables:
    """`assigned`: what each state sets. `scopes`: the names set in each scope. `before`: the names that a state can read because
    some state sets them from which it can be reached, in its own scope or one around it.
    """

    assigned: dict[State, list[Assigned]]
    scopes: dict[Scope, set[str]]
    before: dict[State, frozenset[str]]


def assigns_of(state: State) -> Iterator[tuple[str, Json]]:
    """Every Assign of a state, of any JSON, with a pointer: its own, those of its catchers and those of its choice rules."""
    if state.type not in _WITH_ASSIGN:
        return
    if "Assign" in state.body:
        yield state.at("Assign"), state.body["Assign"]
    owner = "Choices" if state.type == "Choice" else "Catch" if state.type in ("Task", "Map", "Parallel") else ""
    for pointer, body in state.rules(owner) if owner in state.body else ():
        if "Assign" in body:
            yield pointer_to(pointer, "Assign"), body["Assign"]


_CACHE: Final[WeakKeyDictionary[Subject, Variables]] = WeakKeyDictionary()


def variables_of(subject: Subject) -> Variables:
    """The variables of a definition."""
    found = _CACHE.get(subject)
    if found is None:
        assigned = {state: list(_assigned(state)) for state in subject.states}
        scopes: dict[Scope, set[str]] = {}
        before: dict[State, frozenset[str]] = {}
        for scope in subject.scopes:
            scopes[scope] = {member.name for state in scope.states.values() for member in assigned[state]}
            _flow(scope, assigned, before)
        found = _CACHE[subject] = Variables(assigned, scopes, before)
    return found


def _assigned(state: State) -> Iterator[Assigned]:
    for pointer, block in assigns_of(state):
        for key in block if isinstance(block, dict) else ():
            name = key if state.jsonata else key.removesuffix(".$")
            yield Assigned(name, key, pointer_to(pointer, key))


def _flow(scope: Scope, assigned: dict[State, list[Assigned]], before: dict[State, frozenset[str]]) -> None:
    """Set `before` for the states of a scope; those around it have been done."""
    parent = None if scope.distributed else scope.parent
    outer = before[parent] if parent is not None else frozenset[str]()
    states = scope.states.values()
    before.update(dict.fromkeys(states, outer))
    waiting = [state for state in states if assigned[state]]
    while waiting:
        state = waiting.pop()
        after = before[state].union(member.name for member in assigned[state])
        for _, target in state.targets():
            following = scope.states.get(target) if isinstance(target, str) else None
            if following is not None and not after <= before[following]:
                before[following] |= after
                waiting.append(following)
