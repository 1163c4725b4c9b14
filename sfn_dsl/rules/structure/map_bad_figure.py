"""A Map whose concurrency or tolerated failures are out of range or of the wrong type.

`MaxConcurrency` and `ToleratedFailureCount` are integers from 0, `ToleratedFailurePercentage` a number from 0 to 100, fractions
included. In a JSONata state an expression may stand instead. AWS says `Minimum value is 0` or `Maximum value is 100.0`.

Fails:
    {"A": {"Type": "Map", "MaxConcurrency": -1, "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "ToleratedFailurePercentage": 101, "End": true, "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "MaxConcurrency": "5", "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Passes:
    {"A": {"Type": "Map", "ToleratedFailurePercentage": 0.5, "MaxConcurrency": 0, "End": true, "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}}}
Passes (JSONata):
    {"A": {"Type": "Map", "MaxConcurrency": "{% 1 + 1 %}", "End": true,
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.rules.errors.figures import fault_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import is_expression
from sfn_dsl.rules.subject import Subject

__all__ = ["map_bad_figure"]

_FIGURES: Final = {
    "MaxConcurrency": ("map-maxconcurrency", None, True),
    "ToleratedFailureCount": ("map-tolerated-count", None, True),
    "ToleratedFailurePercentage": ("map-tolerated-percentage", 100, False),
}


@rule(
    "SFN156",
    "map-maxconcurrency-negative",
    "map-maxconcurrency-type",
    "map-tolerated-count-negative",
    "map-tolerated-count-type",
    "map-tolerated-percentage-max",
    "map-tolerated-percentage-negative",
    "map-tolerated-percentage-type",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def map_bad_figure(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        for field, (name, high, whole) in _FIGURES.items():
            value = state.body.get(field, 0)
            if isinstance(value, str) and (is_expression(state, value) or subject.is_open(value)):
                continue
            fault = fault_of(value, low=0, high=high, whole=whole)
            if fault:
                kind = "negative" if "at least" in fault else "max" if "at most" in fault else "type"
                help = "write a number from 0 to 100" if high else "write an integer from 0"
                yield Finding(state.at(field), f"`{field}` {fault}", help, f"{name}-{kind}")
