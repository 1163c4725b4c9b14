"""A field that a branch of a Parallel state or the processor of a Map does not have.

A branch holds `StartAt`, `States` and `Comment`; a processor has `ProcessorConfig` as well. `QueryLanguage` belongs to the machine
or to a single state: AWS says `Field 'QueryLanguage' is not supported`, and the states inside take the machine's language.

Fails:
    {"A": {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}, "Foo": 1}], "End": true}}
Fails:
    {"A": {"Type": "Map", "End": true,
           "ItemProcessor": {"QueryLanguage": "JSONata", "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Passes:
    {"A": {"Type": "Map", "End": true,
           "ItemProcessor": {"Comment": "each", "StartAt": "B", "States": {"B": {"Type": "Succeed", "QueryLanguage": "JSONata"}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import inner_scopes
from sfn_dsl.rules.subject import Subject

__all__ = ["branch_unknown_field"]

_KNOWN: Final = {
    "branch": frozenset({"StartAt", "States", "Comment"}),
    "processor": frozenset({"StartAt", "States", "Comment", "ProcessorConfig"}),
}


@rule("SFN152", "branch-unknown-field", "querylanguage-on-itemprocessor", aws_code="SCHEMA_VALIDATION_FAILED")
def branch_unknown_field(subject: Subject) -> Iterator[Finding]:
    for scope, what in inner_scopes(subject):
        for field in scope.body:
            if field in _KNOWN[scope.kind]:
                continue
            place, text = pointer_to(scope.pointer, field), f"{what} has no field {shown(field)}"
            if field == "QueryLanguage":
                help = "give `QueryLanguage` to the machine, or to each state inside"
                yield Finding(place, text, help, "querylanguage-on-itemprocessor")
            else:
                yield Finding(place, text, did_you_mean(field, _KNOWN[scope.kind]) or "remove it", "branch-unknown-field")
