"""Running a batch again: which stages are skipped, the row that says so, and the execution.

The row is written in two steps, each of which can be repeated: a copy of the finished attempt, then the row itself, set back to
READY for the next attempt. From then on the sweeper would start the batch too; starting it at once only saves the wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sfn_dsl.control.names import execution_name
from sfn_dsl.control.rows import FAILED, NEXT_LEASE, PARKED, READY, RUNNING, SUCCEEDED, run_key
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.batch_row import BatchRow, read_row, row_of
from sfn_dsl.publish.clients import Clients, Declined
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.table import Item, Table

__all__ = ["ATTEMPT", "Rerun", "Start", "plan_rerun", "reset_row", "start_batch"]

ATTEMPT: Final = "ATTEMPT"
"""Beginning of the `sk` of a finished attempt's copy: `ATTEMPT#0001`."""

# Without these the copy is in no index, where sweeper and closer would take it for the batch.
_INDEXED: Final = {"queue", "exec_arn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What a re-run does to a row. `attempt`: the new one's number. `skipped` and `runs`: its stages, in order. `waiting`: the row
    is set back already, so that nothing but the start is left to do."""

    row: BatchRow
    attempt: int
    skipped: tuple[str, ...]
    runs: tuple[str, ...]
    waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An execution. `existed`: one of this name was there before."""

    arn: str
    existed: bool


def plan_rerun(row: BatchRow, stages: Sequence[str], *, from_stage: str | None = None, now: int) -> Rerun:
    """What running a batch again means. `stages`: of the pipeline, in order. `from_stage`: where to begin; by default behind the
    last stage that is done. `now`: milliseconds since 1970.

    Stages are skipped that are done and stand before the first one to run: what follows a stage that runs again runs again too.
    Raises Refused for an unknown stage, for a batch that is in work, and where nothing would run.
    """
    if from_stage is not None and from_stage not in stages:
        hint = did_you_mean(from_stage, stages) or f"its stages are {', '.join(stages) or 'none'}"
        raise Refused(f"pipeline `{row.pipeline}` has no stage `{from_stage}`", help=hint)
    undone = next((number for number, stage in enumerate(stages) if stage not in row.done), len(stages))
    first = undone if from_stage is None else min(undone, stages.index(from_stage))
    plan = Rerun(row=row, attempt=row.attempt + 1, skipped=tuple(stages[:first]), runs=tuple(stages[first:]))
    name = f"batch `{row.batch}` of `{row.pipeline}`"
    if row.status == READY:
        return _waiting(plan, name, chosen=from_stage is not None)
    if row.status == RUNNING and row.lease_until >= now:
        raise Refused(
            f"{name} is in work in {row.region}: {row.execution} holds it for {_duration(row.lease_left(now))} yet",
            help="wait until it has ended; if it hangs, stop the execution, which closes the row",
        )
    if row.status == SUCCEEDED and stages and not plan.runs:
        raise Refused(f"{name} has succeeded, and all its stages are done", help=f"say from where: --from {stages[0]!r}")
    if row.status not in (RUNNING, FAILED, SUCCEEDED):
        hint = "a parked batch starts when its Region becomes the active one" if row.status == PARKED else ""
        raise Refused(f"{name} is {row.status}, so there is nothing to run again", help=hint)
    return plan


def _waiting(plan: Rerun, name: str, *, chosen: bool) -> Rerun:
    """The plan of a row that is set back already. `chosen`: somebody has said where to begin."""
    row = plan.row
    if chosen and row.done - set(plan.skipped):
        raise Refused(
            f"{name} waits already for attempt {row.attempt}, which skips {', '.join(sorted(row.done))}",
            help="start it as it is, without --from; run it again when it has ended",
        )
    return replace(plan, attempt=row.attempt, waiting=True)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def reset_row(table: Table, plan: Rerun, *, now: int) -> BatchRow:
    """Keep a copy of the finished attempt, then set the row back to READY for the next one; the row as it is then.

    Writes nothing where the row is set back already. Raises EnvironmentFault where the row has changed since the plan was made.
    """
    if plan.waiting:
        return plan.row
    row = plan.row
    fence = {":fence": {"N": str(row.fence)}}
    table.put(
        Item=_copy(row),
        # A copy made before a crash is out of date when the same attempt has been claimed again since.
        ConditionExpression="attribute_not_exists(pk) OR fence < :fence",
        ExpressionAttributeValues=fence,
    )
    marks = row.item.get("stages", {}).get("M", {})
    kept = {stage: marks[stage] for stage in plan.skipped}
    lease = kept[plan.skipped[-1]]["M"].get(NEXT_LEASE) if kept else None
    changes = ["#status = :ready", "queue = :queue", "stages = :stages", "attempt = :attempt", "updated_at = :now"]
    removed = ["exec_arn", "lease_until", "ended_at", "#error"]
    if lease is not None:
        changes.append(f"{NEXT_LEASE} = :lease")
    else:
        removed.append(NEXT_LEASE)
    item = table.update(
        Key=run_key(row.pipeline, row.batch),
        UpdateExpression=f"SET {', '.join(changes)} REMOVE {', '.join(removed)}",
        ConditionExpression="(#status IN (:failed, :succeeded) OR (#status = :running AND lease_until < :now)) "
        "AND fence = :fence AND updated_at = :read",
        ExpressionAttributeNames={"#status": "status", "#error": "error"},
        ExpressionAttributeValues={
            ":ready": {"S": READY},
            ":failed": {"S": FAILED},
            ":succeeded": {"S": SUCCEEDED},
            ":running": {"S": RUNNING},
            ":queue": {"S": f"{READY}#{row.pipeline}"},
            ":stages": {"M": kept},
            ":attempt": {"N": str(plan.attempt)},
            ":now": {"N": str(now)},
            ":read": {"N": str(row.updated_at)},
            **fence,
            **({":lease": lease} if lease is not None else {}),
        },
    )
    if item is not None:
        return row_of(row.pipeline, row.batch, item)
    there = read_row(table, row.pipeline, row.batch)
    # The client repeats a write whose answer was lost; then the condition fails because of ourselves.
    same = there is not None and (there.status, there.attempt, there.done) == (READY, plan.attempt, frozenset(plan.skipped))
    if there is not None and same:
        return there
    state = f"is {there.status}, attempt {there.attempt}" if there is not None else "has gone"
    raise EnvironmentFault(
        f"the row of batch `{row.batch}` of `{row.pipeline}` has changed meanwhile: it {state}", help="look at it, and try again"
    )


def _copy(row: BatchRow) -> Item:
    kept = {name: value for name, value in row.item.items() if name not in _INDEXED}
    execution: Item = {"execution": {"S": row.execution}} if row.execution else {}
    return {**kept, **execution, "sk": {"S": f"{ATTEMPT}#{row.attempt:04}"}}


def start_batch(clients: Clients, row: BatchRow, alias_arn: str, region: str) -> Start:
    """Start a waiting batch at once, by the name of its attempt, so that doing it twice starts one execution.

    Raises Refused for a row that holds no input.
    """
    if row.input is None:
        raise Refused(f"the row of batch `{row.batch}` holds no input", help="start the execution yourself")
    name = execution_name(row.pipeline, row.batch, row.attempt)
    arguments: dict[str, Any] = {"stateMachineArn": alias_arn, "name": name, "input": row.input}
    try:
        answer = clients.call("stepfunctions", region, "start_execution", **arguments)
    except Declined as refusal:
        if refusal.code != "ExecutionAlreadyExists":
            raise
        machine = alias_arn.rpartition(":")[0]
        return Start(arn=f"{machine.replace(':stateMachine:', ':execution:')}:{name}", existed=True)
    return Start(arn=answer["executionArn"], existed=False)
