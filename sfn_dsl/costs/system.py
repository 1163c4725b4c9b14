"""What a pipeline costs in each of its Regions: runs, parked runs, sweeps, jobs; how long a run takes, and how long it can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sfn_dsl.asl.model import Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.costs.circles import step_timeouts
from sfn_dsl.costs.jobs import Job, jobs_of, service_of, visits_of
from sfn_dsl.costs.rates import Rates
from sfn_dsl.costs.runs_per_month import DEFAULT_RUNS, HOURS_A_MONTH, scheduled_runs
from sfn_dsl.costs.worst import Worst, worst_case
from sfn_dsl.errors import ConfigError, SfnError
from sfn_dsl.simulate.execution import Execution, descendants
from sfn_dsl.simulate.mocks.answers import Answer, Answers, Mock
from sfn_dsl.simulate.prepared import simulation_of
from sfn_dsl.simulate.prices import billed_gigabyte_seconds, billed_transitions, execution_cost, price_of
from sfn_dsl.triggers.wiring import Wired, sweeper_name

__all__ = ["Part", "RegionCost", "SystemCost", "sample_run", "system_cost", "transitions_of"]

Role = Literal["active", "passive", "only"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of execution: of `machine`, so often a month. `transitions`: of one, those of Standard children included; what is
    Express, machine or children, is billed by `requests` and `gigabyte_seconds` of one. `dollars`: of one."""

    what: str
    machine: str
    a_month: float
    transitions: int
    requests: int
    gigabyte_seconds: float
    seconds: float
    dollars: float

    @property
    def monthly(self) -> float:
        """Dollars a month."""
        return self.a_month * self.dollars


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionCost:
    """A pipeline in one target. `role`: whether the Region works, stands by, or is the only one. `parts`: runs first (parked ones
    where the Region stands by). `jobs`: of one run; none in a Region that stands by."""

    environment: str
    region: str
    role: Role
    price: str
    parts: tuple[Part, ...]
    jobs: tuple[Job, ...]

    @property
    def run(self) -> Part:
        """A run, or a parked one."""
        return self.parts[0]

    @property
    def monthly(self) -> float:
        """Dollars a month for orchestration."""
        return sum(part.monthly for part in self.parts)

    @property
    def jobs_monthly(self) -> float | None:
        """Dollars a month for jobs; None where one of them is not priced."""
        priced = [job.dollars for job in self.jobs if job.dollars is not None]
        return sum(priced) * self.run.a_month if len(priced) == len(self.jobs) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCost:
    """A pipeline in all chosen targets. `runs`: a month; `runs_from`: where that figure is from. `seconds`: expected, of a run.
    `assumed`: services whose durations are the simulator's defaults. `worst`: the bound on a run."""

    pipeline: str
    type: str
    runs: float
    runs_from: str
    seconds: float
    assumed: tuple[str, ...]
    worst: Worst
    regions: tuple[RegionCost, ...]


def sample_run(compiled: Compiled, others: Iterable[Compiled], rates: Rates, *, standby: bool = False) -> Execution:
    """One run without faults, of the sample input with what `sample.<pipeline>` and `objects.<pipeline>` of setup.cfg add."""
    answers = _answers(compiled, rates)
    simulation, value = simulation_of(compiled, others, answers=answers, samples=rates.samples, standby=standby)
    return simulation.run(value)


def transitions_of(compiled: Compiled, others: Iterable[Compiled], rates: Rates) -> int | None:
    """Transitions of a successful run of the sample input, those of distributed Maps' Standard children included; None where it
    does not succeed or the machine cannot be simulated."""
    try:
        run = sample_run(compiled, others, rates)
    except SfnError:
        return None
    return billed_transitions(run) if run.status == "SUCCEEDED" else None


