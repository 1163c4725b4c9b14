"""A literal that is not one of the values a parameter may have, or is out of its range.

The API has a list of values or bounds of a number. AWS takes such a definition; the call fails.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "End": true,
           "Parameters": {"TaskDefinition": "t", "LaunchType": "FARGAT"}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "End": true,
           "Parameters": {"TaskDefinition": "t", "LaunchType": "FARGATE"}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.payload import faults
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["parameter_value"]


@rule("SFN180", "task-parameter-value", severity=Severity.WARNING)
def parameter_value(subject: Subject) -> Iterator[Finding]:
    yield from faults(subject).get("value", ())
