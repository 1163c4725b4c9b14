"""A Resource that is the ARN of something a Task cannot run.

A Task runs a service integration (`arn:aws:states:::...`), an activity, or a Lambda function. A queue or a topic is named in the
parameters of an integration, not as `Resource`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:sqs:us-east-1:111122223333:orders", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:111122223333:activity:approve", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.services import actions, optimised_services
from sfn_dsl.diagnostic import Severity, did_you_mean
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import arn_of, resources
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["foreign_resource"]


@rule("SFN172", "task-foreign-resource", severity=Severity.WARNING)
def foreign_resource(subject: Subject) -> Iterator[Finding]:
    for state, text in resources(subject):
        arn = arn_of(text)
        if arn is None or arn.service in ("lambda", "states", "swf") or subject.is_open(arn.service):
            continue
        help = did_you_mean(arn.service, ("lambda", "states")) or "name it in the parameters of a service integration"
        if arn.service in optimised_services():
            help = f"call `arn:aws:states:::{arn.service}:{actions(arn.service)[0]}` and name it in `{_field(state.jsonata)}`"
        yield Finding(state.at("Resource"), f"a Task cannot run a resource of `{arn.service}`", help)


def _field(jsonata: bool) -> str:
    return "Arguments" if jsonata else "Parameters"
