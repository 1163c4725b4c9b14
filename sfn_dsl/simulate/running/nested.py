"""Executions that tasks start: their receipts and descriptions in the casing of Step Functions' own integrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.history import compact, event_json
from sfn_dsl.simulate.program.resource import Resource
from sfn_dsl.simulate.results.sample import sample_result
from sfn_dsl.simulate.running.thread import Run

if TYPE_CHECKING:
    from sfn_dsl.simulate.world import World

__all__ = ["Started", "description", "history", "receipt", "submitted"]


@dataclass(frozen=True, slots=True)
class Started:
    """An execution that a task has started; `waits` when the task waits for its end."""

    run: Run
    receipt: Json
    waits: bool


def receipt(run: Run) -> Json:
    """What StartExecution answers; dates in milliseconds since 1970."""
    return {"ExecutionArn": run.arn, "StartDate": int(run.start * 1000)}


def description(run: Run, *, parsed: bool) -> Json:
    """What DescribeExecution says of an execution; with `parsed` input and output are JSON values instead of text (`.sync:2`)."""
    found: dict[str, Json] = {"ExecutionArn": run.arn}
    if run.error is not None:
        found["Error"] = run.error
    if run.cause is not None:
        found["Cause"] = run.cause
    found["Input"] = run.input if parsed else compact(run.input)
    found["InputDetails"] = {"Included": True}
    found["Name"] = run.name
    if run.status == "SUCCEEDED":
        found["Output"] = run.output if parsed else compact(run.output)
        found["OutputDetails"] = {"Included": True}
    found |= {"StartDate": int(run.start * 1000), "StateMachineArn": run.machine.arn, "Status": run.status}
    if run.stop is not None:
        found["StopDate"] = int(run.stop * 1000)
    return found


def history(run: Run, arguments: Mapping[str, Json]) -> Json:
    """What GetExecutionHistory says of an execution: its first page, as asked for."""
    events = run.history.events
    found = events[::-1] if arguments.get("ReverseOrder") else events
    page = [_capital(event_json(event)) for event in found[: int(arguments.get("MaxResults") or 100)]]
    return {"Events": page}


def _capital(event: Mapping[str, Json]) -> dict[str, Json]:
    """An event in the casing of SDK integrations."""
    return {
        name[:1].upper() + name[1:]: _capital(value) if isinstance(value, dict) and name.endswith("Details") else value
        for name, value in event.items()
    }


def submitted(resource: Resource, arguments: Json, world: World) -> Json:
    """What a service answers when it takes a job or a message with a token, before the job ends."""
    return sample_result(resource.arn.removesuffix(resource.pattern.value), arguments, now=world.timestamp())
