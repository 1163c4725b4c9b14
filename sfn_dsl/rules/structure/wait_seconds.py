"""A `Seconds` of a Wait state that is not a whole number from 0 to 99999999.

In a JSONata state an expression that gives such a number is right too, but not a number in quotes. AWS says
`Maximum value is 99999999`.

Fails:
    {"A": {"Type": "Wait", "Seconds": -1, "End": true}}
Fails:
    {"A": {"Type": "Wait", "Seconds": 100000000, "End": true}}
Fails:
    {"A": {"Type": "Wait", "Seconds": 1.5, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Wait", "Seconds": "5", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Wait", "Seconds": "{% $states.input.delay %}", "End": true}}
Passes:
    {"A": {"Type": "Wait", "Seconds": 0, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.seconds import MOST_SECONDS, known_later, whole
from sfn_dsl.rules.subject import State, Subject

__all__ = ["wait_seconds"]


@rule(
    "SFN145",
    "wait-seconds-negative",
    "wait-seconds-max",
    "wait-seconds-float",
    "wait-seconds-type",
    "jsonata-seconds-literal-string",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def wait_seconds(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Wait"):
        if "Seconds" in state.body:
            yield from _wrong(subject, state)


def _wrong(subject: Subject, state: State) -> Iterator[Finding]:
    value = state.body["Seconds"]
    seconds = whole(value)
    if seconds is None:
        if known_later(subject, state, value):
            return
        message, name = "is not a whole number", "wait-seconds-type"
        if isinstance(value, float):
            name = "wait-seconds-float"
        elif isinstance(value, str) and state.jsonata:
            message, name = "is a text, neither a number nor a JSONata expression", "jsonata-seconds-literal-string"
    elif seconds < 0:
        message, name = "is negative", "wait-seconds-negative"
    elif seconds > MOST_SECONDS:
        message, name = f"is more than {MOST_SECONDS}", "wait-seconds-max"
    else:
        return
    help = f"write a whole number from 0 to {MOST_SECONDS}"
    yield Finding(state.at("Seconds"), f"`Seconds` of wait `{state.name}` {message}", help, name)
