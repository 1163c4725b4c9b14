"""A catcher without `Next`.

A catcher says where to go on; AWS refuses one without `Next`. A catcher cannot end the execution: it goes to a Succeed or Fail
state.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Catch": [{"ErrorEquals": ["E"]}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Catch": [{"ErrorEquals": ["E"], "Next": "Z"}]}, "Z": {"Type": "Fail"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.entries import entries
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["catcher_without_next"]


@rule("SFN308", "catch-next-required", aws_code="SCHEMA_VALIDATION_FAILED")
def catcher_without_next(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Catch"):
        if "Next" not in entry.body:
            yield Finding(entry.pointer, "a catcher needs `Next`", "name the state that handles the error")
