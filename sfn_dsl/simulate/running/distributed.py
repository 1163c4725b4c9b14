"""Distributed Map: a Map Run whose items are executions of their own.

Children do not see outer variables, have histories of their own, and fail the Map Run only beyond the tolerated failures. Source:
pages `state-map-distributed`, `input-output-itemreader`, `input-output-resultwriter`, and recordings of AWS.
"""

from __future__ import annotations

from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.items.batcher import batch
from sfn_dsl.simulate.items.reader import STATE_DATA, Item, ReaderRequest, items_of_value, read_items
from sfn_dsl.simulate.items.writer import ChildResult, collect, write
from sfn_dsl.simulate.program.map_fields import Reading
from sfn_dsl.simulate.program.nodes import MapNode
from sfn_dsl.simulate.program.templates import Evaluate
from sfn_dsl.simulate.program.view import Fault, View
from sfn_dsl.simulate.running.map_input import map_items, select
from sfn_dsl.simulate.running.map_run import MapRun, Tolerance
from sfn_dsl.simulate.running.thread import Steps, Thread

__all__ = [
    "batched",
    "map_settings",
    "reader_request",
    "run_distributed",
    "selected",
    "state_items",
]

CONCURRENCY: Final = 10_000


def map_settings(node: MapNode, view: View, effective: Json) -> tuple[int, Tolerance]:
    """Concurrency (0: as much as there can be) and tolerance of a Map. Raises Fault where a value is out of range."""
    fields, query = node.fields, node.jsonata
    concurrency = _value(fields.concurrency, view, effective) or 0
    if concurrency < 0:
        raise Fault("MaxConcurrency cannot be negative.", query=query)
    count = _value(fields.tolerated_count, view, effective)
    if count is not None and count < 0:
        raise Fault("ToleratedFailureCount cannot be negative.", query=query)
    percentage = _value(fields.tolerated_percentage, view, effective)
    if percentage is not None and not 0 <= percentage <= 100:
        raise Fault("ToleratedFailurePercentage must be between 0 and 100.", query=query)
    return concurrency, Tolerance(count, percentage)


def _value(evaluate: Evaluate | None, view: View, effective: Json) -> Json:
    return evaluate(view, effective) if evaluate else None


def run_distributed(thread: Thread, node: MapNode, view: View, effective: Json) -> Steps:
    """One Map Run; its value is the state's result. Recorded: settings are looked at before the Map Run begins, data sets after."""
    world, run, reading = thread.run.world, thread.run, node.fields.reading
    items = state_items(node, view, effective) if reading is None else []
    thread.event("MapStateStarted", {"length": len(items)})
    concurrency, tolerance = map_settings(node, view, effective)
    request = None if reading is None else reader_request(reading, view, effective)
    label = node.fields.label or view.name.replace(" ", "")
    arn = f"{run.machine.arn.replace(':stateMachine:', ':mapRun:')}/{label}:{world.uuid()}"
    thread.event("MapRunStarted", {"mapRunArn": arn})
    map_run = run.map_runs[arn] = MapRun(thread, node, view, arn, concurrency, tolerance)
    try:
        if request is not None:
            items = read_items(request, world.objects)
        inputs = batched(node, view, effective, selected(node, view, effective, items))
        yield from map_run.run(inputs, min(concurrency or CONCURRENCY, CONCURRENCY))
        result = _result(thread, node, view, effective, arn, map_run.results())
    except Failure as failure:
        map_run.finish("FAILED")
        thread.aside("MapRunFailed", {"error": failure.error, "cause": failure.cause})
        raise
    map_run.finish("SUCCEEDED")
    started = thread.previous
    succeeded = thread.event("MapRunSucceeded")
    thread.event("MapStateSucceeded")
    # Recorded: what follows the state points to its MapRunStarted, but to MapRunSucceeded where it is the first state.
    thread.previous = started if view.before else succeeded
    return result


def state_items(node: MapNode, view: View, effective: Json) -> list[Item]:
    """The items of a Map without an ItemReader."""
    found = map_items(node, view, effective)
    return items_of_value(found, STATE_DATA) if isinstance(found, dict) else [Item(value, STATE_DATA) for value in found]


def reader_request(reading: Reading, view: View, effective: Json) -> ReaderRequest:
    """An ItemReader with its fields evaluated."""
    maximum = _value(reading.max_items, view, effective)
    return ReaderRequest(
        action=reading.action,
        arguments=_value(reading.arguments, view, effective) or {},
        input_type=reading.input_type,
        manifest_type=reading.manifest_type,
        transformation=reading.transformation,
        csv_header_location=reading.csv_header_location,
        csv_headers=reading.csv_headers,
        csv_delimiter=reading.csv_delimiter,
        items_pointer=reading.items_pointer,
        max_items=maximum,
    )


def selected(node: MapNode, view: View, effective: Json, items: list[Item]) -> list[Json]:
    """What ItemSelector makes of every item."""
    inputs = []
    for index, item in enumerate(items):
        context: dict[str, Json] = {"Index": index, "Value": item.value, "Source": item.source}
        if item.key is not None:
            context["Key"] = item.key
        inputs.append(select(node, view, effective, context, item.input))
    return inputs


def batched(node: MapNode, view: View, effective: Json, inputs: list[Json]) -> list[Json]:
    """The inputs of the children: batches with an ItemBatcher, else the inputs as they are."""
    batching = node.fields.batching
    if batching is None:
        return inputs
    return batch(
        inputs,
        max_items=_value(batching.max_items, view, effective),
        max_bytes=_value(batching.max_bytes, view, effective),
        batch_input=_value(batching.batch_input, view, effective),
    )


def _result(thread: Thread, node: MapNode, view: View, effective: Json, arn: str, results: list[ChildResult]) -> Json:
    writing = node.fields.writing
    if writing is None:
        return collect(results)
    if writing.arguments is None:
        return collect(results, writing.transformation or "COMPACT")
    where = writing.arguments(view, effective)
    return write(
        results,
        bucket=str(where.get("Bucket", "")),
        prefix=where.get("Prefix"),
        map_run_arn=arn,
        uuid=arn.rpartition(":")[2],
        transformation=writing.transformation or "NONE",
        output_type=writing.output_type or "JSON",
        put=thread.run.world.objects.put,
    )
