"""A field at the top level of the definition that no state machine has.

The fields are `Comment`, `StartAt`, `States`, `Version`, `TimeoutSeconds` and `QueryLanguage`, spelt just so. AWS refuses any other
with `Field 'X' is not supported at /`.

Fails:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Foo": 1}
Fails:
    {"startAt": "A", "States": {"A": {"Type": "Succeed"}}}
Passes:
    {"Comment": "one state", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Version": "1.0", "TimeoutSeconds": 60}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import TOP_LEVEL
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_top_level_field"]


@rule("SFN115", "unknown-top-level-field", aws_code="SCHEMA_VALIDATION_FAILED")
def unknown_top_level_field(subject: Subject) -> Iterator[Finding]:
    for key in subject.root:
        if key not in TOP_LEVEL:
            help = did_you_mean(key, TOP_LEVEL) or "remove it"
            yield Finding(pointer_to("", key), f"`{key}` is not a field of a state machine", help)
