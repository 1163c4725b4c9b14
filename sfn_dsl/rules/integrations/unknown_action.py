"""A Resource that names an action its service does not have.

AWS refuses it: "The resource provided ... is not recognized". Optimised integrations have few actions; all others are reached by
`aws-sdk`. Actions are in camelCase: `listBuckets` for the API's `ListBuckets`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:query", "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listBucketz", "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:ListBuckets", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets", "Parameters": {}, "End": true}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.asl.services import actions, optimised_services
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import Call, calls
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_action"]

_ACRONYM = re.compile(r"[A-Z]{2}")


@rule(
    "SFN174",
    "task-unknown-optimised-action",
    "task-unknown-sdk-action",
    "task-sdk-action-case",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def unknown_action(subject: Subject) -> Iterator[Finding]:
    for call in calls(subject):
        if call.sdk:
            if call.entry is None:
                yield from _sdk(call)
        elif call.service in optimised_services() and call.action not in actions(call.service):
            help = _colon(call) or did_you_mean(call.action, actions(call.service)) or _by_sdk(call)
            message = f"the optimised integration `{call.service}` has no action `{call.action}`"
            yield Finding(call.resource_pointer, message, help, "task-unknown-optimised-action")


def _sdk(call: Call) -> Iterator[Finding]:
    known = _known(call.service)
    if not known:
        return
    same = next((action for action in known if action.lower() == call.action.lower()), None)
    if same is None:
        help = _colon(call) or did_you_mean(call.action, known)
        message = f"the service `{call.service}` has no action `{call.action}`"
        yield Finding(call.resource_pointer, message, help, "task-unknown-sdk-action")
    elif call.action[:1] != same[:1] or not _ACRONYM.search(same):
        message = f"the action `{call.action}` of `{call.service}` is not in camelCase"
        yield Finding(call.resource_pointer, message, f"write `{same}`", "task-sdk-action-case")


def _colon(call: Call) -> str:
    action, colon, pattern = call.action.partition(":")
    return f"write `{action}.{pattern}`" if colon else ""


def _by_sdk(call: Call) -> str:
    service = {"states": "sfn", "elasticmapreduce": "emr", "events": "eventbridge"}.get(call.service, call.service.replace("-", ""))
    return f"use `arn:aws:states:::aws-sdk:{service}:{call.action}`" if call.action in _known(service) else ""


def _known(service: str) -> tuple[str, ...]:
    try:
        return actions(service, sdk=True)
    except LookupError:
        return ()
