"""An `ItemBatcher` without a limit, with one limit given twice, or with one that is out of range.

A batch is bounded by `MaxItemsPerBatch`, `MaxInputBytesPerBatch` (at most 262144) or both, each as a number or as a path, not both.

Fails:
    {"A": {"Type": "Map", "End": true, "ItemBatcher": {}, "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ItemBatcher": {"MaxItemsPerBatch": 5, "MaxItemsPerBatchPath": "$.n"}, "ItemProcessor": {
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B",
           "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ItemBatcher": {"MaxInputBytesPerBatch": 262145}, "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ItemBatcher": {"MaxItemsPerBatch": 5, "BatchInput": {"a": 1}}, "ItemProcessor": {
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B",
           "States": {"B": {"Type": "Succeed"}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.errors.figures import fault_of, shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import is_expression, part_of
from sfn_dsl.rules.subject import State, Subject

__all__ = ["map_bad_item_batcher"]

_LIMITS: Final = {"MaxItemsPerBatch": None, "MaxInputBytesPerBatch": 262_144}
_FIELDS: Final = frozenset({*_LIMITS, *(f"{limit}Path" for limit in _LIMITS), "BatchInput"})


@rule(
    "SFN163",
    "map-itembatcher-empty",
    "map-itembatcher-both",
    "map-itembatcher-range",
    "map-itembatcher-unknown-field",
    "map-itembatcher-type",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def map_bad_item_batcher(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        value = state.body.get("ItemBatcher")
        if "ItemBatcher" in state.body and not isinstance(value, dict):
            if not (isinstance(value, str) and subject.is_open(value)):
                text = f"`ItemBatcher` must be an object, not {shown(value)}"
                yield Finding(state.at("ItemBatcher"), text, "", "map-itembatcher-type")
        elif "ItemBatcher" in state.body:
            yield from _faults(subject, state)


def _faults(subject: Subject, state: State) -> Iterator[Finding]:
    batcher, place = part_of(state, "ItemBatcher") or {}, state.at("ItemBatcher")
    for field in batcher:
        if field not in _FIELDS:
            text, help = f"`ItemBatcher` has no field {shown(field)}", did_you_mean(field, _FIELDS) or "remove it"
            yield Finding(state.at("ItemBatcher", field), text, help, "map-itembatcher-unknown-field")
    if not any(limit in batcher or f"{limit}Path" in batcher for limit in _LIMITS):
        text = "`ItemBatcher` needs `MaxItemsPerBatch` or `MaxInputBytesPerBatch`"
        yield Finding(place, text, "say how large a batch may be", "map-itembatcher-empty")
    for limit, high in _LIMITS.items():
        if not state.jsonata and limit in batcher and f"{limit}Path" in batcher:
            text = f"`ItemBatcher` has `{limit}` or `{limit}Path`, not both"
            yield Finding(f"{place}/{limit}Path", text, "remove one of them", "map-itembatcher-both")
        value = batcher.get(limit, 1)
        if isinstance(value, str) and (is_expression(state, value) or subject.is_open(value)):
            continue
        fault = fault_of(value, low=0, high=high)
        if fault:
            help = f"write an integer from 1 to {high}" if high else "write an integer from 1"
            yield Finding(f"{place}/{limit}", f"`{limit}` {fault}", help, "map-itembatcher-range")
