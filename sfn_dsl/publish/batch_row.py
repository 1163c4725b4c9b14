"""A batch's row of the control table, as operators read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sfn_dsl.control.rows import BY_QUEUE, READY, RUNNING, SUCCEEDED, run_key
from sfn_dsl.publish.table import Item, Table

__all__ = ["BatchRow", "read_row", "row_of", "running_rows", "text_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One batch. `done`: names of stages that are marked as done. `execution` and `region`: who has claimed it last, empty before
    that. `lease_until` and `updated_at`: milliseconds since 1970, 0 without one. `input`: JSON text, None without one."""

    pipeline: str
    batch: str
    status: str
    attempt: int
    fence: int
    done: frozenset[str]
    execution: str
    region: str
    lease_until: int
    updated_at: int
    input: str | None
    item: Item = field(repr=False)

    def lease_left(self, now: int) -> float:
        """For how many seconds an execution still holds the batch; 0 when none does."""
        return max(self.lease_until - now, 0) / 1000 if self.status == RUNNING else 0.0


def text_of(item: Item, name: str) -> str:
    """A text or number of an item as text, empty when it is not there."""
    value = item.get(name, {})
    return str(value.get("S", value.get("N", "")))


def row_of(pipeline: str, batch: str, item: Item) -> BatchRow:
    """The row that an item is."""
    stages = item.get("stages", {}).get("M", {})
    return BatchRow(
        pipeline=pipeline,
        batch=batch,
        status=text_of(item, "status") or READY,
        attempt=int(text_of(item, "attempt") or 1),
        fence=int(text_of(item, "fence") or 0),
        done=frozenset(name for name, mark in stages.items() if text_of(mark.get("M", {}), "status") == SUCCEEDED),
        execution=text_of(item, "exec_arn"),
        region=text_of(item, "region"),
        lease_until=int(text_of(item, "lease_until") or 0),
        updated_at=int(text_of(item, "updated_at") or 0),
        input=text_of(item, "input") or None,
        item=item,
    )


def read_row(table: Table, pipeline: str, batch: str) -> BatchRow | None:
    """The row of a batch, None when there is none."""
    item = table.get(run_key(pipeline, batch))
    return None if item is None else row_of(pipeline, batch, item)


def running_rows(table: Table, pipelines: Iterable[str], region: str, now: int) -> tuple[BatchRow, ...]:
    """Batches that executions of a Region hold under a live lease. `now`: milliseconds since 1970.

    The index that is read may be a second behind.
    """
    found = []
    for pipeline in pipelines:
        items = table.query(
            IndexName=BY_QUEUE,
            KeyConditionExpression="queue = :queue",
            FilterExpression="lease_until >= :now AND #region = :region",
            ExpressionAttributeNames={"#region": "region"},
            ExpressionAttributeValues={
                ":queue": {"S": f"{RUNNING}#{pipeline}"},
                ":now": {"N": str(now)},
                ":region": {"S": region},
            },
        )
        found += [row_of(pipeline, text_of(item, "batch_id"), item) for item in items]
    return tuple(sorted(found, key=lambda row: (row.pipeline, row.batch)))
