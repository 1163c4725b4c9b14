"""Two Maps with the same `Label`.

A label names the Map Runs of one Map, so it must be unique in the whole definition, nested states included. AWS refuses others with
DUPLICATE_LABEL_NAME.

Fails:
    {"A": {"Type": "Map", "Label": "L", "Next": "C", "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}},
     "C": {"Type": "Map", "Label": "L", "End": true, "ItemProcessor": {"StartAt": "D",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"D": {"Type": "Succeed"}}}}}
Passes:
    {"A": {"Type": "Map", "Label": "L", "Next": "C", "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}},
     "C": {"Type": "Map", "Label": "M", "End": true, "ItemProcessor": {"StartAt": "D",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"D": {"Type": "Succeed"}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["map_label_twice"]


@rule("SFN159", "map-label-duplicate", aws_code="DUPLICATE_LABEL_NAME")
def map_label_twice(subject: Subject) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for state in subject.of_type("Map"):
        label = state.body.get("Label")
        if not isinstance(label, str) or subject.is_open(label):
            continue
        if label in owners:
            text = f"label {shown(label)} is already that of `{owners[label]}`"
            yield Finding(state.at("Label"), text, "give each Map a label of its own")
        owners.setdefault(label, state.name)
