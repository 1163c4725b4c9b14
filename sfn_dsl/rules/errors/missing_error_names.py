"""A retrier or catcher whose `ErrorEquals` is missing, empty or no list of error names.

A retrier or catcher says with `ErrorEquals` which errors it is for. AWS requires a list of at least one text; anything else is
refused with SCHEMA_VALIDATION_FAILED.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"MaxAttempts": 2}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": []}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": "E"}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Z",
           "Catch": [{"ErrorEquals": [true], "Next": "Z"}]}, "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Z", "Retry": [{"ErrorEquals": ["E"]}],
           "Catch": [{"ErrorEquals": ["E"], "Next": "Z"}]}, "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [], "Catch": []}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.entries import entries
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["missing_error_names"]

_HELP = 'list the errors by name, as in `["States.Timeout"]`, or write `["States.ALL"]`'


@rule(
    "SFN301",
    "retry-errorequals-required",
    "retry-errorequals-empty",
    "retry-errorequals-type",
    "catch-errorequals-required",
    "catch-errorequals-empty",
    "catch-errorequals-type",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def missing_error_names(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Retry", "Catch"):
        name = f"{entry.field.lower()}-errorequals"
        if "ErrorEquals" not in entry.body:
            yield Finding(entry.pointer, f"a {entry.kind} needs `ErrorEquals`", _HELP, f"{name}-required")
            continue
        value = entry.body["ErrorEquals"]
        if isinstance(value, str) and subject.is_open(value):
            continue
        if not isinstance(value, list):
            text = f"`ErrorEquals` of a {entry.kind} must be a list of error names, not {shown(value)}"
            yield Finding(entry.at("ErrorEquals"), text, _HELP, f"{name}-type")
        elif not value:
            yield Finding(entry.at("ErrorEquals"), f"`ErrorEquals` of a {entry.kind} is empty", _HELP, f"{name}-empty")
        for index, member in enumerate(value if isinstance(value, list) else ()):
            if not isinstance(member, str):
                yield Finding(
                    entry.at("ErrorEquals", index), f"an error name must be a text, not {shown(member)}", _HELP, f"{name}-type"
                )
