"""Trying again and catching: what Task, Parallel and Map have in common.

Each retrier has its own counter within one visit. States.Runtime is never retried nor caught, whoever names it. Source: page
`concepts-error-handling` and recordings of AWS.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.failure import QUERY, RUNTIME, TIMEOUT, Failure
from sfn_dsl.simulate.program.dataflow import Assigned
from sfn_dsl.simulate.program.nodes import CatchRule, MapNode, ParallelNode, RetryRule, TaskNode
from sfn_dsl.simulate.program.view import ABSENT, Fault, View
from sfn_dsl.simulate.running.thread import Steps, Thread

__all__ = ["Outcome", "Work", "catcher_for", "error_output", "fail", "matches", "retry_delay", "run_attempts", "settle"]

Outcome: TypeAlias = tuple["str | None", Json, Assigned]
"""Where to go (None: the end of the block), the output, the variables that are set."""

Work: TypeAlias = "Callable[[Thread, TaskNode | ParallelNode | MapNode, View], Steps]"
"""One attempt; its value is (effective input, result)."""


def settle(thread: Thread, view: View, fault: Fault) -> Failure:
    """The ASL error of a fault, with AWS's sentence about where it happened; a failed query leaves its event."""
    cause = f"An error occurred while executing the state '{view.name}' (entered at the event id #{view.entered}). {fault}"
    error = fault.error or (QUERY if fault.query else RUNTIME)
    if error == QUERY:
        details = {"error": error, "cause": cause, "location": fault.location, "state": view.name}
        # Recorded: save in a Wait, it follows the event before the state's own Entered event while that is the last one.
        if thread.previous == view.entered and thread.kind != "Wait":
            thread.previous = view.before
        thread.event("EvaluationFailed", details)
    return Failure(error, cause)


def matches(names: tuple[str, ...], failure: Failure) -> bool:
    """Whether a retrier or catcher with these names is for this error."""
    error = failure.error
    if error == RUNTIME or failure.terminal:
        return False
    for name in names:
        if name in (error, "States.ALL") or (name == "States.HeartbeatTimeout" and failure.heartbeat):
            return True
        if name == "States.TaskFailed" and error != TIMEOUT:
            return True
    return False


def retry_delay(rules: tuple[RetryRule, ...], counts: list[int], failure: Failure, rng: random.Random) -> tuple[int, float] | None:
    """The retrier that takes this error and the seconds to wait, counted; None when no attempt is left."""
    for index, rule in enumerate(rules):
        if matches(rule.errors, failure):
            if counts[index] >= rule.attempts:
                return None
            delay = rule.interval * rule.backoff ** counts[index]
            if rule.cap is not None:
                delay = min(delay, rule.cap)
            counts[index] += 1
            return index, rng.uniform(0, delay) if rule.jitter else delay
    return None


def catcher_for(rules: tuple[CatchRule, ...], failure: Failure) -> int | None:
    """The index of the first catcher that takes an error."""
    return next((index for index, rule in enumerate(rules) if matches(rule.errors, failure)), None)


def error_output(failure: Failure) -> Json:
    """What a catcher hands on. Recorded: a timeout has an empty Cause, a callback's failure without fields has nulls."""
    cause = "" if failure.cause is None and failure.error == TIMEOUT else failure.cause
    return {"Error": failure.error, "Cause": cause}


def fail(thread: Thread, node: TaskNode | ParallelNode | MapNode, failure: Failure) -> None:
    """The event of a Parallel or Map that has failed for good; an interpreter's error leaves none."""
    if not isinstance(node, TaskNode) and failure.error != RUNTIME:
        thread.event(f"{thread.kind}StateFailed")


def run_attempts(thread: Thread, node: TaskNode | ParallelNode | MapNode, view: View, work: Work) -> Steps:
    """Work until it is done, caught or failed for good; the value is an Outcome. Raises Failure."""
    counts = [0] * len(node.retry)
    view.retry_count = 0
    visit = thread.visit
    while True:
        effective: Json = view.input
        try:
            try:
                effective, result = yield from work(thread, node, view)
                output, assigned = node.flow.leave(view, effective, result)
                return node.next, output, assigned
            except Fault as fault:
                raise settle(thread, view, fault) from None
        except Failure as failure:
            if visit is not None:
                visit.error, visit.cause = failure.error, failure.cause
            again = retry_delay(node.retry, counts, failure, thread.run.world.rng)
            if again is None:
                fail(thread, node, failure)
                return _caught(thread, node, view, failure)
            index, delay = again
        view.retry_count += 1
        view.result = ABSENT
        if visit is not None:
            visit.retries += (index,)
        thread.run.world.count_transition(thread.run)
        yield from thread.sleep(delay)


def _caught(thread: Thread, node: TaskNode | ParallelNode | MapNode, view: View, failure: Failure) -> Outcome:
    index = catcher_for(node.catch, failure)
    if index is None:
        raise failure
    rule = node.catch[index]
    view.result = ABSENT
    try:
        output, assigned = rule.leave(view, view.input, error_output(failure))
    except Fault as fault:
        raise settle(thread, view, fault) from None
    if thread.visit is not None:
        thread.visit.catcher = index
    return rule.next, output, assigned
