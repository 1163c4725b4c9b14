"""The world: Regions with machines and services, executions that run in them, one virtual clock.

    world = World(seed=1)
    machine = world.deploy(definition, name="load")
    run = world.start(machine, {"batch_id": "b1"})
    world.run()
    world.execution(run).status

Everything random comes from one seeded source, so the same world runs the same way each time.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import simpy

from sfn_dsl.asl.model import Json, StateMachine
from sfn_dsl.asl.services import Pattern
from sfn_dsl.errors import SfnError
from sfn_dsl.region import partition_of
from sfn_dsl.simulate.bounds import Bounds, BoundsExceeded
from sfn_dsl.simulate.clock import DEFAULT_START, timestamp
from sfn_dsl.simulate.execution import Execution, execution_of
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.items.s3_store import S3Store
from sfn_dsl.simulate.items.store import ObjectStore
from sfn_dsl.simulate.limits import EXPRESS_SECONDS, STANDARD_SECONDS
from sfn_dsl.simulate.mocks.answers import Answer, Answers, Call
from sfn_dsl.simulate.mocks.faults import Faults, Injection
from sfn_dsl.simulate.place import Place
from sfn_dsl.simulate.program.machine import Program, compile_program
from sfn_dsl.simulate.program.nodes import Block
from sfn_dsl.simulate.program.resource import Resource
from sfn_dsl.simulate.running.callbacks import Callbacks
from sfn_dsl.simulate.running.deliveries import deliver
from sfn_dsl.simulate.running.dispatch import dispatch
from sfn_dsl.simulate.running.firings import tick
from sfn_dsl.simulate.running.interpreter import run_block
from sfn_dsl.simulate.running.nested import Started
from sfn_dsl.simulate.running.thread import Deadline, Run, Steps, Thread
from sfn_dsl.simulate.services.eventbridge import Delivery
from sfn_dsl.simulate.services.s3 import S3
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["Deployed", "World"]

# Virtual seconds that a call takes when nothing is said about it.
_DURATIONS: Final[Mapping[Pattern, float]] = {
    Pattern.REQUEST_RESPONSE: 0.2,
    Pattern.SYNC: 60.0,
    Pattern.SYNC_2: 60.0,
    Pattern.CALLBACK: 60.0,
}
_FUNCTION_SECONDS: Final = 1.0
_PROGRESS_STEP: Final = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Deployed:
    """A machine in a Region. `type`: STANDARD or EXPRESS."""

    arn: str
    name: str
    type: str
    role_arn: str
    region: Place
    program: Program


class World:
    """Regions, machines, executions and a clock.

    `start`: seconds since 1970 at which it begins. `answers`: what tasks answer; `samples`: results by state for tasks that nobody
    mocked. `faults`: what goes wrong. `objects`: what stands for S3 where a distributed Map reads and writes; None is the world's
    own S3. `durations`: a function from a resource to the seconds of a call that says nothing itself; None takes 0.2 s, 1 s for a
    Lambda function, 60 s for a job or a callback. `strict`: mocked results must fit the service's output shape.
    `callbacks_sampled`: a task with a token that nobody mocked is answered by a sample; False lets it wait for
    `send_task_success`.
    """

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
    ) -> None:
        # The clock counts from 0: whole seconds stay exact, which they would not beside 1.7e9.
        self.env = simpy.Environment()
        self.begin = start
        self.rng = random.Random(seed)
        self.account = account
        self.s3 = S3(uuid=self.uuid)
        self.places: dict[str, Place] = {}
        self.answers = answers or Answers()
        self.samples = samples or {}
        self.faults = Faults(faults)
        self.objects: ObjectStore = objects if objects is not None else S3Store(self.s3, lambda: self.now)
        self.bounds = bounds or Bounds()
        self.strict = strict
        self.callbacks_sampled = callbacks_sampled
        self.worker_name = "worker"
        self.callbacks = Callbacks(self.env, self.uuid)
        self.machines: dict[str, Deployed] = {}
        self.runs: dict[str, Run] = {}
        self.running = 0
        """Executions that have not ended, children of distributed Maps left aside."""
        self.undelivered: list[Delivery] = []
        self.event_latency = 0.5
        self.transitions = 0
        self.progress: Callable[[int], None] | None = None
        self._durations = durations
        for name in regions:
            self.place(name)

    # Time and chance

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.begin + self.env.now

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return round(self.now * 1000)

    def timestamp(self) -> str:
        """The time as AWS writes it."""
        return timestamp(self.now)

    def uuid(self) -> str:
        """A version 4 UUID from the world's seed."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def random(self) -> random.Random:
        """The world's source of chance."""
        return self.rng

    def duration(self, resource: Resource) -> float:
        """Virtual seconds of a call that says nothing itself."""
        if self._durations is not None:
            return self._durations(resource)
        if resource.kind == "lambda" or (resource.service == "lambda" and resource.pattern is Pattern.REQUEST_RESPONSE):
            return _FUNCTION_SECONDS
        return _DURATIONS[resource.pattern] if resource.kind == "service" else 60.0

    # Machines

    def place(self, region: str) -> Place:
        """A Region of the world; it is made when it is first asked for."""
        if region not in self.places:
            self.places[region] = Place(region, self.account, self.uuid, self.s3, self._deliver, self._plan)
        return self.places[region]

    def deploy(
        self,
        machine: StateMachine | Program,
        *,
        name: str = "machine",
        region: str = "us-east-1",
        type: str = "STANDARD",
        arn: str | None = None,
        role_arn: str | None = None,
    ) -> Deployed:
        """Put a machine into a Region; one of the same ARN is replaced. Raises DefinitionError for what cannot be run."""
        partition = partition_of(region)
        arn = arn or f"arn:{partition}:states:{region}:{self.account}:stateMachine:{name}"
        role_arn = role_arn or f"arn:{partition}:iam::{self.account}:role/{name}"
        program = machine if isinstance(machine, Program) else compile_program(machine)
        deployed = Deployed(arn, name, type, role_arn, self.place(region), program)
        self.machines[arn] = deployed
        return deployed

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
        run = Run(self, machine, machine.program, arn, name, value, self.env.now + allowed)
        self.runs[arn] = run
        self.running += 1
        run.done.callbacks.append(self._ended)
        run.history.add("ExecutionStarted", 0, self.now, {"input": value, "roleArn": machine.role_arn})
        run.process = self.env.process(self._live(run, machine.program.block))
        return run

    def _ended(self, event: simpy.Event) -> None:
        self.running -= 1

    def start_child(self, parent: Run, processor: Block, input: Json, name: str, *, express: bool) -> Run:
        """Start a child of a Map Run; it has no deadline of its own but that of its type and its parent."""
        identity = self.uuid()
        arn = f"{parent.machine.arn.rpartition(':')[0].replace(':stateMachine', ':execution')}:{name}:{identity}"
        deadline = min(parent.deadline, self.env.now + EXPRESS_SECONDS) if express else parent.deadline
        child = Run(self, parent.machine, parent.program, arn, identity, input, deadline)
        parent.children.append(child)
        child.history.add("ExecutionStarted", 0, self.now, {"input": input, "roleArn": parent.machine.role_arn})
        child.process = self.env.process(self._live(child, processor))
        return child

    def _live(self, run: Run, block: Block) -> Steps:
        """The process of an execution."""
        thread = Thread(run, {}, 0)
        try:
            run.output = yield from run_block(thread, block, run.input)
        except Failure as failure:
            run.error, run.cause = failure.error, failure.cause
            self._close(run, thread, "FAILED", {"error": failure.error, "cause": failure.cause})
        except Deadline:
            self._close(run, thread, "TIMED_OUT", {"error": "States.Timeout"})
        except simpy.Interrupt as interrupt:
            thread.previous = 0
            if isinstance(interrupt.cause, Failure):
                run.error, run.cause = interrupt.cause.error, interrupt.cause.cause
            self._close(run, thread, "ABORTED", {"error": run.error, "cause": run.cause})
        else:
            self._close(run, thread, "SUCCEEDED", {"output": run.output})

    def _close(self, run: Run, thread: Thread, status: str, details: Mapping[str, Any]) -> None:
        words = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "TIMED_OUT": "TimedOut", "ABORTED": "Aborted"}
        run.history.add(f"Execution{words[status]}", thread.previous, self.now, details)
        run.finish(status)

    def stop(self, run: Run, error: str | None = None, cause: str | None = None) -> None:
        """StopExecution: abort a run; nothing happens to one that has ended."""
        if run.process is not None and run.process.is_alive:
            run.process.interrupt(Failure(error, cause) if error or cause else None)

    def answer(self, call: Call, run: Run) -> Answer | Started:
        """What a task's call comes to."""
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

    def _deliver(self, delivery: Delivery) -> None:
        self.env.process(deliver(self, delivery))

    def _plan(self, place: Place, schedule: str) -> None:
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

    def stop_region(self, region: str, *, after: float = 0.0, lasting: float | None = None) -> None:
        """Let a Region stand still after so many seconds, for so many seconds (None: for good)."""
        place = self.place(region)

        def halt() -> Steps:
            if after > 0:
                yield self.env.timeout(after)
            place.stopped = self.env.event()
            if lasting is not None:
                yield self.env.timeout(lasting)
                event, place.stopped = place.stopped, None
                event.succeed()

        self.env.process(halt())
