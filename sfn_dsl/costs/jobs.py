"""What the services that a run calls cost, by the rates of the project; nothing is guessed where it names none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.asl.model import State, StateMachine, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.costs.rates import Rates
from sfn_dsl.simulate.execution import Execution, descendants
from sfn_dsl.simulate.program.resource import task_resource
from sfn_dsl.simulate.running.thread import Visit

__all__ = ["Job", "jobs_of", "service_of", "visits_of"]

_DPUS: Final[Mapping[str, float]] = {"Standard": 1, "G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
_GLUE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All calls of a run to a service. `seconds`: virtual, all calls together. `dollars`: None where it is not priced, and
    `missing` says which keys of setup.cfg it would take."""

    service: str
    calls: int
    seconds: float
    dollars: float | None = None
    missing: tuple[str, ...] = ()


def service_of(state: Task) -> str:
    """The service that a Task calls: `glue`, `lambda`, `activity`."""
    resource = task_resource(str(state.resource))
    return resource.service if resource.kind == "service" else resource.kind


def visits_of(execution: Execution) -> Iterator[Visit]:
    """Every stay in a state, those of the children of distributed Maps included."""
    for one in (execution, *descendants(execution)):
        yield from one.visits


def jobs_of(machine: StateMachine, execution: Execution, rates: Rates) -> tuple[Job, ...]:
    """The services that a run has called, by name."""
    tasks: dict[str, State] = {name: state for name, state in walk(machine) if isinstance(state, Task)}
    calls: dict[str, list[tuple[str, Task, float]]] = {}
    for visit in visits_of(execution):
        state = tasks.get(visit.state)
        if isinstance(state, Task) and visit.end is not None:
            calls.setdefault(service_of(state), []).append((visit.state, state, visit.end - visit.start))
    return tuple(_job(service, own, rates) for service, own in sorted(calls.items()))


def _job(service: str, calls: list[tuple[str, Task, float]], rates: Rates) -> Job:
    seconds = sum(took for _, _, took in calls)
    prices = rates.prices.get(service, {})
    missing: dict[str, None] = {} if prices else {f"rate.{service}_<unit>": None}
    total = 0.0
    for unit, price in prices.items():
        for name, state, took in calls:
            size = _size(service, name, state, rates)
            if size is None and unit in ("dpu_hour", "gb_second"):
                missing[f"size.{service}"] = None
                continue
            total += price * _quantity(unit, took, 1.0 if size is None else size)
    return Job(
        service=service,
        calls=len(calls),
        seconds=round(seconds, 3),
        dollars=None if missing else total,
        missing=tuple(missing),
    )


def _quantity(unit: str, seconds: float, size: float) -> float:
    match unit:
        case "call":
            return 1.0
        case "second":
            return seconds
        case "hour":
            return seconds / 3600
        case "dpu_hour":
            # Glue bills by the second, a minute at least.
            return size * max(seconds, _GLUE_SECONDS) / 3600
        case "gb_second":
            return size * seconds
        case _:
            raise ValueError(f"`{unit}` is no unit of a rate")


def _size(service: str, name: str, state: Task, rates: Rates) -> float | None:
    """GB or DPUs of a call: of the state, of what it asks Glue for, else of the service."""
    own = rates.sizes.get(name.lower())
    if own is not None:
        return own
    given: Any = state.arguments if isinstance(state.arguments, dict) else state.parameters
    if service == "glue" and isinstance(given, dict):
        workers, kind = given.get("NumberOfWorkers"), given.get("WorkerType")
        if isinstance(workers, int) and isinstance(kind, str) and kind in _DPUS:
            return workers * _DPUS[kind]
        if isinstance(given.get("MaxCapacity"), int | float):
            return float(given["MaxCapacity"])
    return rates.sizes.get(service)
