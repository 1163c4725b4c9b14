"""A Parallel state whose `Branches` is missing, empty or no list of objects.

AWS requires a list of at least one branch, each with `StartAt` and `States` of its own, and says `Value cannot be empty` of an
empty list.

Fails:
    {"A": {"Type": "Parallel", "End": true}}
Fails:
    {"A": {"Type": "Parallel", "Branches": [], "End": true}}
Fails:
    {"A": {"Type": "Parallel", "Branches": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}, "End": true}}
Passes:
    {"A": {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}], "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["parallel_without_branches"]

_HELP = "write a list of objects with `StartAt` and `States`"


@rule(
    "SFN150",
    "parallel-branches-required",
    "parallel-branches-empty",
    "parallel-branches-type",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def parallel_without_branches(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Parallel"):
        if "Branches" not in state.body:
            text = f"`{state.name}` is a Parallel state and needs `Branches`"
            yield Finding(state.pointer, text, _HELP, "parallel-branches-required")
            continue
        branches = state.body["Branches"]
        if not isinstance(branches, list):
            text = f"`Branches` must be a list, not {shown(branches)}"
            yield Finding(state.at("Branches"), text, _HELP, "parallel-branches-type")
        elif not branches:
            yield Finding(state.at("Branches"), "`Branches` is empty", "add a branch", "parallel-branches-empty")
        for index, branch in enumerate(branches if isinstance(branches, list) else ()):
            if not isinstance(branch, dict):
                text = f"a branch must be an object, not {shown(branch)}"
                yield Finding(state.at("Branches", index), text, _HELP, "parallel-branches-type")
