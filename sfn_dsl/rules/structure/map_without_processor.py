"""A Map without `ItemProcessor`, with `Iterator` beside it, or with one that is no object.

`ItemProcessor` is the workflow that each item runs through. `Iterator` is its older name; a Map has one of them, not both.

Fails:
    {"A": {"Type": "Map", "End": true}}
Fails:
    {"A": {"Type": "Map", "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}},
           "Iterator": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}, "End": true}}
Fails:
    {"A": {"Type": "Map", "ItemProcessor": [], "End": true}}
Passes:
    {"A": {"Type": "Map", "Iterator": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["map_without_processor"]

_FORM = "write an object with `StartAt` and `States`"


@rule("SFN153", "map-processor-required", "map-processor-and-iterator", "map-processor-type", aws_code="SCHEMA_VALIDATION_FAILED")
def map_without_processor(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        found = [name for name in ("ItemProcessor", "Iterator") if name in state.body]
        if not found:
            text = f"`{state.name}` is a Map and needs `ItemProcessor`"
            yield Finding(state.pointer, text, _FORM, "map-processor-required")
        if len(found) == 2:
            text = "a Map has `ItemProcessor` or `Iterator`, not both"
            yield Finding(state.at("Iterator"), text, "remove `Iterator`", "map-processor-and-iterator")
        for name in found:
            value = state.body[name]
            if not isinstance(value, dict) and not (isinstance(value, str) and subject.is_open(value)):
                text = f"`{name}` must be an object, not {shown(value)}"
                yield Finding(state.at(name), text, _FORM, "map-processor-type")
