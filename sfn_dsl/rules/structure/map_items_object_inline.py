"""An inline Map whose `Items` is an object.

A distributed Map goes through the keys and values of an object. AWS was seen to fail an inline Map at run time that gets one: it
expects an array.

Fails (JSONata):
    {"A": {"Type": "Map", "Items": {"a": 1}, "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Passes (JSONata):
    {"A": {"Type": "Map", "Items": {"a": 1}, "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import is_distributed
from sfn_dsl.rules.subject import Subject

__all__ = ["map_items_object_inline"]


@rule("SFN168", "map-items-object-inline", severity=Severity.WARNING)
def map_items_object_inline(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        if state.jsonata and isinstance(state.body.get("Items"), dict) and not is_distributed(state):
            text = "an inline Map may not go through the members of an object"
            yield Finding(state.at("Items"), text, "give an array, or set `Mode` to `DISTRIBUTED`")
