"""What becomes of the results of a distributed Map's children: the result of the state, or files in S3.

Source: Developer Guide, page `input-output-resultwriter`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.items.store import MissingBucket

__all__ = ["COMPACT", "FLATTEN", "NONE", "RESULT_WRITER_FAILED", "ChildResult", "collect", "write"]

RESULT_WRITER_FAILED: Final = "States.ResultWriterFailed"
NONE: Final = "NONE"
COMPACT: Final = "COMPACT"
FLATTEN: Final = "FLATTEN"

SUCCEEDED: Final = "SUCCEEDED"
PENDING: Final = "PENDING"
_FILES: Final = ("FAILED", PENDING, SUCCEEDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildResult:
    """A child of a Map Run. `status` is SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING (never started).

    `start` and `stop` are times as AWS writes them. What a child does not have is None.
    """

    execution_arn: str | None
    name: str | None
    state_machine_arn: str
    status: str
    input: Json
    output: Json = None
    error: str | None = None
    cause: str | None = None
    start: str | None = None
    stop: str | None = None
    redrive_count: int = 0


def collect(results: Iterable[ChildResult], transformation: str = COMPACT) -> list[Json]:
    """The result of the state when nothing is exported. A child that did not succeed is its metadata in any transformation."""
    found: list[Json] = []
    for result in results:
        if result.status != SUCCEEDED or transformation == NONE:
            found.append(_record(result))
        elif transformation == FLATTEN and isinstance(result.output, list):
            found += result.output
        else:
            found.append(result.output)
    return found


def write(
    results: Iterable[ChildResult],
    *,
    bucket: str,
    prefix: str | None,
    map_run_arn: str,
    uuid: str,
    transformation: str = NONE,
    output_type: str = "JSON",
    put: Callable[[str, str, bytes], None],
) -> dict[str, Json]:
    """Export the results with `put(bucket, key, data)`; the result of the state.

    One file for each group that has children, `SUCCEEDED_0`, `FAILED_0` (also timed out and aborted) and `PENDING_0`, and the
    `manifest.json` that lists them, below `<prefix>/<uuid>/`; `uuid` is the last part of the Map Run's ARN.
    Raises Failure (States.ResultWriterFailed) when `put` raises MissingBucket.
    """
    groups: dict[str, list[ChildResult]] = {name: [] for name in _FILES}
    for result in results:
        groups[result.status if result.status in groups else "FAILED"].append(result)
    folder = f"{prefix}/{uuid}" if prefix else uuid
    suffix = "jsonl" if output_type == "JSONL" else "json"
    files: dict[str, list[Json]] = {name: [] for name in _FILES}
    try:
        for name, group in groups.items():
            if group:
                key = f"{folder}/{name}_0.{suffix}"
                data = _text(collect(group, transformation), output_type)
                put(bucket, key, data)
                files[name].append({"Key": key, "Size": len(data)})
        manifest = {"DestinationBucket": bucket, "MapRunArn": map_run_arn, "ResultFiles": files}
        put(bucket, f"{folder}/manifest.json", _encoded(compact(manifest)))
    except MissingBucket:
        cause = f"The specified bucket does not exist (Service: S3, Status Code: 404, Bucket: {bucket})"
        raise Failure(RESULT_WRITER_FAILED, cause) from None
    return {"MapRunArn": map_run_arn, "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"}}


def _text(values: list[Json], output_type: str) -> bytes:
    if output_type == "JSONL":
        return _encoded("".join(f"{compact(value)}\n" for value in values))
    return _encoded(compact(values))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _record(result: ChildResult) -> dict[str, Json]:
    """A child with its metadata, as DescribeExecution has it with capital letters; input and output are JSON text."""
    succeeded = result.status == SUCCEEDED
    started = result.status != PENDING
    record = {
        "Cause": result.cause,
        "Error": result.error,
        "ExecutionArn": result.execution_arn,
        "Input": compact(result.input),
        "InputDetails": {"Included": True},
        "Name": result.name,
        "Output": compact(result.output) if succeeded else None,
        "OutputDetails": {"Included": True} if succeeded else None,
        "RedriveCount": result.redrive_count if started else None,
        "RedriveStatus": ("NOT_REDRIVABLE" if succeeded else "REDRIVABLE_BY_MAP_RUN") if started else None,
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven" if succeeded else None,
        "StartDate": result.start,
        "StateMachineArn": result.state_machine_arn,
        "Status": result.status,
        "StopDate": result.stop,
    }
    return {key: value for key, value in record.items() if value is not None}
