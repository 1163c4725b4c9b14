"""A `Timestamp` of a Wait state that is not an RFC 3339 timestamp.

AWS wants a date, a capital `T`, a time and a zone, a capital `Z` or an offset, and looks at the date too:
`String does not match RFC3339 timestamp`. An expression is right in a JSONata state only.

Fails:
    {"A": {"Type": "Wait", "Timestamp": "2026-01-01 00:00:00Z", "End": true}}
Fails:
    {"A": {"Type": "Wait", "Timestamp": "2026-02-30T00:00:00Z", "End": true}}
Fails:
    {"A": {"Type": "Wait", "Timestamp": "{% '2026-01-01T00:00:00Z' %}", "End": true}}
Passes:
    {"A": {"Type": "Wait", "Timestamp": "2026-01-01T00:00:00.5+02:00", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Wait", "Timestamp": "{% '2026-01-01T00:00:00Z' %}", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import language_is_sure
from sfn_dsl.rules.structure.seconds import may_be_expression
from sfn_dsl.rules.structure.timestamps import timestamp_fault
from sfn_dsl.rules.subject import State, Subject

__all__ = ["wait_timestamp"]


@rule(
    "SFN146",
    "wait-timestamp-format",
    "wait-timestamp-date",
    "jsonata-timestamp-literal",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def wait_timestamp(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Wait"):
        if "Timestamp" in state.body:
            yield from _wrong(subject, state)


def _wrong(subject: Subject, state: State) -> Iterator[Finding]:
    value, pointer = state.body["Timestamp"], state.at("Timestamp")
    help = "write it like `2026-01-31T12:00:00Z`"
    if not isinstance(value, str):
        yield Finding(pointer, f"`Timestamp` of wait `{state.name}` is not a text", help, "wait-timestamp-format")
    elif subject.is_open(value):
        return
    elif may_be_expression(value):
        if not state.jsonata and language_is_sure(subject, state):
            message = f"`Timestamp` of wait `{state.name}` is a JSONata expression, but the state uses JSONPath"
            yield Finding(pointer, message, "set `QueryLanguage` to `JSONata`", "jsonata-timestamp-literal")
    elif fault := timestamp_fault(value):
        message = f"`Timestamp` of wait `{state.name}` is not an RFC 3339 timestamp"
        yield Finding(pointer, message, help, f"wait-timestamp-{fault}")
