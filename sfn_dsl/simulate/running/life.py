"""The life of an execution: it begins, runs its states and ends in one of four ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import simpy

from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.program.nodes import Block
from sfn_dsl.simulate.running.interpreter import run_block
from sfn_dsl.simulate.running.thread import Deadline, Run, Steps, Thread

if TYPE_CHECKING:
    from sfn_dsl.simulate.world import World

__all__ = ["live"]

_WORDS: Final = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "TIMED_OUT": "TimedOut", "ABORTED": "Aborted"}


def live(world: World, run: Run, block: Block) -> Steps:
    """The process of an execution; in a Region that stands still it waits before its first state."""
    thread = Thread(run, {}, 0)
    try:
        if run.machine.region.stopped is not None:
            yield from run.machine.region.standstill()
        run.output = yield from run_block(thread, block, run.input)
    except Failure as failure:
        run.error, run.cause = failure.error, failure.cause
        _close(world, run, thread, "FAILED", {"error": failure.error, "cause": failure.cause})
    except Deadline:
        _close(world, run, thread, "TIMED_OUT", {"error": "States.Timeout"})
    except simpy.Interrupt as interrupt:
        thread.previous = 0
        if isinstance(interrupt.cause, Failure):
            run.error, run.cause = interrupt.cause.error, interrupt.cause.cause
        _close(world, run, thread, "ABORTED", {"error": run.error, "cause": run.cause})
    else:
        _close(world, run, thread, "SUCCEEDED", {"output": run.output})


def _close(world: World, run: Run, thread: Thread, status: str, details: Mapping[str, Any]) -> None:
    run.history.add(f"Execution{_WORDS[status]}", thread.previous, world.now, details)
    run.finish(status)
