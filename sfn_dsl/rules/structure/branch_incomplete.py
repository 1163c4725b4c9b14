"""A branch of a Parallel state, or the processor of a Map, without `StartAt` or `States`.

A branch and a processor are workflows of their own: each has `States` and says with `StartAt` where it starts. AWS says
`These fields are required`.

Fails:
    {"A": {"Type": "Parallel", "Branches": [{"States": {"B": {"Type": "Succeed"}}}], "End": true}}
Fails:
    {"A": {"Type": "Map", "ItemProcessor": {"StartAt": "B"}, "End": true}}
Passes:
    {"A": {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}], "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import inner_scopes
from sfn_dsl.rules.subject import Subject

__all__ = ["branch_incomplete"]


@rule("SFN151", "branch-startat-required", "branch-states-required", aws_code="SCHEMA_VALIDATION_FAILED")
def branch_incomplete(subject: Subject) -> Iterator[Finding]:
    for scope, what in inner_scopes(subject):
        if "StartAt" not in scope.body:
            yield Finding(scope.pointer, f"{what} needs `StartAt`", "name its first state", "branch-startat-required")
        if "States" not in scope.body:
            yield Finding(scope.pointer, f"{what} needs `States`", "put its states there", "branch-states-required")
