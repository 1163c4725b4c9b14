"""`Items` or `ItemsPath` of a Map that cannot hold items.

`ItemsPath` is a path and, unlike other paths, never null. `Items` is an array, an object or a JSONata expression.

Fails:
    {"A": {"Type": "Map", "ItemsPath": null, "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Fails (JSONata):
    {"A": {"Type": "Map", "Items": 3, "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Passes (JSONata):
    {"A": {"Type": "Map", "Items": [1, "{% 1 + 1 %}"], "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import is_expression
from sfn_dsl.rules.subject import Subject

__all__ = ["map_bad_items"]


@rule("SFN167", "map-itemspath-null", "map-items-type", aws_code="SCHEMA_VALIDATION_FAILED")
def map_bad_items(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        if not state.jsonata and state.body.get("ItemsPath", "") is None:
            text, help = "`ItemsPath` must be a path, not `null`", "remove it, or write `$`"
            yield Finding(state.at("ItemsPath"), text, help, "map-itemspath-null")
        items = state.body.get("Items", [])
        if isinstance(items, str) and (is_expression(state, items) or subject.is_open(items)):
            continue
        if state.jsonata and not isinstance(items, (list, dict)):
            text = f"`Items` must be an array, an object or an expression, not {shown(items)}"
            yield Finding(state.at("Items"), text, "write an array", "map-items-type")
