"""A Map Run: children side by side, how many of their items may fail, and what DescribeMapRun says of it.

Source of what counts as failed: page `maprun-fail-threshold`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import simpy

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.clock import timestamp
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.items.writer import ChildResult
from sfn_dsl.simulate.program.nodes import MapNode
from sfn_dsl.simulate.program.view import View
from sfn_dsl.simulate.running.thread import Run, Steps, Thread

__all__ = ["EXCEEDED", "EXCEEDED_CAUSE", "MapRun", "Tolerance"]

EXCEEDED: Final = "States.ExceedToleratedFailureThreshold"
EXCEEDED_CAUSE: Final = "The specified tolerated failure threshold was exceeded"
_COUNTED: Final = {
    "PENDING": "Pending",
    "RUNNING": "Running",
    "SUCCEEDED": "Succeeded",
    "FAILED": "Failed",
    "TIMED_OUT": "TimedOut",
    "ABORTED": "Aborted",
}


class Tolerance:
    """How many items may fail: a number and a share in percent, 0 where not given."""

    __slots__ = ("count", "percentage")

    def __init__(self, count: int | None, percentage: float | None) -> None:
        self.count = count
        self.percentage = percentage

    def exceeded(self, failed: int, total: int) -> bool:
        """Whether so many failed items are too many."""
        if not failed:
            return False
        if self.count is None and self.percentage is None:
            return True
        by_count = self.count is not None and failed > self.count
        by_share = self.percentage is not None and failed * 100 / total > self.percentage
        return by_count or by_share


class MapRun:
    """The children of a Map Run, while they run and afterwards."""

    def __init__(self, thread: Thread, node: MapNode, view: View, arn: str, concurrency: int, tolerance: Tolerance) -> None:
        self.thread = thread
        self.node = node
        self.view = view
        self.arn = arn
        self.name = arn.rpartition(":")[0].rpartition(":")[2]
        self.concurrency = concurrency
        self.tolerance = tolerance
        self.status = "RUNNING"
        self.start = thread.run.world.timestamp()
        self.stop: str | None = None
        self.sizes: list[int] = []
        self.children: list[Run] = []
        self.failed = 0
        self.left = 0
        self.total = 0
        self.over: simpy.Event = thread.run.world.env.event()

    def run(self, inputs: list[Json], concurrency: int) -> Steps:
        """Run a child per input. Raises Failure when too many fail."""
        batched = self.node.fields.batching is not None
        self.sizes = [len(value["Items"]) if batched else 1 for value in inputs]
        self.left, self.total = len(inputs), sum(self.sizes)
        if not inputs:
            return
        waiting = iter(zip(inputs, self.sizes, strict=True))
        for _ in range(min(concurrency, len(inputs))):
            self._begin(waiting)
        try:
            yield self.over
        except simpy.Interrupt:
            self._stop()
            self.finish("ABORTED")
            raise
        if self.left:
            self._stop()
        if self.tolerance.exceeded(self.failed, self.total):
            raise Failure(EXCEEDED, EXCEEDED_CAUSE)

    def _begin(self, waiting: Iterator[tuple[Json, int]]) -> None:
        for value, size in waiting:
            world = self.thread.run.world
            child = world.start_child(self.thread.run, self.node.processor, value, self.name, express=self.node.fields.express)
            self.children.append(child)

            def ended(event: simpy.Event, child: Run = child, size: int = size) -> None:
                self._ended(child, size, waiting)

            child.done.callbacks.append(ended)
            return

    def _ended(self, child: Run, size: int, waiting: Iterator[tuple[Json, int]]) -> None:
        self.left -= 1
        if child.status != "SUCCEEDED":
            self.failed += size
        if not self.over.triggered:
            if not self.left or self.tolerance.exceeded(self.failed, self.total):
                self.over.succeed()
            else:
                self._begin(waiting)

    def _stop(self) -> None:
        for child in self.children:
            self.thread.run.world.stop(child)

    def finish(self, status: str) -> None:
        """Close the Map Run."""
        self.status = status
        self.stop = self.thread.run.world.timestamp()

    def description(self) -> dict[str, Json]:
        """What DescribeMapRun answers."""
        found: dict[str, Json] = {
            "ExecutionArn": self.thread.run.arn,
            "ExecutionCounts": self._counts([1] * len(self.sizes)),
            "ItemCounts": self._counts(self.sizes),
            "MapRunArn": self.arn,
            "MaxConcurrency": self.concurrency,
            "StartDate": self.start,
            "Status": self.status,
            "ToleratedFailureCount": self.tolerance.count or 0,
            "ToleratedFailurePercentage": self.tolerance.percentage or 0,
        }
        return found if self.stop is None else {**found, "StopDate": self.stop}

    def _counts(self, sizes: Iterable[int]) -> dict[str, Json]:
        """How much is in which status, each child counting for its size; children begin in the order of their inputs."""
        counts = dict.fromkeys(_COUNTED.values(), 0)
        total = 0
        for index, size in enumerate(sizes):
            status = self.children[index].status if index < len(self.children) else "PENDING"
            counts[_COUNTED[status]] += size
            total += size
        written = total if self.node.fields.writing is not None and self.status == "SUCCEEDED" else 0
        return {**counts, "ResultsWritten": written, "Total": total}

    def results(self) -> list[ChildResult]:
        """What became of every input, in order."""
        return [
            ChildResult(
                execution_arn=child.arn,
                name=child.name,
                state_machine_arn=f"{self.thread.run.machine.arn}/{self.name.rpartition('/')[2]}",
                status=child.status,
                input=child.input,
                output=child.output,
                error=child.error,
                cause=child.cause,
                start=timestamp(child.start),
                stop=None if child.stop is None else timestamp(child.stop),
            )
            for child in self.children
        ]
