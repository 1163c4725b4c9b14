"""Running a block of states: the one `match` over the eight state types.

A block runs as a simpy process that yields only where virtual time passes. Its value is the block's output; it raises Failure when
the block fails, Deadline when the execution's time is over.
"""

from __future__ import annotations

import functools

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.clock import instant
from sfn_dsl.simulate.failure import DATA_LIMIT, Failure
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.limits import MAX_PAYLOAD, payload_size
from sfn_dsl.simulate.program.nodes import (
    Block,
    ChoiceNode,
    FailNode,
    MapNode,
    ParallelNode,
    PassNode,
    SucceedNode,
    TaskNode,
    WaitNode,
)
from sfn_dsl.simulate.program.view import Fault, View
from sfn_dsl.simulate.running.attempts import Outcome, run_attempts, settle
from sfn_dsl.simulate.running.containers import run_map, run_parallel
from sfn_dsl.simulate.running.tasks import run_task
from sfn_dsl.simulate.running.thread import Steps, Thread, Visit

__all__ = ["choose", "delay", "failure_of", "hand_on", "run_block"]

_LONGEST_WAIT = 2**31 - 1


def run_block(thread: Thread, block: Block, value: Json) -> Steps:
    """Go from state to state until the block ends."""
    run = thread.run
    world = run.world
    name = block.start_at
    while True:
        node = block.nodes[name]
        world.count_transition(run)
        thread.kind = kind = node.kind
        before = thread.previous
        entered = thread.event(node.entered, {"input": value, "name": name})
        view = View(thread, name, value, before, entered)
        thread.visit = visit = Visit(name, kind, thread.path, world.env.now, event=entered)
        run.visits.append(visit)
        try:
            match node:
                case PassNode():
                    outcome = _pass(node, view)
                case ChoiceNode():
                    outcome = choose(node, view)
                case SucceedNode():
                    outcome = hand_on(node, view)
                case WaitNode():
                    yield from thread.sleep(delay(node, view, run.clock.now))
                    outcome = hand_on(node, view)
                case FailNode():
                    raise failure_of(node, view)
                case TaskNode():
                    outcome = yield from run_attempts(thread, node, view, run_task)
                case ParallelNode():
                    outcome = yield from run_attempts(thread, node, view, _PARALLEL)
                case MapNode():
                    outcome = yield from run_attempts(thread, node, view, _MAP)
        except Fault as fault:
            failure = settle(thread, view, fault)
            _note(visit, failure, world.env.now)
            raise failure from None
        except Failure as failure:
            _note(visit, failure, world.env.now)
            raise
        following, value, assigned = outcome
        if value is not view.input and payload_size(value) > MAX_PAYLOAD:
            raise _too_large(view)
        details = {"name": name, "output": value}
        if assigned:
            if payload_size(assigned) > MAX_PAYLOAD:
                raise _too_large(view)
            thread.assign(assigned)
            details["assignedVariables"] = assigned
        thread.event(node.exited, details)
        visit.end = world.env.now
        if following is None:
            return value
        name = following


def _note(visit: Visit, failure: Failure, now: float) -> None:
    visit.error, visit.cause, visit.end, visit.failed = failure.error, failure.cause, now, True


_PARALLEL = functools.partial(run_parallel, run_block)
_MAP = functools.partial(run_map, run_block)


def _too_large(view: View) -> Failure:
    cause = f"The state/task '{view.name}' returned a result with a size exceeding the maximum number of bytes service limit."
    return Failure(DATA_LIMIT, cause, terminal=True)


def _pass(node: PassNode, view: View) -> Outcome:
    effective = node.flow.enter(view, view.input)
    result = node.result(view, effective) if node.result else node.flow.arguments(view, effective)
    output, assigned = node.flow.leave(view, effective, result)
    return node.next, output, assigned


def hand_on(node: WaitNode | SucceedNode | ChoiceNode, view: View) -> Outcome:
    """What leaves a state that makes no result of its own."""
    effective = node.flow.enter(view, view.input)
    output, assigned = node.flow.leave(view, effective, effective)
    return node.next, output, assigned


def choose(node: ChoiceNode, view: View) -> Outcome:
    """What leaves a Choice. Raises Fault where no rule matches and there is no Default."""
    effective = node.flow.enter(view, view.input)
    visit = view.thread.visit
    for index, rule in enumerate(node.rules):
        if rule.decide(view, effective):
            if visit is not None:
                visit.rule = index
            output, assigned = rule.leave(view, effective, effective)
            return rule.next, output, assigned
    if node.next is None:
        raise Fault("Failed to transition out of the state. The state does not point to a next state.")
    if visit is not None:
        visit.rule = -1
    return hand_on(node, view)


def failure_of(node: FailNode, view: View) -> Failure:
    """The error that a Fail state ends with."""
    error = node.error(view, view.input) if node.error else None
    cause = node.cause(view, view.input) if node.cause else None
    for field, value in (("Error", error), ("Cause", cause)):
        if value is not None and not isinstance(value, str):
            raise Fault(f"The {field}Path field must reference a string but was: {compact(value)}")
    return Failure(error, cause)


def delay(node: WaitNode, view: View, now: float) -> float:
    """Seconds to wait."""
    effective = node.flow.enter(view, view.input)
    try:
        value = node.until(view, effective)
    except Fault:
        if not node.path:
            raise
        raise Fault(f"The {node.field_name} parameter does not reference an input value: {node.path}") from None
    if node.field_name in ("Timestamp", "TimestampPath"):
        return _not_too_long(max(_until(node, value) - now, 0.0))
    shown = f"{node.path} == {value if isinstance(value, str) else compact(value)}"
    if node.path and (isinstance(value, bool) or not isinstance(value, int)):
        raise Fault(f"The SecondsPath parameter cannot be parsed as a long value: {shown}")
    if value < 0:
        if node.path:
            raise Fault(f"The SecondsPath parameter references a negative value: {shown}")
        raise Fault("The Seconds field cannot be negative.", query=node.jsonata, location="Seconds")
    return _not_too_long(float(value))


def _until(node: WaitNode, value: Json) -> float:
    try:
        return instant(value)
    except (ValueError, TypeError):
        shown = value if isinstance(value, str) else compact(value)
        if node.path:
            text = "does not reference a valid ISO-8601 extended offset date-time format string"
            raise Fault(f"The TimestampPath parameter {text}: {node.path} == {shown}") from None
        sentence = f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {shown}"
        raise Fault(sentence, query=node.jsonata, location="Timestamp") from None


def _not_too_long(seconds: float) -> float:
    if seconds > _LONGEST_WAIT:
        raise Fault("Wait state delay is too long.")
    return seconds
