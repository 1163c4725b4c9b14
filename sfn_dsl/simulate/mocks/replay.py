"""Recorded executions: a history from AWS as mocks, and where a simulation parts from it.

A recording is what `sfn-dsl record` writes, `{"execution": ..., "events": [...]}`, or any answer of GetExecutionHistory.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.errors import ConfigError
from sfn_dsl.simulate.execution import Execution
from sfn_dsl.simulate.mocks.answers import Answers, parse_answer

__all__ = ["Difference", "Recording", "is_recording", "part_ways", "read_recording"]

_RESULTS: Final = ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded")
_FAILURES: Final = (
    "TaskFailed",
    "TaskStartFailed",
    "TaskSubmitFailed",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "ActivityFailed",
    "ActivityScheduleFailed",
)
_TIMEOUTS: Final = ("TaskTimedOut", "LambdaFunctionTimedOut", "ActivityTimedOut")


@dataclass(frozen=True, slots=True)
class Recording:
    """A history: its events in order of id, with payloads as JSON values."""

    events: tuple[Mapping[str, Any], ...]

    @property
    def input(self) -> Json:
        """The execution's input; None where the history does not hold it."""
        return next((_details(event).get("input") for event in self.events if event["type"] == "ExecutionStarted"), None)

    def answers(self) -> Answers:
        """Mocks that answer as the tasks did, in order, per state."""
        names = _states(self.events)
        found: dict[str, list[Any]] = defaultdict(list)
        for event in self.events:
            details, kind = _details(event), event["type"]
            if kind in _RESULTS:
                found[names[event["id"]]].append({"Return": details.get("output")})
            elif kind in _FAILURES:
                found[names[event["id"]]].append({"Throw": {"Error": details.get("error"), "Cause": details.get("cause")}})
            elif kind in _TIMEOUTS:
                found[names[event["id"]]].append({"Timeout": True})
        return Answers(states={state: parse_answer(answers) for state, answers in found.items()})


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a simulation and a recording part: what about, what was recorded, what was simulated."""

    what: str
    recorded: Json
    simulated: Json


def is_recording(value: Json) -> bool:
    """Whether parsed JSON is a history."""
    return isinstance(value, dict) and isinstance(value.get("events"), list)


def read_recording(path: Path) -> Recording:
    """The recording in a file. Raises ConfigError when there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from None
    if not is_recording(value):
        raise ConfigError(f"{path} holds no history", help="write one with `sfn-dsl record ARN`")
    return recording_of(value["events"], str(path))


def recording_of(events: Iterable[Mapping[str, Any]], where: str = "history") -> Recording:
    """A recording from the events of GetExecutionHistory, in any order."""
    found = []
    for event in events:
        if not isinstance(event, dict) or not isinstance(event.get("id"), int) or not isinstance(event.get("type"), str):
            raise ConfigError(f"{where}: an event without `id` and `type`", help="it must be an answer of GetExecutionHistory")
        found.append({key: _parsed(value) if key.endswith("EventDetails") else value for key, value in event.items()})
    return Recording(tuple(sorted(found, key=lambda event: event["id"])))


def _parsed(details: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(value) if key in ("input", "output") else value for key, value in details.items()}


def _value(text: Any) -> Json:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((value for key, value in event.items() if key.endswith("EventDetails")), {})


def _states(events: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The state that each event belongs to: that of the nearest Entered event before it in its chain."""
    names: dict[int, str] = {}
    for event in events:
        if event["type"].endswith("StateEntered"):
            names[event["id"]] = _details(event).get("name", "")
        else:
            names[event["id"]] = names.get(event.get("previousEventId", 0), "")
    return names


def part_ways(recording: Recording, execution: Execution) -> list[Difference]:
    """Where a simulation parts from a recording: the first state entered that differs, outputs of states, the end.

    States inside branches and iterations run side by side, so outputs are compared by state and by count.
    """
    simulated = recording_of(execution.events).events
    found = list(_order(_entered(recording.events), _entered(simulated)))
    found += _outputs(_exited(recording.events), _exited(simulated))
    found += _ends(recording.events, simulated)
    return found


def _entered(events: Iterable[Mapping[str, Any]]) -> list[str]:
    return [_details(event).get("name", "") for event in events if event["type"].endswith("StateEntered")]


def _order(recorded: list[str], simulated: list[str]) -> Iterator[Difference]:
    if sorted(recorded) == sorted(simulated):
        return
    for number, name in enumerate(recorded):
        other = simulated[number] if number < len(simulated) else None
        if name != other:
            yield Difference(f"state entered as number {number + 1}", name, other)
            return
    yield Difference(f"state entered as number {len(recorded) + 1}", None, simulated[len(recorded)])


def _exited(events: Iterable[Mapping[str, Any]]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for event in events:
        if event["type"].endswith("StateExited"):
            details = _details(event)
            found[details.get("name", "")].append(details.get("output"))
    return found


def _outputs(recorded: Mapping[str, list[Json]], simulated: Mapping[str, list[Json]]) -> Iterator[Difference]:
    for state, outputs in recorded.items():
        for number, (one, other) in enumerate(zip(outputs, simulated.get(state, ()), strict=False)):
            if one != other:
                time = f", time {number + 1}" if len(outputs) > 1 else ""
                yield Difference(f"output of `{state}`{time}", one, other)
                break


def _ends(recorded: tuple[Mapping[str, Any], ...], simulated: tuple[Mapping[str, Any], ...]) -> Iterator[Difference]:
    if not recorded or not simulated:
        return
    one, other = recorded[-1], simulated[-1]
    if one["type"] != other["type"]:
        yield Difference("end of the execution", one["type"], other["type"])
    for key in ("output", "error"):
        if _details(one).get(key) != _details(other).get(key):
            yield Difference(f"{key} of the execution", _details(one).get(key), _details(other).get(key))
