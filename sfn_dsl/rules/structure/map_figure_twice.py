"""A Map that gives a figure both as a number and as a path.

`MaxConcurrency` and `MaxConcurrencyPath`, or `ToleratedFailureCount` (`Percentage`) and its path, exclude each other. AWS says
`There should only be one of the following fields`.

Fails:
    {"A": {"Type": "Map", "MaxConcurrency": 1, "MaxConcurrencyPath": "$.n", "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "ToleratedFailureCount": 1, "ToleratedFailureCountPath": "$.n", "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
Passes:
    {"A": {"Type": "Map", "MaxConcurrencyPath": "$.n", "ToleratedFailureCount": 1, "ToleratedFailurePercentage": 5, "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["map_figure_twice"]

_FIGURES: Final = {
    "MaxConcurrency": "map-maxconcurrency-both",
    "ToleratedFailureCount": "map-tolerated-both",
    "ToleratedFailurePercentage": "map-tolerated-both",
}


@rule("SFN157", "map-maxconcurrency-both", "map-tolerated-both", aws_code="SCHEMA_VALIDATION_FAILED")
def map_figure_twice(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        for field, name in _FIGURES.items():
            if not state.jsonata and field in state.body and f"{field}Path" in state.body:
                text = f"a Map has `{field}` or `{field}Path`, not both"
                yield Finding(state.at(f"{field}Path"), text, "remove one of them", name)
