"""Parallel and inline Map: threads side by side, and what happens to the others when one fails.

A distributed Map is handed to `distributed.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import simpy

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.failure import RUNTIME, Failure
from sfn_dsl.simulate.limits import INLINE_CONCURRENCY
from sfn_dsl.simulate.program.nodes import Block, MapNode, ParallelNode, TaskNode
from sfn_dsl.simulate.program.view import Fault, View
from sfn_dsl.simulate.running.distributed import run_distributed
from sfn_dsl.simulate.running.map_input import map_items, select
from sfn_dsl.simulate.running.thread import Deadline, Steps, Thread

__all__ = ["BlockRunner", "run_map", "run_parallel"]

BlockRunner: TypeAlias = Callable[[Thread, Block, Json], Steps]

Starter: TypeAlias = Callable[[int], tuple[Thread, Steps]]
"""Makes a member's thread and steps; its first event follows the event of this id."""

_ABORTABLE = frozenset({"Task", "Wait", "Map", "Parallel"})


def _is_reported(failure: Exception) -> bool:
    """Whether iterations and siblings leave events: not for an error of the interpreter or the end of the execution's time."""
    return isinstance(failure, Failure) and failure.error != RUNTIME


class _Member:
    """One branch or iteration."""

    __slots__ = ("index", "output", "process", "succeeded", "thread")

    def __init__(self, index: int, thread: Thread) -> None:
        self.index = index
        self.thread = thread
        self.output: Json = None
        self.process: simpy.Process | None = None
        self.succeeded = False


class _Group:
    """Members that run side by side, at most `limit` at once; the first that fails ends them all."""

    def __init__(self, thread: Thread, state: str, *, iterations: bool) -> None:
        self.thread = thread
        self.state = state
        self.iterations = iterations
        self.env = thread.run.world.env
        self.over = self.env.event()
        self.members: list[_Member] = []
        self.left = 0
        self.failure: Failure | Deadline | None = None
        self.failed: _Member | None = None

    def run(self, starts: Sequence[Starter], limit: int) -> Steps:
        """Run a member per start function; the outputs in their order. Raises what the first failing member raises."""
        self.left = len(starts)
        if not starts:
            return []
        waiting = iter(enumerate(starts))
        for _ in range(min(limit, len(starts))):
            self._begin(waiting, self.thread.previous)
        try:
            yield self.over
        except simpy.Interrupt:
            self._stop()
            raise
        if self.failure is not None:
            failure = self.failure
            self._stop(announce=_is_reported(failure))
            raise failure
        return [member.output for member in self.members]

    def _begin(self, waiting: Iterator[tuple[int, Starter]], previous: int) -> None:
        """Start the next member, if there is one."""
        for index, start in waiting:
            thread, steps = start(previous)
            member = _Member(index, thread)
            self.members.append(member)
            if self.iterations:
                thread.event("MapIterationStarted", {"name": self.state, "index": index})
            member.process = self.env.process(self._live(member, steps, waiting))
            return

    def _live(self, member: _Member, steps: Steps, waiting: Iterator[tuple[int, Starter]]) -> Steps:
        """A member's process."""
        try:
            member.output = yield from steps
        except (Failure, Deadline) as failure:
            if self.failure is None:
                self.failure, self.failed = failure, member
                self.thread.previous = member.thread.previous
                if self.iterations and _is_reported(failure):
                    self.thread.aside("MapIterationFailed", {"name": self.state, "index": member.index})
                self.over.succeed()
            return
        except simpy.Interrupt:
            return
        if self.failure is not None:
            return
        member.succeeded = True
        # Recorded: the next iteration follows the last event inside this one, the Map itself its MapIterationSucceeded.
        last = closing = member.thread.previous
        if self.iterations:
            closing = member.thread.aside("MapIterationSucceeded", {"name": self.state, "index": member.index})
        self.left -= 1
        if self.left:
            self._begin(waiting, last)
        else:
            self.thread.previous = closing
            self.over.succeed()

    def _stop(self, *, announce: bool = False) -> None:
        """Interrupt the members that still run; recorded: every state that was not left is told to be aborted."""
        for member in self.members:
            if member.process is None or member.succeeded:
                continue
            thread, alive = member.thread, member.process.is_alive
            if alive:
                member.process.interrupt()
                if thread.visit is not None and thread.visit.end is None:
                    thread.visit.end = self.env.now
                    thread.visit.aborted = True
            if not announce:
                continue
            if self.iterations and member is not self.failed:
                self.thread.aside("MapIterationAborted", {"name": self.state, "index": member.index})
            if thread.kind == "Task" or (alive and thread.kind in _ABORTABLE):
                self.thread.aside(f"{thread.kind}StateAborted")


def run_parallel(run_block: BlockRunner, thread: Thread, node: TaskNode | ParallelNode | MapNode, view: View) -> Steps:
    """One attempt of a Parallel; the value is (effective input, list of outputs)."""
    assert isinstance(node, ParallelNode)
    effective = node.flow.enter(view, view.input)
    value = node.flow.arguments(view, effective)
    thread.event("ParallelStateStarted")

    def starter(index: int, branch: Block) -> Starter:
        def start(previous: int) -> tuple[Thread, Steps]:
            inner = Thread(thread.run, thread.variables, previous, (*thread.path, view.name, index))
            return inner, run_block(inner, branch, value)

        return start

    starts = [starter(index, branch) for index, branch in enumerate(node.branches)]
    outputs = yield from _Group(thread, view.name, iterations=False).run(starts, len(starts))
    last = thread.previous
    thread.event("ParallelStateSucceeded")
    thread.previous = last
    return effective, outputs


def run_map(run_block: BlockRunner, thread: Thread, node: TaskNode | ParallelNode | MapNode, view: View) -> Steps:
    """One attempt of a Map; the value is (effective input, result)."""
    assert isinstance(node, MapNode)
    effective = node.flow.enter(view, view.input)
    if node.fields.distributed:
        result = yield from run_distributed(thread, node, view, effective)
        return effective, result
    items = map_items(node, view, effective)
    concurrency = _concurrency(node, view, effective)
    thread.event("MapStateStarted", {"length": len(items)})

    def starter(index: int, item: Json) -> Starter:
        def start(previous: int) -> tuple[Thread, Steps]:
            value = select(node, view, effective, {"Index": index, "Value": item}, item)
            inner = Thread(thread.run, thread.variables, previous, (*thread.path, view.name, index))
            return inner, run_block(inner, node.processor, value)

        return start

    starts = [starter(index, item) for index, item in enumerate(items)]
    outputs = yield from _Group(thread, view.name, iterations=True).run(starts, concurrency)
    last = thread.previous
    thread.event("MapStateSucceeded")
    thread.previous = last
    return effective, outputs


def _concurrency(node: MapNode, view: View, effective: Json) -> int:
    wanted = node.fields.concurrency(view, effective) if node.fields.concurrency else 0
    if wanted < 0:
        raise Fault("MaxConcurrency cannot be negative.", query=node.jsonata)
    return min(wanted or INLINE_CONCURRENCY, INLINE_CONCURRENCY)
