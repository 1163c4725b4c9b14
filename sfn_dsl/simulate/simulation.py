"""The front door: a machine made ready once and run as often as you like.

simulation = Simulation(machine, answers=Answers(...))
simulation.run({"batch_id": "b1"}, faults=[parse_fault("Load=Glue.EntityNotFoundException*1")]).status
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sfn_dsl.asl.model import Json, StateMachine, Task
from sfn_dsl.asl.read import read, read_json
from sfn_dsl.asl.schema import validate
from sfn_dsl.asl.walk import walk
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import ConfigError, DefinitionError
from sfn_dsl.region import LIVE
from sfn_dsl.simulate.bounds import Bounds
from sfn_dsl.simulate.clock import DEFAULT_START
from sfn_dsl.simulate.execution import Execution
from sfn_dsl.simulate.items.store import ObjectStore
from sfn_dsl.simulate.limits import MAX_PAYLOAD, payload_size
from sfn_dsl.simulate.mocks.answers import Answers, parse_answer
from sfn_dsl.simulate.mocks.faults import Injection, Outage, parse_fault
from sfn_dsl.simulate.program.machine import Program, compile_program
from sfn_dsl.simulate.program.resource import Resource
from sfn_dsl.simulate.world import Watch, World

__all__ = ["Machine", "Progress", "Simulation", "check_input", "check_mocks", "load_definition", "simulate"]

Progress: TypeAlias = Callable[[int], None] | None
"""Called now and then with the number of state transitions so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine ready to be deployed into a world: compiled once. `arn` None makes one from name, Region and account."""

    program: Program
    name: str = "machine"
    region: str = "us-east-1"
    type: str = "STANDARD"
    arn: str | None = None


def load_definition(definition: StateMachine | Mapping[str, Json] | str) -> StateMachine:
    """A machine from our own value, parsed JSON or JSON text. Raises DefinitionError for what the schema refuses."""
    if isinstance(definition, StateMachine):
        return definition
    reading = read(definition) if isinstance(definition, str) else read_json(dict(definition))
    value = json.loads(definition) if isinstance(definition, str) else definition
    violations = validate(value)
    if violations:
        first = violations[0]
        where = f"state `{first.state}`: " if first.state else ""
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        raise DefinitionError(f"{where}{first.message}{more}", help=f"at {first.pointer or '/'}")
    return reading.machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """How a machine is simulated; every `run` happens in a world of its own.

    `others`: machines that it may start. `answers`: mocks. `samples`: results of states that nobody mocked, in place of one made
    from the service's shape. `prepare`: called with each new world before it runs, to fill its services. Other fields as of World.
    """

    machine: Machine
    others: tuple[Machine, ...] = ()
    answers: Answers = field(default_factory=Answers)
    samples: Mapping[str, Json] = field(default_factory=dict)
    objects: Callable[[], ObjectStore] | None = None
    durations: Callable[[Resource], float] | None = None
    prepare: Callable[[World], None] | None = None
    account: str = "111122223333"
    start: float = DEFAULT_START
    bounds: Bounds = field(default_factory=Bounds)
    strict: bool = True
    audit: Watch | None = None

    def run(
        self,
        input: Json = None,
        *,
        faults: Iterable[Injection] = (),
        outage: Outage | None = None,
        seed: int = 0,
        progress: Progress = None,
    ) -> Execution:
        """Run one execution to its end (or until nothing moves any more). An input of None is `{}`."""
        world = World(
            start=self.start,
            seed=seed,
            account=self.account,
            regions=(self.machine.region,),
            answers=self.answers,
            samples=self.samples,
            faults=faults,
            objects=self.objects() if self.objects else None,
            durations=self.durations,
            bounds=self.bounds,
            strict=self.strict,
        )
        world.progress = progress
        world.audit = self.audit
        for other in self.others:
            startable = world.deploy(other.program, name=other.name, region=other.region, type=other.type, arn=other.arn)
            world.alias(LIVE, startable)
        own = self.machine
        deployed = world.deploy(own.program, name=own.name, region=own.region, type=own.type, arn=own.arn)
        # Machines that it starts may have states of the same names, such as those that claim a batch.
        world.struck = deployed
        if self.prepare is not None:
            self.prepare(world)
        if outage is not None:
            world.stop_region(own.region, after=outage.after, lasting=outage.lasting)
        run = world.start(deployed, {} if input is None else input)
        # A run makes values by the thousand and hardly a cycle; looking for cycles among them would take a third of the time.
        collecting = gc.isenabled()
        gc.disable()
        try:
            world.run(until=run)
            return world.execution(run)
        finally:
            if collecting:
                gc.enable()


def simulate(
    definition: StateMachine | Mapping[str, Json] | str,
    input: Json = None,
    *,
    mocks: Mapping[str, Any] | None = None,
    functions: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    faults: Iterable[str | Injection] = (),
    seed: int = 0,
    type: str = "STANDARD",
    region: str = "us-east-1",
    objects: Callable[[], ObjectStore] | None = None,
    bounds: Bounds | None = None,
    strict: bool = True,
) -> Execution:
    """Run a definition once. `mocks`, `functions`, `resources`: answers by state, Lambda function and resource (see `answers`).

    Raises DefinitionError for a bad definition, ConfigError for mocks, faults or an input that make no sense, BoundsExceeded for a
    run without an end.
    """
    program = compile_program(load_definition(definition))
    check_input(input)
    simulation = Simulation(
        machine=Machine(program=program, type=type, region=region),
        answers=Answers(states=_parsed(mocks), functions=_parsed(functions), resources=_parsed(resources)),
        objects=objects,
        bounds=bounds or Bounds(),
        strict=strict,
    )
    check_mocks(program, simulation.answers)
    return simulation.run(input, faults=[parse_fault(f) if isinstance(f, str) else f for f in faults], seed=seed)


def _parsed(mocks: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: parse_answer(value, where=f"mock of `{name}`") for name, value in (mocks or {}).items()}


def check_input(value: Json) -> None:
    """Raise ConfigError for an input that StartExecution would not take."""
    try:
        size = payload_size(value)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the input is not JSON: {error}") from None
    if size > MAX_PAYLOAD:
        raise ConfigError(
            f"the input has {size:,} bytes, StartExecution takes {MAX_PAYLOAD:,}",
            help="put the data into S3 and hand in its place",
        )


def check_mocks(program: Program, answers: Answers) -> None:
    """Raise ConfigError for a mock of a state that does not exist or that calls nothing."""
    states = dict(walk(program.machine))
    tasks = [name for name, state in states.items() if isinstance(state, Task)]
    for name in answers.states:
        if name not in states:
            raise ConfigError(
                f"there is no state `{name}` to mock", help=did_you_mean(name, tasks) or f"tasks are {', '.join(tasks)}"
            )
        if name not in tasks:
            kind = type(states[name]).__name__
            raise ConfigError(f"state `{name}` is a {kind}; only tasks are mocked", help="put the mock on the tasks inside it")
