"""Running what the compiler emits in the simulator, with what tests want to look at."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_dsl.asl.read import read_json
from sfn_dsl.simulate.bounds import Bounds
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.items.store import MemoryStore
from sfn_dsl.simulate.mocks.answers import Answer, Answers, Call, Mock
from sfn_dsl.simulate.world import World

__all__ = ["Failure", "Run", "run"]

_BEGIN = "begin here"


@dataclass
class Run:
    """What an execution did. `calls`: state and arguments of each call; `snapshots`: variables at each outermost state."""

    status: str
    output: Any = None
    error: str | None = None
    cause: str | None = None
    calls: list[tuple[str, Any]] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)


def run(
    definition: Mapping[str, Any],
    input: Any,
    answers: Mapping[str, Any] | None = None,
    *,
    start_at: str | None = None,
    variables: Mapping[str, Any] | None = None,
    objects: Mapping[tuple[str, str], str] | None = None,
) -> Run:
    """Run a definition. A task answers by a value, a list of values (one per call), a callable or a Failure; `{}` unless told.

    `objects`: what S3 holds, by bucket and key. `start_at` and `variables` begin in the middle, as a re-run from a stage would.
    """
    found = Run("RUNNING")
    machine = dict(definition)
    if variables or start_at:
        begin = {
            "Type": "Pass",
            "QueryLanguage": "JSONata",
            "Assign": dict(variables or {}),
            "Next": start_at or machine["StartAt"],
        }
        machine |= {"StartAt": _BEGIN, "States": {_BEGIN: begin, **machine["States"]}}
    mocks = _Mocks(found, {name: list(value) if isinstance(value, list) else value for name, value in (answers or {}).items()})
    store = MemoryStore(objects) if objects else None
    world = World(answers=Answers(states=mocks), objects=store, strict=False, bounds=Bounds(transitions=20_000))
    started = world.start(world.deploy(read_json(machine).machine), input)
    world.run(until=started)
    execution = world.execution(started)
    found.status, found.output, found.error, found.cause = execution.status, execution.output, execution.error, execution.cause
    kept: dict[str, Any] = {}
    for event in execution.history:
        details = event.details or {}
        if event.type.endswith("StateEntered") and details["name"] in machine["States"]:
            found.snapshots[details["name"]] = copy.deepcopy(kept)
        elif event.type.endswith("StateExited") and details["name"] in machine["States"]:
            kept |= details.get("assignedVariables", {})
    found.entered = [name for one in (execution, *execution.children) for name in one.states if name != _BEGIN]
    return found


class _Mocks(dict[str, Mock]):
    """A mock for every state there is."""

    def __init__(self, found: Run, answers: dict[str, Any]) -> None:
        super().__init__()
        self._found = found
        self._answers = answers

    def get(self, name: str, default: Any = None) -> Mock:
        return self._answer

    def _answer(self, call: Call, rng: object) -> Answer:
        self._found.calls.append((call.state, call.arguments))
        value = self._answers.get(call.state, {})
        if isinstance(value, list):
            value = value.pop(0)
        if callable(value):
            value = value(copy.deepcopy(call.arguments))
        if isinstance(value, Failure):
            return Answer(fails=True, error=value.error, cause=value.cause or "")
        return Answer(value=copy.deepcopy(value))
