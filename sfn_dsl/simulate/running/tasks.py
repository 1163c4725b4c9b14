"""Calling a service, a Lambda function, an activity or another machine: one attempt of a Task.

The events are AWS's: Task*, or LambdaFunction* for a function ARN, or Activity*. A Task's clock starts with its Started event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.services import Pattern
from sfn_dsl.simulate.failure import DATA_LIMIT, TASK_FAILED, TIMEOUT, Failure
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.limits import MAX_PAYLOAD, TASK_SECONDS, payload_size
from sfn_dsl.simulate.mocks.answers import Answer, Call
from sfn_dsl.simulate.mocks.faults import error_prefix
from sfn_dsl.simulate.program.nodes import MapNode, ParallelNode, TaskNode
from sfn_dsl.simulate.program.resource import Resource
from sfn_dsl.simulate.program.view import Fault, View
from sfn_dsl.simulate.running.nested import Started, description, submitted
from sfn_dsl.simulate.running.thread import Steps, Thread

__all__ = ["run_task"]

_PREFIX: Final = {"service": "Task", "lambda": "LambdaFunction", "activity": "Activity"}
_JOBS: Final = frozenset({Pattern.SYNC, Pattern.SYNC_2})
_HTTP_SECONDS: Final = 60
"""An HTTP task's own limit, whatever TimeoutSeconds says."""


def run_task(thread: Thread, node: TaskNode | ParallelNode | MapNode, view: View) -> Steps:
    """One attempt of a Task; the value is (effective input, result). Raises Failure."""
    assert isinstance(node, TaskNode)
    world, resource = thread.run.world, node.resource
    effective = node.flow.enter(view, view.input)
    if resource.pattern is not Pattern.REQUEST_RESPONSE:
        view.token = world.callbacks.issue()
    arguments = node.flow.arguments(view, effective)
    timeout = _seconds(node, view, effective, "TimeoutSeconds")
    heartbeat = _seconds(node, view, effective, "HeartbeatSeconds")
    credentials = node.credentials(view, effective) if node.credentials else None
    if payload_size(arguments) > MAX_PAYLOAD:
        cause = f"The state/task '{view.name}' has an input with a size exceeding the maximum number of bytes service limit."
        raise Failure(DATA_LIMIT, cause, terminal=True)
    attempt = _Attempt(thread, resource, view, timeout, heartbeat)
    attempt.schedule(arguments, credentials)
    call = Call(
        state=view.name,
        resource=resource,
        arguments=arguments,
        attempt=view.retry_count or 0,
        number=thread.run.count_call(view.name),
        region=thread.run.machine.region.name,
        time=world.now,
        token=view.token,
        execution=thread.run.arn,
    )
    found = world.answer(call, thread.run)
    attempt.start()
    if isinstance(found, Started):
        result = yield from attempt.nested(found)
    else:
        result = yield from attempt.answered(found, arguments)
    if payload_size(result) > MAX_PAYLOAD:
        what = resource.arn if resource.kind == "lambda" else resource.service or view.name
        cause = f"The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service limit."
        raise attempt.failed(DATA_LIMIT, cause)
    attempt.succeeded(result)
    return effective, result


def _seconds(node: TaskNode, view: View, effective: Json, field: str) -> float | None:
    find = node.timeout if field == "TimeoutSeconds" else node.heartbeat
    if find is None:
        return None
    value = find(view, effective)
    if value <= 0:
        raise Fault(f"{field} must be a positive integer but was: {value}", query=node.jsonata, location=field)
    return float(value)


