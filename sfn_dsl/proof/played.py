"""A world of a strategy and a scenario, played to its end, and what is counted in it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from sfn_dsl.asl.model import Json
from sfn_dsl.proof.artefacts import Artefacts
from sfn_dsl.proof.cast import Cast, batch_in, batch_name
from sfn_dsl.proof.deploying import deploy
from sfn_dsl.proof.operations import Operations
from sfn_dsl.proof.permissions import permits_of
from sfn_dsl.proof.proof_world import ProofWorld
from sfn_dsl.proof.rows import Rows
from sfn_dsl.proof.scenario import Scenario
from sfn_dsl.proof.sink import Sink
from sfn_dsl.simulate.mocks.answers import Answer, Answers, Call, Mock
from sfn_dsl.simulate.mocks.chances import Chances
from sfn_dsl.simulate.mocks.faults import Faults
from sfn_dsl.simulate.services.functions import Handler
from sfn_dsl.simulate.simulation import Machine

__all__ = ["Mistakes", "Played", "StageStart", "play"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStart:
    """A stage that an execution began, `time` seconds after the world."""

    batch: str
    stage: str
    region: str
    execution: str
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A world at its end. `ready`: when an upstream first set out to tell of a batch, in seconds since the world began."""

    world: ProofWorld
    cast: Cast
    scenario: Scenario
    operations: Operations
    sink: Sink
    rows: Rows
    starts: tuple[StageStart, ...]
    ready: Mapping[str, float]

    @property
    def lost(self) -> tuple[str, ...]:
        """Batches that were ready and were never published."""
        published = {one.batch for one in self.sink.publications}
        return tuple(sorted(batch for batch in self.ready if batch not in published))

    @property
    def ran_twice(self) -> tuple[str, ...]:
        """Batches of which some stage began more than once."""
        count = Counter((one.batch, one.stage) for one in self.starts)
        return tuple(sorted({batch for (batch, _), times in count.items() if times > 1}))

    def published_twice(self, *, ledger: bool) -> tuple[str, ...]:
        """Batches that were published more than once, with or without a ledger in the sink."""
        count = Counter(one.batch for one in self.sink.publications if one.accepted or not ledger)
        return tuple(sorted(batch for batch, times in count.items() if times > 1))

    @property
    def latencies(self) -> tuple[float, ...]:
        """Seconds from ready to published, of the batches that were published."""
        first: dict[str, float] = {}
        for one in self.sink.publications:
            first.setdefault(one.batch, one.time)
        return tuple(time - self.ready[batch] for batch, time in sorted(first.items()))

    @property
    def waits(self) -> tuple[float, ...]:
        """Seconds from ready to the first stage, of the batches of which one began."""
        first: dict[str, float] = {}
        for one in self.starts:
            first.setdefault(one.batch, one.time)
        return tuple(time - self.ready[batch] for batch, time in sorted(first.items()))

    @property
    def delays(self) -> tuple[float, ...]:
        """Seconds from when the upstream was to begin to the first stage, of the batches of which one began."""
        due = {batch_name(number): time for number, time in enumerate(self.scenario.batches)}
        first: dict[str, float] = {}
        for one in self.starts:
            first.setdefault(one.batch, one.time)
        return tuple(time - due[batch] for batch, time in sorted(first.items()))


