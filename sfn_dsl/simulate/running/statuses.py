"""The events that Step Functions puts on the default bus when a Standard execution begins and ends.

Source: EventBridge events reference, page `events-ref-states`, and API reference, DescribeExecution. AWS delivers them at best
effort; the world decides how many are lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.running.thread import Run

if TYPE_CHECKING:
    from sfn_dsl.simulate.world import World

__all__ = ["announce", "status_event"]

# Characters of input and output, as they stand escaped in the event, beyond which both are left out.
_MOST: Final = 248 * 1024


def announce(world: World, run: Run) -> None:
    """Put the status of an execution on the default bus of its Region; those of Express workflows are not told."""
    if run.type != "STANDARD" or world.chance(world.chances.status_lost):
        return
    run.machine.region.events.receive(status_event(world, run), world.now)


def status_event(world: World, run: Run) -> dict[str, Json]:
    """The event `Step Functions Execution Status Change` of an execution as it stands; dates in milliseconds since 1970."""
    input, output = compact(run.input), compact(run.output) if run.status == "SUCCEEDED" else None
    included = len(compact(input)) + len(compact(output)) <= _MOST
    redrivable = run.status in ("FAILED", "TIMED_OUT", "ABORTED")
    detail: dict[str, Json] = {
        "executionArn": run.arn,
        "stateMachineArn": run.machine.arn,
        "name": run.name,
        "status": run.status,
        "startDate": int(run.start * 1000),
        "stopDate": None if run.stop is None else int(run.stop * 1000),
        "input": input if included else None,
        "output": output if included else None,
        "inputDetails": {"included": included},
        "outputDetails": None if output is None else {"included": included},
        "error": run.error,
        "cause": run.cause,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "REDRIVABLE" if redrivable else "NOT_REDRIVABLE",
        "redriveStatusReason": None if redrivable else f"Execution is {run.status} and cannot be redriven",
    }
    return {
        "version": "0",
        "id": world.uuid(),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": world.account,
        "time": f"{world.timestamp()[:19]}Z",
        "region": run.machine.region.name,
        "resources": [run.arn],
        "detail": detail,
    }
