"""A catcher of `States.ALL` on an outermost state, which keeps it from being redriven.

RedriveExecution continues a failed execution at the state that failed. Where a catcher has taken the error, the execution went on
in the handler: it either succeeded or failed there, and a redrive does not repeat the work that failed. One finding per handler.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]}, "Z": {"Type": "Fail"}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Catch": [{"ErrorEquals": ["NoData"], "Next": "Z"}]}, "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.entries import ALL, entries
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["catch_all_defeats_redrive"]


@rule("SFN313", "catch-all-defeats-redrive", severity=Severity.INFO, practice=True)
def catch_all_defeats_redrive(subject: Subject) -> Iterator[Finding]:
    # Who declares a pipeline has chosen by `failure_mode`.
    if subject.ours:
        return
    handlers: set[str] = set()
    for entry in entries(subject, "Catch") if subject.type != "EXPRESS" else ():
        handler = entry.body.get("Next")
        if entry.state.scope.parent is not None or ALL not in entry.names or not isinstance(handler, str) or handler in handlers:
            continue
        handlers.add(handler)
        text = f"failures that go to `{handler}` cannot be continued with RedriveExecution"
        yield Finding(entry.pointer, text, "catch only the errors that the handler can handle")
