"""A field of a Map state that has a newer name.

`Iterator` is now `ItemProcessor`, and `Parameters` of a Map is `ItemSelector`.
AWS goes on to accept the old names; only the new ones take a `ProcessorConfig` and hence a distributed Map.

Fails:
    {"A": {"Type": "Map", "Iterator": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}, "End": true}}
Fails:
    {"A": {"Type": "Map", "Parameters": {"x.$": "$$.Map.Item.Value"}, "End": true,
     "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Passes:
    {"A": {"Type": "Map", "ItemSelector": {"x.$": "$$.Map.Item.Value"}, "End": true,
     "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["deprecated_fields"]

FIELDS = (
    ("Iterator", "ItemProcessor", "deprecated-iterator"),
    ("Parameters", "ItemSelector", "deprecated-map-parameters"),
)


@rule("SFN709", "deprecated-iterator", "deprecated-map-parameters", severity=Severity.INFO, practice=True)
def deprecated_fields(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        for old, new, name in FIELDS:
            if old in state.body and new not in state.body and not (state.jsonata and old == "Parameters"):
                yield Finding(
                    state.at(old), f"`{old}` of Map `{state.name}` is the old name of `{new}`", f"rename it to `{new}`", name
                )
