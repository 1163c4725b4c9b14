"""Going through all states of a machine, nested ones included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_dsl.asl.model import UNSET, Map, Parallel, State, StateMachine

__all__ = ["count_states", "walk"]


def walk(machine: StateMachine) -> Iterator[tuple[str, State]]:
    """Name and state of every state, each before the states inside it. Iterative."""
    stack: list[Mapping[str, State]] = [machine.states]
    while stack:
        inner: list[Mapping[str, State]] = []
        for name, state in stack.pop().items():
            yield name, state
            if isinstance(state, Parallel) and state.branches is not UNSET:
                inner += [branch.states for branch in state.branches]
            elif isinstance(state, Map):
                inner += [part.states for part in (state.item_processor, state.iterator) if part is not UNSET]
        stack += reversed(inner)


def count_states(machine: StateMachine) -> int:
    """How many states a machine has in all."""
    return sum(1 for _ in walk(machine))
