"""A Wait state without a time to wait, or with more than one.

A Wait state has exactly one of `Seconds`, `Timestamp`, `SecondsPath` and `TimestampPath`.

Fails:
    {"A": {"Type": "Wait", "End": true}}
Fails:
    {"A": {"Type": "Wait", "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z", "End": true}}
Passes:
    {"A": {"Type": "Wait", "Seconds": 1, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import JSONPATH_ONLY, lacks
from sfn_dsl.rules.subject import Subject

__all__ = ["wait_fields"]

_FIELDS = ("Seconds", "Timestamp", "SecondsPath", "TimestampPath")


@rule("SFN144", "wait-one-of", "wait-only-one", aws_code="SCHEMA_VALIDATION_FAILED")
def wait_fields(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Wait"):
        found = [field for field in _FIELDS if field in state.body and not (state.jsonata and field in JSONPATH_ONLY)]
        if len(found) > 1:
            message = f"wait `{state.name}` has {' and '.join(f'`{field}`' for field in found)}"
            yield Finding(state.pointer, message, "keep one of them", "wait-only-one")
        elif not found and lacks(state.body, *_FIELDS):
            message = f"wait `{state.name}` has neither `Seconds` nor `Timestamp`"
            yield Finding(state.pointer, message, "say how long it waits, or until when", "wait-one-of")
