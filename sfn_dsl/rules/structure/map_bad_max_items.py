"""A `MaxItems` of an ItemReader that is out of range, of the wrong type, or given twice.

`MaxItems` is an integer from 0 (no limit) to 100000000; `MaxItemsPath` stands instead of it, not beside it. AWS says
`There should only be one of the following fields: [MaxItems, MaxItemsPath]`.

Fails:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
           "ItemReader": {"ReaderConfig": {"MaxItems": 5, "MaxItemsPath": "$.n"},
           "Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
           "ItemReader": {"ReaderConfig": {"MaxItems": 100000001},
           "Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
           "ItemReader": {"ReaderConfig": {"MaxItems": 0},
           "Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.rules.errors.figures import fault_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import is_expression, part_of
from sfn_dsl.rules.subject import Subject

__all__ = ["map_bad_max_items"]

_MOST: Final = 100_000_000


@rule("SFN162", "map-itemreader-maxitems-both", "map-itemreader-maxitems-range", aws_code="SCHEMA_VALIDATION_FAILED")
def map_bad_max_items(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        config = (part_of(state, "ItemReader") or {}).get("ReaderConfig")
        if not isinstance(config, dict):
            continue
        place = state.at("ItemReader", "ReaderConfig", "MaxItems")
        if not state.jsonata and "MaxItems" in config and "MaxItemsPath" in config:
            text = "`ReaderConfig` has `MaxItems` or `MaxItemsPath`, not both"
            yield Finding(f"{place}Path", text, "remove one of them", "map-itemreader-maxitems-both")
        value = config.get("MaxItems", 0)
        if isinstance(value, str) and (is_expression(state, value) or subject.is_open(value)):
            continue
        fault = fault_of(value, low=0, high=_MOST)
        if fault:
            yield Finding(place, f"`MaxItems` {fault}", f"write an integer from 0 to {_MOST}", "map-itemreader-maxitems-range")
