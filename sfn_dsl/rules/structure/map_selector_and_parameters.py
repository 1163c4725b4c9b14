"""A Map with both `ItemSelector` and `Parameters`.

Both say what each item's workflow gets. `Parameters` is the older name of `ItemSelector`; AWS takes one of them.

Fails:
    {"A": {"Type": "Map", "ItemSelector": {"a": 1}, "Parameters": {"a": 1}, "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Passes:
    {"A": {"Type": "Map", "ItemSelector": {"a": 1}, "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["map_selector_and_parameters"]


@rule("SFN154", "map-selector-and-parameters", aws_code="SCHEMA_VALIDATION_FAILED")
def map_selector_and_parameters(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        if not state.jsonata and "ItemSelector" in state.body and "Parameters" in state.body:
            text = "a Map has `ItemSelector` or `Parameters`, not both"
            yield Finding(state.at("Parameters"), text, "move what is needed to `ItemSelector` and remove `Parameters`")