class _Attempt:
    """The events and the clock of one attempt."""

    __slots__ = ("_common", "_prefix", "heartbeat", "resource", "thread", "timeout", "view")

    def __init__(self, thread: Thread, resource: Resource, view: View, timeout: float | None, heartbeat: float | None) -> None:
        self.thread = thread
        self.resource = resource
        self.view = view
        self.timeout = timeout
        self.heartbeat = heartbeat
        self._prefix = _PREFIX[resource.kind]
        service = resource.kind == "service"
        self._common: dict[str, Any] = {"resourceType": resource.type, "resource": resource.action} if service else {}

    def event(self, word: str, details: Mapping[str, Any] | None = None) -> None:
        merged = {**self._common, **(details or {})}
        self.thread.event(self._prefix + word, merged or None)

    def schedule(self, arguments: Json, credentials: Json) -> None:
        limits: dict[str, Any] = {}
        if self.timeout is not None:
            limits["timeoutInSeconds"] = int(self.timeout)
        if self.heartbeat is not None:
            limits["heartbeatInSeconds"] = int(self.heartbeat)
        if isinstance(credentials, dict):
            limits["taskCredentials"] = {"roleArn": credentials.get("RoleArn")}
        if self.resource.kind == "service":
            region = self.thread.run.machine.region.name
            self.event("Scheduled", {"region": region, "parameters": arguments, **limits})
        else:
            self.event("Scheduled", {"input": arguments, "resource": self.resource.arn, **limits})

    def start(self) -> None:
        if self.resource.kind == "activity":
            self.event("Started", {"workerName": self.thread.run.world.worker_name})
        else:
            self.event("Started")

    def submit(self, output: Json) -> None:
        self.event("Submitted", {"output": output})

    def succeeded(self, result: Json) -> None:
        self.event("Succeeded", {"output": result})

    def failed(self, error: str | None, cause: str | None, *, heartbeat: bool = False) -> Failure:
        """The failure, with its event."""
        if error == TIMEOUT:
            self.event("TimedOut", {"error": error, "cause": cause})
        else:
            self.event("Failed", {"error": error, "cause": cause})
        return Failure(error, cause, heartbeat=heartbeat)

    def limit(self) -> tuple[float, bool]:
        """Seconds until a call without an answer ends, and whether a missing heartbeat ends it."""
        timeout = TASK_SECONDS if self.timeout is None else self.timeout
        if self.resource.service == "http":
            timeout = min(timeout, _HTTP_SECONDS)
        if self.heartbeat is not None and self.heartbeat < timeout:
            return self.heartbeat, True
        return timeout, False

    def answered(self, answer: Answer, arguments: Json) -> Steps:
        """Wait for an answer; its value."""
        world = self.thread.run.world
        duration = world.duration(self.resource) if answer.duration is None else answer.duration
        waits = self.resource.pattern is not Pattern.REQUEST_RESPONSE
        if waits and not (answer.fails and self._refused(answer)):
            self.submit(submitted(self.resource, arguments, world))
        if answer.never:
            return (yield from self._unanswered())
        timeout, _ = self.limit()
        if self.heartbeat is not None and self.timeout is None:
            timeout = TASK_SECONDS
        if answer.late and self.timeout is not None:
            duration = timeout
        if duration > timeout:
            yield from self.thread.sleep(timeout)
            raise self._expired(heartbeat=False)
        if duration > 0:
            yield from self.thread.sleep(duration)
        if answer.fails:
            raise self.failed(answer.error, answer.cause)
        return answer.value

    def _refused(self, answer: Answer) -> bool:
        """Whether the service itself refuses the call, so that nothing was submitted."""
        return (answer.error or "").startswith(f"{error_prefix(self.resource)}.")

    def _unanswered(self) -> Steps:
        """Wait for a callback from the world, else for the end of the time allowed."""
        thread, world = self.thread, self.thread.run.world
        callback = world.callbacks.expect(self.view.token) if self.view.token else None
        started = world.env.now
        total = TASK_SECONDS if self.timeout is None else self.timeout
        while True:
            seconds, missed = self.limit()
            left = started + total - world.env.now
            if left <= seconds:
                seconds, missed = left, False
            if callback is None:
                yield from thread.sleep(seconds)
                raise self._expired(heartbeat=missed)
            if not (yield from thread.wait(callback.event, seconds)):
                world.callbacks.forget(self.view.token)
                raise self._expired(heartbeat=missed)
            answer = callback.take()
            if answer is None:
                continue
            if answer.fails:
                raise self.failed(answer.error, answer.cause)
            return answer.value

    def _expired(self, *, heartbeat: bool) -> Failure:
        if self.resource.service == "http" and not heartbeat and (self.timeout is None or self.timeout > _HTTP_SECONDS):
            return self.failed("States.Http.Socket", "The HTTP task did not answer within 60 seconds")
        return self.failed(TIMEOUT, None, heartbeat=heartbeat)

    def nested(self, started: Started) -> Steps:
        """Wait for an execution that this task has started, as its pattern says."""
        world, run = self.thread.run.world, started.run
        if started.waits:
            if self.resource.pattern in _JOBS:
                self.submit(started.receipt)
            timeout, _ = self.limit()
            if not (yield from self.thread.wait(run.done, timeout)):
                world.stop(run)
                raise self._expired(heartbeat=False)
            described = description(run, parsed=self.resource.pattern is Pattern.SYNC_2)
            if run.status != "SUCCEEDED" and self.resource.pattern in _JOBS:
                raise self.failed(TASK_FAILED, compact(described))
            return described
        return started.receipt
