"""A loop around a Wait that nothing ends but the answer that it waits for.

It has no counter, and the machine has no `TimeoutSeconds`.
If the answer never comes, the execution goes on until it is a year old or its history is full, and pays for every round.

Fails:
    {"Wait": {"Type": "Wait", "Seconds": 60, "Next": "Ask"},
     "Ask": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Next": "Done?"},
     "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.done", "BooleanEquals": true, "Next": "End"}], "Default": "Wait"},
     "End": {"Type": "Succeed"}}
Passes:
    {"StartAt": "Wait", "TimeoutSeconds": 3600, "States": {
      "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Ask"},
      "Ask": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Next": "Done?"},
      "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.done", "BooleanEquals": true, "Next": "End"}], "Default": "Wait"},
      "End": {"Type": "Succeed"}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.events import counter_of
from sfn_dsl.rules.limits.loops import runs_express, wait_loops
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["endless_loop"]


@rule("SFN705", "loop-without-timeout", severity=Severity.INFO, practice=True)
def endless_loop(subject: Subject) -> Iterator[Finding]:
    if "TimeoutSeconds" in subject.root:
        return
    for loop in wait_loops(subject):
        if loop.tasks and counter_of(loop) is None and not runs_express(subject, loop.wait):
            yield Finding(
                loop.wait.pointer,
                f"the loop {loop} has no counter, and the machine has no `TimeoutSeconds`: it may go on for a year",
                "set the machine's `TimeoutSeconds`",
            )
