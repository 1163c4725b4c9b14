"""Loops that wait: a Wait state and the shortest way from it back to it."""

from __future__ import annotations

import functools
from collections import deque
from dataclasses import dataclass

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.subject import State, Subject

__all__ = ["WaitLoop", "integer", "runs_express", "wait_loops"]

LONGEST = 32
"""States of the longest loop that is looked for: longer ones are rare, and looking takes time."""


@dataclass(frozen=True, slots=True)
class WaitLoop:
    """A loop. `states` begin with the Wait. `seconds`: how long a round waits, None where a Wait of it has no literal Seconds."""

    states: tuple[State, ...]
    seconds: int | None

    @property
    def wait(self) -> State:
        """The Wait state it is found by."""
        return self.states[0]

    @property
    def tasks(self) -> tuple[State, ...]:
        """The Task states in it."""
        return tuple(state for state in self.states if state.type == "Task")

    def __str__(self) -> str:
        return ", ".join(f"`{state.name}`" for state in self.states)


@functools.lru_cache(maxsize=8)
def wait_loops(subject: Subject) -> tuple[WaitLoop, ...]:
    """The loops of a definition, one for each Wait that has one; several Waits of one loop count once."""
    found: dict[frozenset[State], WaitLoop] = {}
    onward: dict[State, list[State]] = {}
    for wait in subject.of_type("Wait"):
        states = _way_back(wait, onward)
        if states:
            seconds = [integer(state.get("Seconds")) for state in states if state.type == "Wait"]
            known = [number for number in seconds if number is not None and number > 0]
            loop = WaitLoop(states, sum(known) if len(known) == len(seconds) else None)
            found.setdefault(frozenset(states), loop)
    return tuple(found.values())


def integer(value: Json) -> int | None:
    """A number that is an integer, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def runs_express(subject: Subject, state: State) -> bool:
    """Whether a state runs in an Express execution: of the machine, or a child of a distributed Map."""
    for scope in state.scope.ancestry:
        if scope.distributed:
            config = scope.body.get("ProcessorConfig")
            return isinstance(config, dict) and config.get("ExecutionType") == "EXPRESS"
    return subject.type == "EXPRESS"


def _way_back(wait: State, onward: dict[State, list[State]]) -> tuple[State, ...]:
    came: dict[State, State] = {}
    pending = deque([(wait, 1)])
    while pending:
        state, depth = pending.popleft()
        if state not in onward:
            onward[state] = _onward(state)
        for target in onward[state]:
            if target is wait:
                way = [state]
                while way[-1] is not wait:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            if target not in came and depth < LONGEST:
                came[target] = state
                pending.append((target, depth + 1))
    return ()


def _onward(state: State) -> list[State]:
    """Where a state goes when nothing fails."""
    named = [state.get("Next"), *(rule.get("Next") for _, rule in state.rules("Choices")), state.get("Default")]
    states = state.scope.states
    return list({name: states[name] for name in named if isinstance(name, str) and name in states}.values())
