"""A Resource that names a service Step Functions does not know.

AWS refuses it: "The resource provided ... is not recognized". `aws-sdk` services have the names of AWS SDK for Java, for instance
`cloudwatchlogs` and not `logs`, `sfn` and not `states`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::foo:bar", "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s33:listBuckets", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets", "Parameters": {}, "End": true}}
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from sfn_dsl.asl.services import actions, optimised_services, sdk_services, unmodelled_services
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import Call, calls
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_service"]

# Names of botocore and of ARNs for services that the SDK for Java, and so Step Functions, calls otherwise.
_OTHER_NAMES = {
    "ce": "costexplorer",
    "cognitoidp": "cognitoidentityprovider",
    "dms": "databasemigration",
    "elasticmapreduce": "emr",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancingv2",
    "es": "elasticsearch",
    "events": "eventbridge",
    "logs": "cloudwatchlogs",
    "states": "sfn",
    "stepfunctions": "sfn",
}


@rule("SFN173", "task-unknown-service", "task-unknown-sdk-service", aws_code="SCHEMA_VALIDATION_FAILED")
def unknown_service(subject: Subject) -> Iterator[Finding]:
    for call in calls(subject):
        if call.sdk and _is_unknown(call.service):
            help = _suggestion(call.service)
            message = f"there is no `aws-sdk` service `{call.service}`"
            yield Finding(call.resource_pointer, message, help, "task-unknown-sdk-service")
        elif not call.sdk and call.service not in optimised_services():
            message = f"there is no optimised integration with a service `{call.service}`"
            yield Finding(call.resource_pointer, message, _optimised(call), "task-unknown-service")


def _optimised(call: Call) -> str:
    if call.service == "stateMachine":
        return "call `arn:aws:states:::states:startExecution` and name the state machine in `StateMachineArn`"
    sdk = _OTHER_NAMES.get(call.service, call.service)
    if not _is_unknown(sdk) and call.action in _actions(sdk):
        return f"use `arn:aws:states:::aws-sdk:{sdk}:{call.action}`"
    return did_you_mean(call.service, optimised_services())


def _suggestion(service: str) -> str:
    other = _OTHER_NAMES.get(service.lower().replace("-", ""), service.lower().replace("-", ""))
    return f"write `{other}`" if not _is_unknown(other) else did_you_mean(service, sdk_services())


@functools.lru_cache(maxsize=256)
def _actions(service: str) -> tuple[str, ...]:
    try:
        return actions(service, sdk=True)
    except LookupError:
        return ()


@functools.lru_cache(maxsize=256)
def _is_unknown(service: str) -> bool:
    """False also where botocore is missing: nothing is known then."""
    try:
        return service not in sdk_services() and service not in unmodelled_services()
    except LookupError:
        return False
