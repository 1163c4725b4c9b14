"""A definition that is not a JSON object.

A state machine is one JSON object. AWS answers `Definition must be a valid JSON object` to a list, a text or a number.

Fails:
    [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]
Fails:
    "not a definition"
Passes:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["root_not_object"]


@rule("SFN113", "root-not-object", aws_code="SCHEMA_VALIDATION_FAILED")
def root_not_object(subject: Subject) -> Iterator[Finding]:
    if not isinstance(subject.value, dict):
        yield Finding("", "the definition is not a JSON object", "write an object with `StartAt` and `States`")