def system_cost(
    wired: Wired, compiled: Sequence[Compiled], others: Sequence[Compiled], rates: Rates, rate: float | None = None
) -> SystemCost:
    """What a pipeline costs. `compiled`: it, per target, at least one; `others`: all machines of the build. `rate`: runs a month;
    None takes those of its schedules, else 30.

    Raises ConfigError where a run of the sample input does not succeed.
    """
    scheduled = scheduled_runs(wired)
    runs = rate if rate is not None else scheduled if scheduled is not None else DEFAULT_RUNS
    runs_from = "--rate" if rate is not None else "its schedule" if scheduled is not None else "by default"
    first = compiled[0]
    run = _succeeded(first, others, rates)
    return SystemCost(
        pipeline=first.pipeline.name,
        type=first.pipeline.type,
        runs=runs,
        runs_from=runs_from,
        seconds=round(run.duration or 0.0, 3),
        assumed=_assumed(first, run, rates),
        worst=worst_case(first.machine, step_timeouts(first.pipeline, first.target), express=first.pipeline.type == "EXPRESS"),
        regions=tuple(_region(wired, one, others, rates, runs) for one in compiled),
    )


def _region(wired: Wired, compiled: Compiled, others: Sequence[Compiled], rates: Rates, runs: float) -> RegionCost:
    target = compiled.target
    deployed = target.deployed
    controlled = compiled.pipeline.control is not None
    standby = controlled and deployed.gated and target.region != deployed.active
    role: Role = "only" if deployed.passive is None else "passive" if standby else "active"
    run = _succeeded(compiled, others, rates, standby=standby)
    parts = [_part("parked runs (at most)" if standby else "runs", compiled, run, runs)]
    for beside in others:
        if beside.target != target or beside.pipeline.name not in {machine.name for machine in wired.machines}:
            continue
        sweeps = beside.pipeline.name == sweeper_name(compiled.pipeline)
        often = HOURS_A_MONTH * 60 / deployed.sweep_minutes if sweeps else runs
        tick = _succeeded(beside, others, rates, standby=standby)
        parts.append(_part("sweeps" if sweeps else "starts", beside, tick, often))
    return RegionCost(
        environment=target.environment,
        region=target.region,
        role=role,
        price=price_of(compiled.pipeline.type, target.region),
        parts=tuple(parts),
        jobs=() if standby else jobs_of(compiled.machine, run, rates),
    )


def _succeeded(compiled: Compiled, others: Iterable[Compiled], rates: Rates, *, standby: bool = False) -> Execution:
    run = sample_run(compiled, others, rates, standby=standby)
    if run.status != "SUCCEEDED":
        name = compiled.pipeline.name
        raise ConfigError(
            f"a run of `{name}` with its sample input does not succeed in {compiled.target.region}: {run.error or run.status}",
            help=f'write `sample.{name} = {{"field": value}}` in [sfn_dsl] of setup.cfg, with an input that it takes',
            span=compiled.pipeline.span,
        )
    return run


def _part(what: str, compiled: Compiled, run: Execution, a_month: float) -> Part:
    everything = [run, *descendants(run)]
    return Part(
        what=what,
        machine=compiled.pipeline.name,
        a_month=a_month,
        transitions=billed_transitions(run),
        requests=sum(one.type == "EXPRESS" for one in everything),
        gigabyte_seconds=sum(billed_gigabyte_seconds(one) for one in everything),
        seconds=round(run.duration or 0.0, 3),
        dollars=execution_cost(run),
    )


def _answers(compiled: Compiled, rates: Rates) -> Answers:
    """Samples that take as long as `expected` says."""
    found: dict[str, Mock] = {}
    for name, state in walk(compiled.machine):
        if isinstance(state, Task):
            seconds = rates.expected.get(name.lower(), rates.expected.get(service_of(state)))
            if seconds is not None:
                found[name] = _taking(seconds)
    return Answers(states=found)


def _taking(seconds: float) -> Mock:
    answer = Answer(sampled=True, duration=seconds)
    return lambda call, rng: answer


def _assumed(compiled: Compiled, run: Execution, rates: Rates) -> tuple[str, ...]:
    tasks = {name: state for name, state in walk(compiled.machine) if isinstance(state, Task)}
    found = set()
    for visit in visits_of(run):
        state = tasks.get(visit.state)
        if state is not None and visit.state.lower() not in rates.expected and service_of(state) not in rates.expected:
            found.add(service_of(state))
    return tuple(sorted(found))
