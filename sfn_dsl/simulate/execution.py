"""What became of an execution: a frozen value with AWS's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.history import Event, event_json
from sfn_dsl.simulate.running.thread import Run, Visit
from sfn_dsl.span import Span

__all__ = ["Execution", "descendants", "execution_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """An execution as it stood when it was looked at.

    `status`: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED. `start` and `stop` in seconds since 1970, `duration` in virtual
    seconds; `stop` and `duration` are None while it runs. `began`: seconds on the clock of its world, which visits count by.
    `transitions`: state transitions, with retries and, as AWS bills it, one per child started. `visits`: every stay in a state, in
    order. `sources`: where the user wrote the step that a state was compiled from, by name of state. `children`: executions of
    distributed Maps.
    """

    arn: str
    name: str
    machine: str
    type: str
    region: str
    status: str
    input: Json
    output: Json
    error: str | None
    cause: str | None
    start: float
    stop: float | None
    began: float
    duration: float | None
    transitions: int
    history: tuple[Event, ...]
    visits: tuple[Visit, ...]
    sources: Mapping[str, Span]
    children: tuple[Execution, ...]

    @property
    def events(self) -> list[dict[str, Json]]:
        """The history as GetExecutionHistory returns it; details of Standard and Express alike."""
        return [event_json(event) for event in self.history]

    @property
    def states(self) -> list[str]:
        """Names of the states entered, in order."""
        return [visit.state for visit in self.visits]


def descendants(execution: Execution) -> list[Execution]:
    """The children of an execution's distributed Maps, and theirs."""
    found = list(execution.children)
    for one in found:
        found += one.children
    return found


def execution_of(run: Run) -> Execution:
    """A value of a run. Children of children come from an explicit stack, so depth has no limit."""
    order: list[Run] = []
    stack = [run]
    while stack:
        current = stack.pop()
        order.append(current)
        stack += current.children
    made: dict[int, Execution] = {}
    for current in reversed(order):
        made[id(current)] = Execution(
            arn=current.arn,
            name=current.name,
            machine=current.machine.name,
            type=current.type,
            region=current.machine.region.name,
            status=current.status,
            input=current.input,
            output=current.output,
            error=current.error,
            cause=current.cause,
            start=current.start,
            stop=current.stop,
            began=current.began,
            duration=current.duration,
            transitions=current.transitions,
            history=tuple(current.history.events),
            visits=tuple(current.visits),
            sources=current.program.sources,
            children=tuple(made[id(child)] for child in current.children),
        )
    return made[id(run)]
