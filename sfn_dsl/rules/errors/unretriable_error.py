"""A retrier or catcher for an error that is never retried or caught.

`States.Runtime` ends the execution whatever `Retry` and `Catch` say. `States.DataLimitExceeded` is not helped by a retry: the data
will be as large again.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["States.DataLimitExceeded"]}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "Z"}]}, "Z": {"Type": "Fail"}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["States.Timeout"]}],
           "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Z"}]}, "Z": {"Type": "Fail"}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.entries import entries, retries
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["unretriable_error"]

_LOST: Final = {
    "Retry": ("retry-unretriable", frozenset({"States.Runtime", "States.DataLimitExceeded"}), "a retry does not help against"),
    "Catch": ("catch-uncatchable", frozenset({"States.Runtime"}), "no catcher gets"),
}
_HELP: Final = {
    "States.Runtime": "remove the name, and prevent the fault: it comes from a path or value that does not fit",
    "States.DataLimitExceeded": "remove the name, and pass large data through S3",
}


@rule("SFN311", "retry-unretriable", "catch-uncatchable", severity=Severity.WARNING)
def unretriable_error(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Retry", "Catch"):
        kind, lost, words = _LOST[entry.field]
        if entry.field == "Retry" and not retries(entry):
            continue
        for name in entry.names:
            if name in lost:
                place = entry.at("ErrorEquals", entry.body["ErrorEquals"].index(name))
                yield Finding(place, f"{words} `{name}`", _HELP[name], kind)
