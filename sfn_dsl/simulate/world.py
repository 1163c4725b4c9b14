"""The world: Regions with machines and services, executions that run in them, one virtual clock.

    world = World(seed=1)
    machine = world.deploy(definition, name="load")
    run = world.start(machine, {"batch_id": "b1"})
    world.run()
    world.execution(run).status

Everything random comes from one seeded source, so the same world runs the same way each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import simpy

from sfn_dsl.asl.limits import EXPRESS_SECONDS, STANDARD_SECONDS
from sfn_dsl.asl.model import Json, StateMachine
from sfn_dsl.asl.services import Pattern
from sfn_dsl.errors import SfnError
from sfn_dsl.region import partition_of
from sfn_dsl.simulate.bounds import Bounds, BoundsExceeded
from sfn_dsl.simulate.clock import DEFAULT_START
from sfn_dsl.simulate.execution import Execution, execution_of
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.items.s3_store import S3Store
from sfn_dsl.simulate.items.store import ObjectStore
from sfn_dsl.simulate.mocks.answers import Answer, Answers, Call
from sfn_dsl.simulate.mocks.chances import Chances
from sfn_dsl.simulate.mocks.faults import Faults, Injection
from sfn_dsl.simulate.place import Place
from sfn_dsl.simulate.program.machine import Program, compile_program
from sfn_dsl.simulate.program.nodes import Block
from sfn_dsl.simulate.program.resource import Resource
from sfn_dsl.simulate.running.callbacks import Callbacks
from sfn_dsl.simulate.running.dead_letters import DeadLetter
from sfn_dsl.simulate.running.deliveries import deliver
from sfn_dsl.simulate.running.dispatch import dispatch
from sfn_dsl.simulate.running.firings import tick
from sfn_dsl.simulate.running.invocations import QueueSource, invoke_later, poll
from sfn_dsl.simulate.running.life import live
from sfn_dsl.simulate.running.nested import Started
from sfn_dsl.simulate.running.statuses import announce
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.simulate.services.eventbridge import Delivery
from sfn_dsl.simulate.services.functions import Function
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.surroundings import Surroundings

__all__ = ["Deployed", "Watch", "World"]

Watch = Callable[[Call, Run], None]
"""Sees every call of every run before it is answered."""


# Virtual seconds that a call takes when nothing is said about it.
_DURATIONS: Final[Mapping[Pattern, float]] = {
    Pattern.REQUEST_RESPONSE: 0.2,
    Pattern.SYNC: 60.0,
    Pattern.SYNC_2: 60.0,
    Pattern.CALLBACK: 60.0,
}
_FUNCTION_SECONDS: Final = 1.0
_PROGRESS_STEP: Final = 1000
# Seconds within which an asynchronous invocation happens a second time, where it does.
_DOUBLED_WITHIN: Final = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Deployed:
    """A machine in a Region. `type`: STANDARD or EXPRESS. `samples`: its own, in place of the world's."""

    arn: str
    name: str
    type: str
    role_arn: str
    region: Place
    program: Program
    samples: Mapping[str, Json] | None = None


