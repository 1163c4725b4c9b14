"""What a set of executions has visited: states, rules of Choices, retriers, catchers.

A *point* is something that a test suite can reach, named by state and kind: `state`, `rule 0`, `default`, `retrier 1`, `catcher 0`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sfn_dsl.asl.model import UNSET, Choice, Map, Parallel, State, StateMachine, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.simulate.execution import Execution

__all__ = ["Coverage", "Point", "points_of"]


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """Something that can be reached."""

    state: str
    what: str = "state"


def _count(value: object) -> int:
    return len(value) if isinstance(value, tuple) else 0


def _points(name: str, state: State) -> Iterable[Point]:
    yield Point(name)
    if isinstance(state, Choice):
        for index in range(_count(state.choices)):
            yield Point(name, f"rule {index}")
        if state.default is not UNSET:
            yield Point(name, "default")
    if isinstance(state, (Task, Parallel, Map)):
        for index in range(_count(state.retry)):
            yield Point(name, f"retrier {index}")
        for index in range(_count(state.catch)):
            yield Point(name, f"catcher {index}")


def points_of(machine: StateMachine) -> list[Point]:
    """Every point of a machine, in the order of its states."""
    return [point for name, state in walk(machine) for point in _points(name, state)]


class Coverage:
    """How often each point of a machine was reached."""

    def __init__(self, machine: StateMachine) -> None:
        self.points = points_of(machine)
        self.hits: Counter[Point] = Counter()

    def add(self, execution: Execution) -> None:
        """Count an execution and the children of its distributed Maps."""
        stack = [execution]
        while stack:
            one = stack.pop()
            stack += one.children
            for visit in one.visits:
                self.hits[Point(visit.state)] += 1
                if visit.rule is not None:
                    self.hits[Point(visit.state, "default" if visit.rule < 0 else f"rule {visit.rule}")] += 1
                for index in visit.retries:
                    self.hits[Point(visit.state, f"retrier {index}")] += 1
                if visit.catcher is not None:
                    self.hits[Point(visit.state, f"catcher {visit.catcher}")] += 1

    @property
    def missed(self) -> list[Point]:
        """Points that were not reached, in the order of the machine."""
        return [point for point in self.points if not self.hits[point]]

    @property
    def percentage(self) -> float:
        """Share of the points that were reached, 0 to 100; 100 for a machine without points."""
        return 100.0 * (len(self.points) - len(self.missed)) / len(self.points) if self.points else 100.0
