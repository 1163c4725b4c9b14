"""Executions while they run, and the lines of control inside them.

A *run* is one execution: its history, its status, its deadline. A *thread* is what moves from state to state: the run itself, a
branch of a Parallel, an iteration of a Map. Each thread chains its own events by `previousEventId` and has its own variables; an
inner thread starts with a copy of the outer ones, which it can read and never write.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simpy

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.clock import timestamp
from sfn_dsl.simulate.failure import RUNTIME, Failure
from sfn_dsl.simulate.history import MAX_EVENTS, Event, History
from sfn_dsl.simulate.program.machine import Program
from sfn_dsl.simulate.program.view import View

if TYPE_CHECKING:
    from sfn_dsl.simulate.running.map_run import MapRun
    from sfn_dsl.simulate.world import Deployed, World

__all__ = ["Deadline", "Run", "Steps", "Thread", "Visit"]

Steps = Generator[simpy.Event, Any, Any]
"""What a simulated process yields; its value is what it returns."""


class Deadline(Exception):
    """The execution has run as long as it may."""


@dataclass(slots=True)
class Visit:
    """One stay in a state, for timelines and coverage. Times in seconds since the world began; `end` is None while it lasts.

    `thread` is the path of the thread: `()` for the machine itself, `("Map", 3)` for an iteration, nested for nested ones.
    `failed`: the error left the state uncaught.
    `rule` is the index of the Choice rule taken (-1: Default), `retries` the index of the retrier of each further attempt,
    `catcher` the index of the catcher taken, `error` what failed it or was caught.
    """

    state: str
    kind: str
    thread: tuple[str | int, ...]
    start: float
    end: float | None = None
    rule: int | None = None
    retries: tuple[int, ...] = ()
    catcher: int | None = None
    error: str | None = None
    cause: str | None = None
    failed: bool = False
    aborted: bool = False
    event: int = 0


class Run:
    """One execution. Only its own processes change it; `execution()` of the world makes a frozen value of it.

    `type`: STANDARD or EXPRESS, of a child of a distributed Map what the Map says. `transitions`: with one per child started.
    `start` and `stop` in seconds since 1970; `deadline` and `began` on the world's own clock, which begins at 0.
    """

    __slots__ = (
        "arn",
        "began",
        "calls",
        "cause",
        "children",
        "clock",
        "deadline",
        "done",
        "duration",
        "error",
        "history",
        "input",
        "item",
        "machine",
        "map_run_arn",
        "map_runs",
        "name",
        "output",
        "process",
        "program",
        "start",
        "status",
        "stop",
        "transitions",
        "type",
        "visits",
        "world",
    )

    def __init__(
        self,
        world: World,
        machine: Deployed,
        program: Program,
        arn: str,
        name: str,
        input: Json,
        deadline: float,
        type: str,
    ) -> None:
        self.world = world
        self.machine = machine
        self.clock = machine.region.clock
        self.program = program
        self.arn = arn
        self.name = name
        self.input = input
        self.deadline = deadline
        self.type = type
        self.began: float = world.env.now
        self.start = world.now
        self.stop: float | None = None
        self.duration: float | None = None
        self.status = "RUNNING"
        self.output: Json = None
        self.error: str | None = None
        self.cause: str | None = None
        self.history = History()
        self.transitions = 0
        self.visits: list[Visit] = []
        self.children: list[Run] = []
        self.map_run_arn: str | None = None
        self.map_runs: dict[str, MapRun] = {}
        self.done: simpy.Event = world.env.event()
        self.process: simpy.Process | None = None
        self.item: Mapping[str, Json] | None = None
        self.calls: dict[str, int] = {}

    def count_call(self, state: str) -> int:
        """How often a Task state has called before, over all visits and attempts; this call is counted."""
        number = self.calls.get(state, 0)
        self.calls[state] = number + 1
        return number

    def finish(self, status: str) -> None:
        """Close the run; who waits for it goes on."""
        self.status = status
        self.stop = self.world.now
        self.duration = self.world.env.now - self.began
        self.done.succeed(self)

    def execution_context(self) -> dict[str, Json]:
        """`$$.Execution`."""
        return {
            "Id": self.arn,
            "Input": self.input,
            "StartTime": timestamp(self.start),
            "Name": self.name,
            "RoleArn": self.machine.role_arn,
            "RedriveCount": 0,
        }


class Thread:
    """A line of control of a run."""

    __slots__ = ("kind", "path", "previous", "run", "variables", "visit")

    def __init__(self, run: Run, variables: dict[str, Json], previous: int, path: tuple[str | int, ...] = ()) -> None:
        self.run = run
        self.variables = variables
        self.previous = previous
        """Id of the thread's last event."""
        self.path = path
        self.visit: Visit | None = None
        self.kind = ""
        """Type of the state the thread is in."""

    def event(self, type: str, details: Mapping[str, Any] | None = None) -> int:
        """Add an event to the thread's chain; its id."""
        self.previous = number = self.aside(type, details)
        return number

    def aside(self, type: str, details: Mapping[str, Any] | None = None) -> int:
        """Add an event that follows the chain without becoming its end; its id."""
        run = self.run
        events = run.history.events
        number = len(events) + 1
        if number >= MAX_EVENTS and run.type == "STANDARD":
            raise Failure(RUNTIME, f"The execution reached the maximum number of history events ({MAX_EVENTS}).")
        world = run.world
        events.append(Event(number, self.previous, type, world.begin + world.env.now, details))
        return number

    def assign(self, variables: Mapping[str, Json]) -> None:
        """Set variables; states that are entered later see them."""
        self.variables = {**self.variables, **variables}

    def sleep(self, seconds: float) -> Steps:
        """Let virtual time pass, more while the Region stands still. Raises Deadline when the execution's time is over."""
        world, run = self.run.world, self.run
        now = world.env.now
        region = run.machine.region
        if now + seconds >= run.deadline:
            yield world.env.timeout(max(run.deadline - now, 0))
            yield from region.standstill()
            raise Deadline
        world.within_bounds(now + seconds)
        if seconds > 0:
            yield world.env.timeout(seconds)
        if region.stopped is not None:
            yield from region.standstill()
            if world.env.now >= run.deadline:
                raise Deadline

    def wait(self, event: simpy.Event, seconds: float | None) -> Steps:
        """Wait for an event, at most so many seconds; whether it happened. Raises Deadline like `sleep`."""
        world, run = self.run.world, self.run
        now = world.env.now
        end = run.deadline if seconds is None else min(run.deadline, now + seconds)
        timer = world.env.timeout(max(end - now, 0)) if end != float("inf") else None
        if timer is None:
            yield event
        else:
            yield event | timer
        if run.machine.region.stopped is not None:
            yield from run.machine.region.standstill()
        if event.triggered:
            return True
        world.within_bounds(world.env.now)
        if world.env.now >= run.deadline:
            raise Deadline
        return False

    def context(self, view: View) -> dict[str, Json]:
        """The context object."""
        run = self.run
        state: dict[str, Json] = {"EnteredTime": timestamp(view.entered_at), "Name": view.name}
        if view.retry_count is not None:
            state["RetryCount"] = view.retry_count
        found: dict[str, Json] = {
            "Execution": run.execution_context(),
            "StateMachine": {"Id": run.machine.arn, "Name": run.machine.name},
            "State": state,
        }
        if view.token is not None:
            found["Task"] = {"Token": view.token}
        if view.item is not None:
            found["Map"] = {"Item": view.item}
        elif run.item is not None:
            found["Map"] = {"Item": run.item}
        return found
