"""The fields of a Map beside those of every state, compiled once."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_dsl.asl.model import UNSET, Map, SubMachine
from sfn_dsl.simulate.program.dataflow import payload, quantity, typed
from sfn_dsl.simulate.program.templates import Evaluate, constant, is_expression, path_field, query_template

__all__ = ["Batching", "MapFields", "Reading", "Writing", "compile_map"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An ItemReader: the fields of its ReaderConfig, and what is evaluated."""

    action: str
    arguments: Evaluate | None
    max_items: Evaluate | None
    input_type: str | None
    manifest_type: str | None
    transformation: str | None
    csv_header_location: str | None
    csv_headers: tuple[str, ...] | None
    csv_delimiter: str | None
    items_pointer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching:
    """An ItemBatcher."""

    max_items: Evaluate | None
    max_bytes: Evaluate | None
    batch_input: Evaluate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A ResultWriter; `arguments` is None when results are only transformed, not exported."""

    arguments: Evaluate | None
    transformation: str | None
    output_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFields:
    """Evaluators are None where a field is not given. `items_path` is the text of ItemsPath, for messages."""

    distributed: bool
    express: bool
    label: str | None
    items: Evaluate | None
    items_path: str | None
    selector: Evaluate | None
    concurrency: Evaluate | None
    tolerated_count: Evaluate | None
    tolerated_percentage: Evaluate | None
    reading: Reading | None
    batching: Batching | None
    writing: Writing | None


def compile_map(state: Map, processor: SubMachine, jsonata: bool) -> MapFields:
    """Compile the fields of a Map whose processor is given."""
    config = processor.processor_config
    selector = state.item_selector if state.item_selector is not UNSET else state.parameters
    items = None
    if state.items is not UNSET:
        items = _items(state.items, objects=config is not UNSET and config.mode == "DISTRIBUTED")
    elif state.items_path is not UNSET:
        items = path_field(state.items_path, "ItemsPath")
    percentage, percentage_path = state.tolerated_failure_percentage, state.tolerated_failure_percentage_path
    return MapFields(
        distributed=config is not UNSET and config.mode == "DISTRIBUTED",
        express=config is not UNSET and config.execution_type == "EXPRESS",
        label=_text(state.label),
        items=items,
        items_path=_text(state.items_path),
        selector=payload(selector, jsonata, "ItemSelector"),
        concurrency=quantity(state.max_concurrency, state.max_concurrency_path, "MaxConcurrency"),
        tolerated_count=quantity(state.tolerated_failure_count, state.tolerated_failure_count_path, "ToleratedFailureCount"),
        tolerated_percentage=quantity(percentage, percentage_path, "ToleratedFailurePercentage", fraction=True),
        reading=_reading(state, jsonata),
        batching=_batching(state, jsonata),
        writing=_writing(state, jsonata),
    )


def _items(value: object, *, objects: bool) -> Evaluate:
    if is_expression(value):
        kinds = (list, dict) if objects else (list,)
        return typed(str(value), "Items", "array", lambda found: isinstance(found, kinds))
    if isinstance(value, (list, dict)):
        return query_template(value, "Items")
    return constant(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _reading(state: Map, jsonata: bool) -> Reading | None:
    reader = state.item_reader
    if reader is UNSET:
        return None
    config = reader.reader_config
    given = reader.arguments if jsonata else reader.parameters
    if config is UNSET:
        kinds: dict[str, object] = {}
        max_items = None
    else:
        kinds = {
            name: getattr(config, name)
            for name in (
                "input_type",
                "manifest_type",
                "transformation",
                "csv_header_location",
                "csv_delimiter",
                "items_pointer",
            )
        }
        max_items = quantity(config.max_items, config.max_items_path, "MaxItems")
    headers = None if config is UNSET or config.csv_headers is UNSET else config.csv_headers
    return Reading(
        action=str(reader.resource).rpartition(":")[2],
        arguments=payload(given, jsonata, "ItemReader/Arguments"),
        max_items=max_items,
        input_type=_text(kinds.get("input_type")),
        manifest_type=_text(kinds.get("manifest_type")),
        transformation=_text(kinds.get("transformation")),
        csv_header_location=_text(kinds.get("csv_header_location")),
        csv_headers=headers,
        csv_delimiter=_text(kinds.get("csv_delimiter")),
        items_pointer=_text(kinds.get("items_pointer")),
    )


def _batching(state: Map, jsonata: bool) -> Batching | None:
    batcher = state.item_batcher
    if batcher is UNSET:
        return None
    return Batching(
        max_items=quantity(batcher.max_items_per_batch, batcher.max_items_per_batch_path, "MaxItemsPerBatch"),
        max_bytes=quantity(batcher.max_input_bytes_per_batch, batcher.max_input_bytes_per_batch_path, "MaxInputBytesPerBatch"),
        batch_input=payload(batcher.batch_input, jsonata, "ItemBatcher/BatchInput"),
    )


def _writing(state: Map, jsonata: bool) -> Writing | None:
    writer = state.result_writer
    if writer is UNSET:
        return None
    config = writer.writer_config
    exports = writer.resource is not UNSET
    given = writer.arguments if jsonata else writer.parameters
    return Writing(
        arguments=payload(given, jsonata, "ResultWriter/Arguments") if exports else None,
        transformation=None if config is UNSET else _text(config.transformation),
        output_type=None if config is UNSET else _text(config.output_type),
    )