class World(Surroundings):
    """Regions, machines, executions and a clock.

    `start`: seconds since 1970 at which it begins. `answers`: what tasks answer; `samples`: results by state for tasks that nobody
    mocked. `faults`: what goes wrong. `objects`: what stands for S3 where a distributed Map reads and writes; None is the world's
    own S3. `durations`: a function from a resource to the seconds of a call that says nothing itself; None takes 0.2 s, 1 s for a
    Lambda function, 60 s for a job or a callback. `strict`: mocked results must fit the service's output shape.
    `callbacks_sampled`: a task with a token that nobody mocked is answered by a sample; False lets it wait for
    `send_task_success`.

    `chances`: how often events go astray; None: never. `event_latency`: seconds from a bus to a target, `detection`: seconds until
    `observers` hear of a Region's trouble and of its end; both may be a pair to draw from. `clock_skew`: seconds by Region that its
    clock is fast. `status_events`: Standard executions tell the default bus of their beginning and end. `permits`: whether a
    principal (the target's role, else the rule; ARN) may do an action (`states:StartExecution`) on a resource (ARN), asked for what
    rules do; None permits everything.
    """

    # Not set in the constructor: CPython looks up attributes more slowly in objects that have 30 or more.
    worker_name = "worker"
    progress: Callable[[int], None] | None = None
    audit: Watch | None = None
    struck: Deployed | None = None
    """The only machine whose states faults strike; None: all machines."""

    def __init__(
        self,
        *,
        start: float = DEFAULT_START,
        seed: int = 0,
        account: str = "111122223333",
        regions: Iterable[str] = ("us-east-1",),
        answers: Answers | None = None,
        samples: Mapping[str, Json] | None = None,
        faults: Iterable[Injection] = (),
        objects: ObjectStore | None = None,
        durations: Callable[[Resource], float] | None = None,
        bounds: Bounds | None = None,
        strict: bool = True,
        callbacks_sampled: bool = True,
        chances: Chances | None = None,
        event_latency: float | tuple[float, float] = (0.2, 2.0),
        detection: float | tuple[float, float] = (120.0, 420.0),
        clock_skew: Mapping[str, float] = MappingProxyType({}),
        status_events: bool = False,
        permits: Callable[[str, str, str], bool] | None = None,
    ) -> None:
        super().__init__(
            start=start, seed=seed, account=account, detection=detection, clock_skew=clock_skew, chances=chances or Chances()
        )
        self.answers = answers or Answers()
        self.samples = samples or {}
        self.faults = Faults(faults)
        self.objects: ObjectStore = objects if objects is not None else S3Store(self.s3, lambda: self.now)
        self.bounds = bounds or Bounds()
        self.strict = strict
        self.callbacks_sampled = callbacks_sampled
        self.callbacks = Callbacks(self.env, self.uuid)
        self.machines: dict[str, Deployed] = {}
        self.runs: dict[str, Run] = {}
        self.running = 0
        """Executions that have not ended, children of distributed Maps left aside."""
        self.undelivered: list[DeadLetter] = []
        """Events that did not arrive and that no dead-letter queue took."""
        self.event_latency = event_latency
        self.status_events = status_events
        self.permits = permits
        self.transitions = 0
        self._durations = durations
        for name in regions:
            self.place(name)

    # Machines

    def duration(self, resource: Resource) -> float:
        """Virtual seconds of a call that says nothing itself."""
        if self._durations is not None:
            return self._durations(resource)
        if resource.kind == "lambda" or (resource.service == "lambda" and resource.pattern is Pattern.REQUEST_RESPONSE):
            return _FUNCTION_SECONDS
        return _DURATIONS[resource.pattern] if resource.kind == "service" else 60.0

    def deploy(
        self,
        machine: StateMachine | Program,
        *,
        name: str = "machine",
        region: str = "us-east-1",
        type: str = "STANDARD",
        arn: str | None = None,
        role_arn: str | None = None,
        samples: Mapping[str, Json] | None = None,
    ) -> Deployed:
        """Put a machine into a Region; one of the same ARN is replaced. `samples`: its own, in place of the world's. Raises
        DefinitionError for what cannot be run."""
        partition = partition_of(region)
        arn = arn or f"arn:{partition}:states:{region}:{self.account}:stateMachine:{name}"
        role_arn = role_arn or f"arn:{partition}:iam::{self.account}:role/{name}"
        program = machine if isinstance(machine, Program) else compile_program(machine)
        deployed = Deployed(arn, name, type, role_arn, self.place(region), program, samples)
        self.machines[arn] = deployed
        return deployed

    def alias(self, name: str, deployed: Deployed) -> str:
        """Let a machine, as it is now, be reached by an alias too; its ARN. An alias of that name is moved."""
        arn = f"{deployed.arn}:{name}"
        self.machines[arn] = deployed
        return arn

    # Executions

    def start(self, machine: Deployed, input: Json = None, *, name: str | None = None, arn: str | None = None) -> Run:
        """Start an execution; it runs when the world does. An input of None is `{}`.

        A Standard execution of the same name that still runs with the same input is returned as it is. Raises ServiceError
        (ExecutionAlreadyExists) for a name that is otherwise taken.
        """
        name = name or self.uuid()
        value = {} if input is None else input
        if arn is None:
            kind = "execution" if machine.type == "STANDARD" else "express"
            arn = f"{machine.arn.replace(':stateMachine:', f':{kind}:')}:{name}"
            if machine.type == "EXPRESS":
                arn += f":{self.uuid()}"
        existing = self.runs.get(arn)
        if existing is not None:
            if existing.status == "RUNNING" and existing.input == value:
                return existing
            raise ServiceError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        allowed = STANDARD_SECONDS if machine.type == "STANDARD" else EXPRESS_SECONDS
        if machine.program.timeout is not None:
            allowed = min(allowed, machine.program.timeout)
        run = Run(self, machine, machine.program, arn, name, value, self.env.now + allowed, machine.type)
        self.runs[arn] = run
        self.running += 1
        run.done.callbacks.append(self._ended)
        run.history.add("ExecutionStarted", 0, self.now, {"input": value, "roleArn": machine.role_arn})
        run.process = self.env.process(live(self, run, machine.program.block))
        if self.status_events:
            announce(self, run)
            run.done.callbacks.append(lambda event: announce(self, run))
        return run

    def _ended(self, event: simpy.Event) -> None:
        self.running -= 1

    def start_child(self, parent: Run, processor: Block, input: Json, name: str, *, express: bool) -> Run:
        """Start a child of a Map Run; it has no deadline of its own but that of its type and its parent.

        It costs its parent a state transition. Source: page `concepts-transitions`.
        """
        self.count_transition(parent)
        identity = self.uuid()
        arn = f"{parent.machine.arn.rpartition(':')[0].replace(':stateMachine', ':execution')}:{name}:{identity}"
        deadline = min(parent.deadline, self.env.now + EXPRESS_SECONDS) if express else parent.deadline
        child = Run(self, parent.machine, parent.program, arn, identity, input, deadline, "EXPRESS" if express else "STANDARD")
        parent.children.append(child)
        child.history.add("ExecutionStarted", 0, self.now, {"input": input, "roleArn": parent.machine.role_arn})
        child.process = self.env.process(live(self, child, processor))
        return child

    def stop(self, run: Run, error: str | None = None, cause: str | None = None) -> None:
        """StopExecution: abort a run; nothing happens to one that has ended."""
        if run.process is not None and run.process.is_alive:
            run.process.interrupt(Failure(error, cause) if error or cause else None)

    def answer(self, call: Call, run: Run) -> Answer | Started:
        """What a task's call comes to."""
        if self.audit is not None:
            self.audit(call, run)
        return dispatch(self, call, run)

    # Callbacks and events

    def send_task_success(self, token: str, output: Json) -> bool:
        """SendTaskSuccess; False when nobody waits for the token any more."""
        return self.callbacks.send(token, Answer(value=output))

    def send_task_failure(self, token: str, error: str | None = None, cause: str | None = None) -> bool:
        """SendTaskFailure; False when nobody waits for the token any more."""
        return self.callbacks.send(token, Answer(fails=True, error=error, cause=cause))

    def send_task_heartbeat(self, token: str) -> bool:
        """SendTaskHeartbeat; False when nobody waits for the token any more."""
        return self.callbacks.send(token, None)

    def deliver(self, delivery: Delivery) -> None:
        """Bring an event to a rule's target, and perhaps a second time."""
        self.env.process(deliver(self, delivery))
        chances = self.chances
        if self.chance(chances.redelivered):
            after = self.rng.uniform(0, chances.redelivered_within)
            self.env.process(deliver(self, delivery, after=after, renamed=chances.new_names))

    def invoke(self, function: Function, event: Json) -> None:
        """Invoke a function asynchronously, and perhaps a second time."""
        self.env.process(invoke_later(self, function, event))
        if self.chance(self.chances.doubled):
            self.env.process(invoke_later(self, function, event, self.rng.uniform(0, _DOUBLED_WITHIN)))

    def map_queue(self, source: QueueSource) -> None:
        """Poll a queue for a function of its Region, from now on."""
        self.env.process(poll(self, self.place(source.function.region), source))

    def plan(self, place: Place, schedule: str) -> None:
        """Let a schedule of a Region fire in its time."""
        self.env.process(tick(self, place, schedule))

    # Bounds

    def count_transition(self, run: Run) -> None:
        """Count a state transition. Raises BoundsExceeded."""
        run.transitions += 1
        self.transitions += 1
        if self.progress is not None and not self.transitions % _PROGRESS_STEP:
            self.progress(self.transitions)
        if self.transitions > self.bounds.transitions:
            raise BoundsExceeded(
                f"the simulation passed {self.bounds.transitions} state transitions without an end",
                help="look for a loop without an exit, or raise the bound (--max-transitions)",
            )

    def within_bounds(self, time: float) -> None:
        """Raise BoundsExceeded when a time on the world's clock lies beyond its end."""
        if time > self.bounds.seconds:
            days = self.bounds.seconds / 86_400
            raise BoundsExceeded(
                f"the simulation passed {days:g} days of virtual time without an end",
                help="look for a wait or a loop without an exit, or raise the bound (--max-days)",
            )

    # Running

    def run(self, until: Run | None = None, *, seconds: float | None = None) -> None:
        """Let time pass: until a run has ended, for so many seconds, or until every execution has ended or nothing moves."""
        try:
            if until is not None:
                while until.status == "RUNNING" and self.env.peek() != float("inf"):
                    self.env.step()
            elif seconds is not None:
                self.env.run(until=self.env.now + seconds)
            else:
                while self.running and self.env.peek() != float("inf"):
                    self.env.step()
        except SfnError as error:
            # simpy raises a copy that has lost the help.
            raise error.__cause__ if isinstance(error.__cause__, SfnError) else error from None

    def execution(self, run: Run) -> Execution:
        """What has become of a run so far."""
        return execution_of(run)
