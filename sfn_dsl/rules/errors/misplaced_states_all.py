"""`States.ALL` beside other error names, or in a retrier or catcher that is not the last.

`States.ALL` stands for every error, so names beside or after it could never matter. AWS refuses it: `States.ALL must appear alone
and at end of list`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["States.ALL", "E"]}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Z",
           "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}, {"ErrorEquals": ["E"], "Next": "Z"}]}, "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"]}, {"ErrorEquals": ["States.ALL"]}]}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.entries import ALL, entries
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["misplaced_states_all"]


@rule(
    "SFN302",
    "states-all-not-alone",
    "states-all-not-last",
    "catch-states-all-not-alone",
    "catch-states-all-not-last",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def misplaced_states_all(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Retry", "Catch"):
        if ALL not in entry.names:
            continue
        prefix = "catch-" if entry.field == "Catch" else ""
        place = entry.at("ErrorEquals", entry.body["ErrorEquals"].index(ALL))
        if len(entry.body["ErrorEquals"]) > 1:
            text = f"`States.ALL` must stand alone in `ErrorEquals` of a {entry.kind}"
            yield Finding(place, text, "remove the other names, or `States.ALL`", f"{prefix}states-all-not-alone")
        if entry.index < len(entry.state.body[entry.field]) - 1:
            text = f"the {entry.kind} for `States.ALL` must be the last in `{entry.field}`"
            yield Finding(place, text, f"move this {entry.kind} to the end", f"{prefix}states-all-not-last")
