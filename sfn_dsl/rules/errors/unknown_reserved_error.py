"""An error name that looks reserved, but is none of those that AWS raises.

Names that start with `States.` are reserved. A misspelt one is accepted, but never matches.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["States.TimeOut"]}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": ["State.ALL"]}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["States.Timeout", "States.Http.StatusCode.503"]}]}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import Severity, did_you_mean
from sfn_dsl.rules.errors.entries import entries
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_reserved_error"]

_KNOWN: Final = frozenset(
    {
        "States.ALL",
        "States.TaskFailed",
        "States.Timeout",
        "States.HeartbeatTimeout",
        "States.DataLimitExceeded",
        "States.Runtime",
        "States.Permissions",
        "States.QueryEvaluationError",
        "States.ExceedToleratedFailureThreshold",
        "States.ItemReaderFailed",
        "States.ResultWriterFailed",
        "States.Http.Socket",
        "States.BranchFailed",
        "States.NoChoiceMatched",
        "States.ParameterPathFailure",
        "States.ResultPathMatchFailure",
        "States.IntrinsicFailure",
    }
)
_STATUS: Final = "States.Http.StatusCode."


@rule("SFN310", "unknown-reserved-error", severity=Severity.WARNING)
def unknown_reserved_error(subject: Subject) -> Iterator[Finding]:
    raised = {state.body.get("Error") for state in subject.of_type("Fail") if isinstance(state.body.get("Error"), str)}
    for entry in entries(subject, "Retry", "Catch"):
        for index, name in enumerate(entry.body.get("ErrorEquals") or () if entry.names else ()):
            if not isinstance(name, str) or name in _KNOWN or name in raised or subject.is_open(name):
                continue
            if name.lower().startswith(("states.", "state.")) and not name.startswith(_STATUS):
                text = f"{shown(name)} is none of the reserved error names"
                help = did_you_mean(name, _KNOWN) or "give errors of your own names that do not start with `States.`"
                yield Finding(entry.at("ErrorEquals", index), text, help)
