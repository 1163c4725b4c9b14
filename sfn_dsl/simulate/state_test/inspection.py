"""One visit to one state, with everything seen on the way: what TestState runs.

What a level of inspection shows of which state was recorded on AWS: Parallel and Map tell less than Task, JSONata less than
JSONPath. Causes are bare, without the sentence about the state that executions put before them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.failure import QUERY, RUNTIME, TIMEOUT, Failure
from sfn_dsl.simulate.items.reader import Item, items_of_text
from sfn_dsl.simulate.mocks.answers import Answer, Answers
from sfn_dsl.simulate.program.dataflow import Assigned
from sfn_dsl.simulate.program.nodes import (
    AnyNode,
    ChoiceNode,
    FailNode,
    MapNode,
    ParallelNode,
    PassNode,
    SucceedNode,
    TaskNode,
    WaitNode,
)
from sfn_dsl.simulate.program.view import ABSENT, Fault, View
from sfn_dsl.simulate.running.attempts import catcher_for, error_output, matches, retry_delay
from sfn_dsl.simulate.running.distributed import batched, map_settings, reader_request, selected, state_items
from sfn_dsl.simulate.running.interpreter import choose, delay, failure_of, hand_on
from sfn_dsl.simulate.running.map_input import map_items, select
from sfn_dsl.simulate.running.map_run import EXCEEDED, EXCEEDED_CAUSE
from sfn_dsl.simulate.running.tasks import run_task
from sfn_dsl.simulate.running.thread import Deadline, Run, Thread
from sfn_dsl.simulate.state_test.definition import TestStateRefused
from sfn_dsl.simulate.state_test.mock import Configuration, Mocked

__all__ = ["LIMIT", "TestThread", "Trial", "Tried"]

LIMIT: Final = 300
"""Seconds that a test may take."""


class TestThread(Thread):
    """The line of control of a test, with the context object that the caller gave, if any."""

    __slots__ = ("given",)
    __test__ = False

    def __init__(self, run: Run, variables: dict[str, Json], given: dict[str, Json] | None) -> None:
        super().__init__(run, variables, 0)
        self.given = given

    def context(self, view: View) -> dict[str, Json]:
        """The context object. Recorded: a test is like an Express execution, which cannot be redriven."""
        if self.given is not None:
            found = dict(self.given)
        else:
            found = super().context(view)
            found["Execution"] = {key: value for key, value in found["Execution"].items() if key != "RedriveCount"}
        if view.item is not None:
            found["Map"] = {"Item": view.item}
        return found


@dataclass(slots=True, kw_only=True)
class Tried:
    """How a test ended, in AWS's words. `output` is ABSENT where there is none."""

    status: str
    output: Json = ABSENT
    next: str | None = None
    error: str | None = None
    cause: str | None = None
    seen: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Trial:
    """A state about to be tested. `seen` collects what inspection shows, under AWS's names."""

    node: AnyNode
    view: View
    mock: Mocked | None
    configuration: Configuration
    seen: dict[str, Json] = field(default_factory=dict)

    def run(self) -> Tried:
        """Test the state. Raises TestStateRefused where the configuration does not fit the data."""
        view = self.view
        self.seen["input"] = view.input
        try:
            following, output, assigned = self._work()
        except Fault as fault:
            tried = self._failed(_failure(fault))
        except Failure as failure:
            tried = self._failed(failure)
        else:
            tried = self._left("SUCCEEDED", following, output, assigned)
        tried.seen = self.seen
        return tried

    def _left(self, status: str, following: str | None, output: Json, assigned: Assigned) -> Tried:
        variables = {**self.view.variables, **(assigned or {})}
        if variables:
            self.seen["variables"] = variables
        return Tried(status=status, next=following, output=output)

    def _failed(self, failure: Failure) -> Tried:
        """Again, caught, or failed for good."""
        node, view = self.node, self.view
        failed = Tried(status="FAILED", error=failure.error, cause=failure.cause)
        if not isinstance(node, (TaskNode, ParallelNode, MapNode)):
            return failed
        details: dict[str, Json] = {}
        retrier = next((index for index, rule in enumerate(node.retry) if matches(rule.errors, failure)), None)
        catcher = catcher_for(node.catch, failure)
        if retrier is not None:
            details["retryIndex"] = retrier
            counts = [self.configuration.retries] * len(node.retry)
            again = retry_delay(node.retry, counts, failure, view.thread.run.world.rng)
            if again is not None:
                details["retryBackoffIntervalSeconds"] = int(again[1])
                failed.status, catcher = "RETRIABLE", None
        if catcher is not None:
            view.result = ABSENT
            try:
                output, assigned = node.catch[catcher].leave(view, view.input, error_output(failure))
            except Fault as fault:
                thrown = _failure(fault)
                return Tried(status="FAILED", error=thrown.error, cause=thrown.cause)
            details["catchIndex"] = catcher
            failed = self._left("CAUGHT_ERROR", node.catch[catcher].next, output, assigned)
            failed.error, failed.cause = failure.error, failure.cause
        if details:
            self.seen["errorDetails"] = details
        return failed

    def _work(self) -> tuple[str | None, Json, Assigned]:
        node, view = self.node, self.view
        match node:
            case PassNode():
                return self._pass(node)
            case TaskNode():
                effective, result = self._task(node)
                self.seen["result"] = result
            case ParallelNode():
                effective = node.flow.enter(view, view.input)
                node.flow.arguments(view, effective)
                result = self._mocked()
            case MapNode():
                effective, result = self._map(node)
            case _:
                return self._plain(node)
        return node.next, *self._shape(effective, result)

    def _enter(self) -> Json:
        effective = self.node.flow.enter(self.view, self.view.input)
        if not self.node.jsonata:
            self.seen["afterInputPath"] = effective
        return effective

    def _mocked(self) -> Json:
        """What the mock says. A container is never tested without one."""
        mock = self.mock
        assert mock is not None
        if mock.fails:
            raise Failure(mock.error, mock.cause)
        return mock.result

    def _shape(self, effective: Json, result: Json) -> tuple[Json, Assigned]:
        """The output of a result, and the variables it sets."""
        flow, view = self.node.flow, self.view
        shaping = flow.shaping
        if shaping is None:
            return flow.leave(view, effective, result)
        assigned = shaping.assign(view, result) if shaping.assign else None
        selected_result = shaping.select(view, result) if shaping.select else result
        self.seen["afterResultSelector"] = selected_result
        merged = shaping.merge(view, selected_result)
        self.seen["afterResultPath"] = merged
        return shaping.out(view, merged), assigned

    def _pass(self, node: PassNode) -> tuple[str | None, Json, Assigned]:
        view = self.view
        if node.result is not None:
            effective = node.flow.enter(view, view.input)
            result = self.seen["result"] = node.result(view, effective)
        else:
            effective = self._enter()
            result = node.flow.arguments(view, effective)
            if not node.jsonata:
                self.seen["afterParameters"] = result
        return node.next, *self._shape(effective, result)

    def _plain(self, node: WaitNode | ChoiceNode | SucceedNode | FailNode) -> tuple[str | None, Json, Assigned]:
        self._enter()
        match node:
            case FailNode():
                raise failure_of(node, self.view)
            case ChoiceNode():
                return choose(node, self.view)
            case WaitNode():
                if delay(node, self.view, self.view.entered_at) > LIMIT:
                    raise Failure(TIMEOUT)
                return hand_on(node, self.view)
            case SucceedNode():
                return hand_on(node, self.view)

    def _task(self, node: TaskNode) -> tuple[Json, Json]:
        """The effective input and the result of a Task."""
        view, run, world = self.view, self.view.thread.run, self.view.thread.run.world
        self._enter()
        mock = self.mock
        if mock is not None:
            answer = Answer(value=mock.result, fails=mock.fails, error=mock.error, cause=mock.cause, duration=0.0)
            world.answers = Answers(states={node.name: lambda call, rng: answer})
        process = world.env.process(run_task(view.thread, node, view))
        while process.is_alive:
            world.env.step()
        for event in run.history.events:
            if event.type.endswith("Scheduled") and event.details is not None:
                word = "parameters" if node.resource.kind == "service" else "input"
                self.seen["afterArguments" if node.jsonata else "afterParameters"] = event.details[word]
        ended: Any = process.value
        if not process.ok:
            raise Failure(TIMEOUT) if isinstance(ended, Deadline) else ended
        effective, result = ended
        return effective, result

    def _map(self, node: MapNode) -> tuple[Json, Json]:
        """The effective input and the mocked result of a Map, after everything that comes before its iterations."""
        effective = self._enter()
        iterations = self._iterations(node, effective)
        concurrency, tolerance = map_settings(node, self.view, effective)
        self.seen["maxConcurrency"] = concurrency
        if tolerance.count is not None:
            self.seen["toleratedFailureCount"] = tolerance.count
        if tolerance.percentage is not None:
            self.seen["toleratedFailurePercentage"] = tolerance.percentage
        failed = self.configuration.failed_iterations or 0
        if iterations is not None and failed > iterations:
            message = "mapIterationFailureCount cannot be greater than the number of iterations of the Map state"
            raise TestStateRefused("ValidationException", message)
        result = self._mocked()
        # Recorded: without a tolerance no number of failed iterations fails a test.
        limited = tolerance.count is not None or tolerance.percentage is not None
        if limited and tolerance.exceeded(failed, iterations or failed):
            raise Failure(EXCEEDED, EXCEEDED_CAUSE)
        return effective, result

    def _iterations(self, node: MapNode, effective: Json) -> int | None:
        """How many iterations there are; None where nobody gave what the reader reads."""
        view, fields = self.view, node.fields
        if fields.reading is not None:
            if self.configuration.reader_data is None:
                return None
            request = reader_request(fields.reading, view, effective)
            source = "/".join(str(request.arguments.get(key, "")) for key in ("Bucket", "Key"))
            items = items_of_text(self.configuration.reader_data, request, f"s3://{source}")
            if fields.reading.items_pointer is not None:
                self.seen["afterItemsPointer"] = [item.value for item in items]
        else:
            items = self._own_items(node, effective)
            if not node.jsonata:
                self.seen["afterItemsPath"] = [item.value for item in items]
        if fields.distributed:
            inputs = selected(node, view, effective, items)
        else:
            pairs = [({"Index": index, "Value": item.value}, item.value) for index, item in enumerate(items)]
            inputs = [select(node, view, effective, context, value) for context, value in pairs]
        if fields.selector is not None:
            self.seen["afterItemSelector"] = inputs
        if fields.batching is not None:
            inputs = self.seen["afterItemBatcher"] = batched(node, view, effective, inputs)
        return len(inputs)

    def _own_items(self, node: MapNode, effective: Json) -> list[Item]:
        """The items in the state's input. Recorded: a path into the context object is shown with one `$`."""
        try:
            if node.fields.distributed:
                return state_items(node, self.view, effective)
            return [Item(value, "") for value in map_items(node, self.view, effective)]
        except Fault as fault:
            raise Fault(str(fault).replace('"$$', '"$', 1), query=fault.query, location=fault.location) from None


def _failure(fault: Fault) -> Failure:
    return Failure(fault.error or (QUERY if fault.query else RUNTIME), str(fault))
