"""An `ItemReader` whose resource is not one of the two that read items, or that has a wrong field.

Items are read with `arn:aws:states:::s3:getObject` (one file) or `arn:aws:states:::s3:listObjectsV2` (the objects of a bucket); AWS
refuses other resources. Beside it stand `ReaderConfig` and the parameters of the call.

Fails:
    {"A": {"Type": "Map", "End": true, "ItemReader": {"Resource": "arn:aws:states:::s3:headObject", "Parameters": {"Bucket": "b"}},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ItemReader": {"Parameters": {"Bucket": "b"}},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2",
           "Parameters": {"Bucket": "b"}},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import part_of, s3_action
from sfn_dsl.rules.subject import Subject

__all__ = ["map_bad_item_reader"]

_FIELDS: Final = frozenset({"Resource", "ReaderConfig", "Parameters", "Arguments"})
_HELP: Final = "use `arn:aws:states:::s3:getObject` or `arn:aws:states:::s3:listObjectsV2`"


@rule(
    "SFN160",
    "map-itemreader-resource",
    "map-itemreader-unknown-field",
    "map-itemreader-type",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def map_bad_item_reader(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        reader, place = part_of(state, "ItemReader"), state.at("ItemReader")
        if reader is None:
            value = state.body.get("ItemReader", {})
            if not isinstance(value, dict) and not (isinstance(value, str) and subject.is_open(value)):
                yield Finding(place, f"`ItemReader` must be an object, not {shown(value)}", "", "map-itemreader-type")
            continue
        for field in reader:
            if field not in _FIELDS:
                text, help = f"`ItemReader` has no field {shown(field)}", did_you_mean(field, _FIELDS) or "remove it"
                yield Finding(state.at("ItemReader", field), text, help, "map-itemreader-unknown-field")
        if "Resource" not in reader:
            yield Finding(place, "`ItemReader` needs `Resource`", _HELP, "map-itemreader-resource")
            continue
        resource = reader["Resource"]
        if isinstance(resource, str) and (subject.is_open(resource) or s3_action(resource) in ("getObject", "listObjectsV2")):
            continue
        text = f"items cannot be read with {shown(resource)}"
        yield Finding(state.at("ItemReader", "Resource"), text, _HELP, "map-itemreader-resource")
