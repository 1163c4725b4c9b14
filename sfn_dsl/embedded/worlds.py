"""Executions in the simulator: a world per execution, which starts when it does and shares its Region's machines and runs."""

from __future__ import annotations

import zlib
from typing import Final

import simpy

from sfn_dsl.asl.model import Json
from sfn_dsl.embedded.machines import Machine, Revision, Version
from sfn_dsl.embedded.shelf import Moment, Shelf
from sfn_dsl.embedded.verdict import program_of
from sfn_dsl.embedded.version_calls import version_arn
from sfn_dsl.simulate.bounds import Bounds, BoundsExceeded
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.program.nodes import Block
from sfn_dsl.simulate.provisions import provide
from sfn_dsl.simulate.running.interpreter import run_block
from sfn_dsl.simulate.running.thread import Deadline, Run, Steps, Thread
from sfn_dsl.simulate.world import World

__all__ = ["advance", "begin", "redrive"]

_BOUNDS: Final = Bounds(transitions=200_000)
_YEAR: Final = 31_536_000.0


def begin(shelf: Shelf, machine: Machine, version: Version | None, input: Json, name: str, moment: Moment) -> Run:
    """Start an execution. `version` None: the machine as it is. Its chances come from the moment's identity."""
    world = World(
        start=moment.time,
        seed=zlib.crc32(moment.identity.encode()),
        account=shelf.account,
        regions=(shelf.region,),
        bounds=_BOUNDS,
        strict=False,
        durations=lambda resource: 0.0,
        callbacks_sampled=not shelf.settings.real_time,
    )
    # Executions of all worlds, so that a name that is taken is taken for nested executions too.
    world.runs = shelf.runs
    for other in shelf.machines.values():
        _deploy(world, shelf, other, other.revision)
    for other in shelf.machines.values():
        for one in other.versions.values():
            _reach(world, shelf, other, one)
    provide(world)
    deployed = world.machines[machine.arn if version is None else version_arn(machine, version.number)]
    run = world.start(deployed, input, name=name)
    _go_on(shelf, run)
    return run


def _deploy(world: World, shelf: Shelf, machine: Machine, revision: Revision) -> None:
    world.deploy(
        program_of(revision.definition),
        name=machine.name,
        region=next(iter(world.places)),
        type=machine.type,
        arn=machine.arn,
        role_arn=revision.role_arn,
        samples=shelf.samples.get(machine.arn),
    )


def _reach(world: World, shelf: Shelf, machine: Machine, version: Version) -> None:
    """Let a version be reached by its ARN, and by those of aliases that lead to it first."""
    current = world.machines[machine.arn]
    _deploy(world, shelf, machine, version.revision)
    world.machines[version_arn(machine, version.number)] = deployed = world.machines[machine.arn]
    for alias in machine.aliases.values():
        if alias.routes[0][0] == version.number:
            world.alias(alias.name, deployed)
    world.machines[machine.arn] = current


def _go_on(shelf: Shelf, run: Run) -> None:
    """Let an execution go as far as it goes at once; one without an end stays where it is."""
    try:
        if shelf.settings.real_time:
            _until(run.world, run.world.now)
        else:
            run.world.run(until=run)
            # Executions that it has started without waiting for them.
            run.world.run()
    except BoundsExceeded:
        run.process = None


def advance(run: Run, time: float) -> None:
    """Let time pass for an execution that runs in real time. `time`: seconds since 1970."""
    try:
        _until(run.world, time)
    except BoundsExceeded:
        run.process = None


def _until(world: World, time: float) -> None:
    end = time - world.begin
    while world.env.peek() <= end:
        world.env.step()
    if end > world.env.now:
        world.env.run(until=end)


def redrive(shelf: Shelf, run: Run, time: float, count: int) -> None:
    """Let an execution that has failed go on at its last state, which is entered again. `count`: redrives, this one included."""
    world = run.world
    _until(world, max(time, world.now))
    last = [visit for visit in run.visits if visit.thread == ()][-1]
    events = run.history.events
    entered = events[last.event - 1].details or {}
    variables: dict[str, Json] = {}
    for event in events:
        details = event.details or {}
        if event.type.endswith("StateExited") and details["name"] in run.program.block.nodes:
            variables |= details.get("assignedVariables") or {}
    run.status, run.stop, run.duration, run.error, run.cause = "RUNNING", None, None, None, None
    run.done, run.deadline = world.env.event(), world.env.now + _YEAR
    previous = run.history.add("ExecutionRedriven", len(events), world.now, {"redriveCount": count})
    again = Block(last.state, run.program.block.nodes)
    run.process = world.env.process(_relive(run, Thread(run, variables, previous), again, entered["input"]))
    _go_on(shelf, run)


def _relive(run: Run, thread: Thread, block: Block, value: Json) -> Steps:
    """The rest of an execution's life, after a redrive."""
    try:
        run.output = yield from run_block(thread, block, value)
        status, kind, details = "SUCCEEDED", "ExecutionSucceeded", {"output": run.output}
    except Failure as failure:
        run.error, run.cause = failure.error, failure.cause
        status, kind, details = "FAILED", "ExecutionFailed", {"error": failure.error, "cause": failure.cause}
    except Deadline:
        status, kind, details = "TIMED_OUT", "ExecutionTimedOut", {"error": "States.Timeout"}
    except simpy.Interrupt as interrupt:
        if isinstance(interrupt.cause, Failure):
            run.error, run.cause = interrupt.cause.error, interrupt.cause.cause
        status, kind, details = "ABORTED", "ExecutionAborted", {"error": run.error, "cause": run.cause}
    run.history.add(kind, thread.previous, run.world.now, details)
    run.finish(status)
