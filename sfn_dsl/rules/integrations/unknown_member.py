"""A member inside a parameter that the API does not have, or that is not in PascalCase.

Members are in PascalCase at every depth: `ContainerOverrides[0].Environment[0].Name`. AWS takes such a definition and the call
fails, or the member is ignored.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob", "End": true,
           "Parameters": {"JobName": "j", "JobQueue": "q", "JobDefinition": "d", "RetryStrategy": {"attempts": 5}}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob", "End": true,
           "Parameters": {"JobName": "j", "JobQueue": "q", "JobDefinition": "d", "RetryStrategy": {"Attempts": 5}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.payload import faults
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_member"]


@rule("SFN178", "task-unknown-member", severity=Severity.WARNING)
def unknown_member(subject: Subject) -> Iterator[Finding]:
    yield from faults(subject).get("member", ())