def play(
    artefacts: Artefacts,
    machines: Iterable[Machine],
    scenario: Scenario,
    *,
    interpreted: bool = False,
    clock_skew: Mapping[str, float] = MappingProxyType({}),
) -> Played:
    """Deploy artefacts into a world of their Regions, let the scenario happen, look at what came of it.

    `machines`: those of the artefacts. `interpreted`: also sweeps that can do nothing. `clock_skew`: seconds by Region that its
    clock is fast.
    """
    cast, sink = artefacts.cast, Sink()
    mocks = cast.mocks()
    world = ProofWorld(
        artefacts.deployment,
        seed=scenario.seed,
        interpreted=interpreted,
        regions=artefacts.deployment.regions,
        answers=Answers(states=mocks, resources={"aws-sdk:cloudwatch:putMetricData": _taken}),
        chances=Chances(
            lost=scenario.lost,
            redelivered=scenario.redelivered,
            new_names=scenario.new_names,
            throttled=scenario.throttled,
        ),
        clock_skew=clock_skew,
        status_events=True,
        permits=permits_of(artefacts.templates),
    )
    mocks[cast.publish] = functools.partial(_publish, world, sink, mocks[cast.publish])
    if scenario.lost_answers or scenario.throttled:
        world.faults = mistakes = Mistakes(scenario)
        for region in artefacts.deployment.regions if scenario.throttled else ():
            world.place(region).scheduler.throttles = mistakes.throttles
    deploy(world, artefacts.templates, machines)
    if scenario.function_fails:
        _break_functions(world, scenario)
    rows = Rows(world)
    operations = Operations(world, cast, scenario)
    operations.begin()
    world.run(seconds=scenario.end)
    return Played(
        world=world,
        cast=cast,
        scenario=scenario,
        operations=operations,
        sink=sink,
        rows=rows,
        starts=tuple(_starts(world, cast)),
        ready=_ready(world, cast),
    )


class Mistakes(Faults):
    """Calls of the control table that take effect and whose answers are lost, and starts of executions that are refused."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        self._chance = Random(f"mistakes {scenario.seed}")
        self._lost = scenario.lost_answers
        self._throttled = scenario.throttled

    def strike(self, call: Call) -> str | None:
        """`lost` or `throttled`, now and then."""
        match call.resource.service, call.resource.operation:
            case "dynamodb", "updateItem" | "putItem" if self._lost:
                return "lost" if self._chance.random() < self._lost else None
            case "states", "startExecution" if self._throttled:
                return "throttled" if self.throttles() else None
            case _:
                return None

    def throttles(self, target: str = "") -> bool:
        """Whether a target refuses just now."""
        return self._chance.random() < self._throttled


def _break_functions(world: ProofWorld, scenario: Scenario) -> None:
    """Let deployed functions fail now and then, before they do anything."""
    chance = Random(f"functions {scenario.seed}")

    def breaking(handler: Handler, event: object, context: object) -> object:
        if chance.random() < scenario.function_fails:
            raise RuntimeError("the function fails")
        return handler(event, context)

    for region in world.deployment.regions:
        for function in world.place(region).functions.functions.values():
            function.handler = functools.partial(breaking, function.handler)


def _taken(call: Call, rng: Random) -> Answer:
    return Answer(value={})


def _publish(world: ProofWorld, sink: Sink, worked: Mock, call: Call, rng: Random) -> Answer:
    """The publishing task: the sink takes the batch when the call arrives, the answer comes later."""
    run = world.runs[call.execution]
    sink.publish(batch_in(run.input), _fence(call.arguments), call.region, world.env.now)
    return worked(call, rng)


def _fence(arguments: Json) -> int:
    """The fence in what the publishing function is given: a member of that name, or the last number of its binds."""
    payload = arguments.get("Payload", {}) if isinstance(arguments, dict) else {}
    if "fence" in payload:
        return int(payload["fence"])
    numbers = [int(one) for one in payload.get("binds", ()) if str(one).isdigit()]
    return numbers[-1] if numbers else 0


def _starts(world: ProofWorld, cast: Cast) -> list[StageStart]:
    named = {state: stage for stage, state in cast.stages.items()}
    found = []
    for run in world.runs.values():
        if run.machine.name != cast.downstream:
            continue
        for visit in run.visits:
            if visit.state in named and not visit.thread:
                found.append(
                    StageStart(
                        batch=batch_in(run.input),
                        stage=named[visit.state],
                        region=run.machine.region.name,
                        execution=run.arn,
                        time=visit.start,
                    )
                )
    return sorted(found, key=lambda one: one.time)


def _ready(world: ProofWorld, cast: Cast) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for run in world.runs.values():
        if run.machine.name == cast.upstream:
            for visit in run.visits:
                if visit.state in cast.announcing:
                    batch = batch_in(run.input)
                    found[batch] = min(visit.start, found.get(batch, visit.start))
                    break
    return found
