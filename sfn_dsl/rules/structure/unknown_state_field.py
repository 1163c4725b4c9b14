"""A field of a state that no state has.

Names of fields are exact, capital letters included. AWS refuses others with `Field 'X' is not supported at /States/S`.

Fails:
    {"A": {"Type": "Pass", "End": true, "Foo": 1}}
Fails:
    {"A": {"Type": "Pass", "End": true, "inputPath": "$.a"}}
Passes:
    {"A": {"Type": "Pass", "End": true, "InputPath": "$.a"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import EVERY_FIELD, JSONATA_ONLY, JSONPATH_ONLY, SUPPORTED
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_state_field"]


@rule("SFN121", "unknown-state-field", aws_code="SCHEMA_VALIDATION_FAILED")
def unknown_state_field(subject: Subject) -> Iterator[Finding]:
    for state in subject.states:
        if state.type is None or state.body.keys() <= EVERY_FIELD:
            continue
        known = SUPPORTED[state.type] - (JSONPATH_ONLY if state.jsonata else JSONATA_ONLY)
        for key in state.body:
            if key not in EVERY_FIELD and not subject.is_open(key):
                help = did_you_mean(key, known) or "remove it"
                yield Finding(state.at(key), f"`{key}` is not a field of a state", help)
