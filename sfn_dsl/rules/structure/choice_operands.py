"""An operator of a Choice state with a value of the wrong kind.

`String…` and `Timestamp…` take a text, `Numeric…` a number, `Boolean…` and `Is…` true or false. A timestamp is RFC 3339 with a
capital `T` and a zone.

Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEquals": "1", "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "TimestampEquals": "yesterday", "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "TimestampEquals": "2026-01-01T00:00:00Z", "Next": "Z"}],
           "Default": "Z"},
     "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.choices import OPERANDS, choice_tests
from sfn_dsl.rules.structure.timestamps import timestamp_fault
from sfn_dsl.rules.subject import Subject

__all__ = ["choice_operands"]

_WORDS = {"String": "a text", "Numeric": "a number", "Boolean": "true or false", "Timestamp": "a text"}
_FORM = "write it like `2026-01-31T12:00:00Z`"


@rule("SFN139", "choice-operand-type", "choice-timestamp-format", aws_code="SCHEMA_VALIDATION_FAILED")
def choice_operands(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Choice"):
        if state.jsonata:
            continue
        for test in choice_tests(state):
            for key, value in test.value.items() if isinstance(test.value, dict) else ():
                kind = OPERANDS.get(key, "Path")
                if kind == "Path" or (isinstance(value, str) and subject.is_open(value)):
                    continue
                if not _fits(kind, value):
                    message = f"`{key}` in choice `{state.name}` does not hold {_WORDS[kind]}"
                    help = _FORM if kind == "Timestamp" else f"write {_WORDS[kind]}"
                    yield Finding(test.at(key), message, help, "choice-operand-type")
                elif kind == "Timestamp" and timestamp_fault(value):
                    message = f"`{key}` in choice `{state.name}` is not an RFC 3339 timestamp"
                    yield Finding(test.at(key), message, _FORM, "choice-timestamp-format")


def _fits(kind: str, value: Json) -> bool:
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind == "Numeric":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, str)
