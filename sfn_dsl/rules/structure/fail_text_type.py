"""An `Error` or `Cause` of a Fail state that is not a text.

Fails:
    {"A": {"Type": "Fail", "Error": 404}}
Fails:
    {"A": {"Type": "Fail", "Cause": {"code": 404}}}
Passes:
    {"A": {"Type": "Fail", "Error": "NotFound", "Cause": "there is no such order"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["fail_text_type"]


@rule("SFN148", "fail-error-type", "fail-cause-type", aws_code="SCHEMA_VALIDATION_FAILED")
def fail_text_type(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Fail"):
        for field in ("Error", "Cause"):
            if field in state.body and not isinstance(state.body[field], str):
                message = f"`{field}` of fail `{state.name}` is not a text"
                yield Finding(state.at(field), message, "put it in double quotes", f"fail-{field.lower()}-type")
