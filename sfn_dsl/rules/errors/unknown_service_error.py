"""An error name of the called service that the called action cannot raise.

Errors of a service are `<service>.<error>`, such as `Glue.ConcurrentRunsExceededException`; of errors without that ending Step
Functions makes one. AWS accepts a name that does not exist, but it never matches.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": true,
           "Retry": [{"ErrorEquals": ["Glue.EntityNotFoundExcption"]}]}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {"TableName": "t", "Key": {}},
           "End": true,
           "Retry": [{"ErrorEquals": ["DynamoDB.ProvisionedThroughputExceeded"]}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": true,
           "Retry": [{"ErrorEquals": ["Glue.ConcurrentRunsExceededException", "Glue.ThrottlingException", "MyError"]}]}}
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from sfn_dsl.asl.services import Integration, Pattern, Resource
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.calls import call_of, catalogued
from sfn_dsl.rules.errors.entries import entries_of
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_service_error"]

_NEAR: Final = 0.85
# Errors that any AWS service, or the client that Step Functions calls it with, may raise besides those of its API model.
_COMMON: Final = (
    "AccessDenied",
    "Client",
    "ExpiredToken",
    "IncompleteSignature",
    "Internal",
    "InternalError",
    "InternalFailure",
    "InternalServer",
    "InternalServerError",
    "InternalService",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidParameter",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "InvalidRequest",
    "LimitExceeded",
    "MalformedQueryString",
    "MissingAction",
    "MissingAuthenticationToken",
    "MissingParameter",
    "NotAuthorized",
    "OperationTimeout",
    "OptInRequired",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ResourceNotFound",
    "SdkClient",
    "Server",
    "Service",
    "ServiceQuotaExceeded",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "SlowDown",
    "Throttled",
    "Throttling",
    "TooManyRequests",
    "UnrecognizedClient",
    "Validation",
    "ValidationError",
)
_LAMBDA: Final = ("AWSLambdaException", "ClientExecutionTimeoutException", "Unknown")


@rule("SFN312", "unknown-service-error", severity=Severity.WARNING)
def unknown_service_error(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        call = call_of(state)
        if call is None or call.service in ("http", "apigateway"):
            continue
        for entry in [*entries_of(state, "Retry"), *entries_of(state, "Catch")]:
            for name in entry.names:
                if subject.is_open(name) or "." not in name or name.startswith("States."):
                    continue
                found = _better(call, name)
                if found is not None:
                    place = entry.at("ErrorEquals", entry.body["ErrorEquals"].index(name))
                    help = f"did you mean `{found}`?" if found else "see the errors of this action in the service's API reference"
                    yield Finding(place, f"`{call.service}:{call.action}` does not raise {shown(name)}", help)


@functools.lru_cache(maxsize=1024)
def _better(call: Resource, name: str) -> str | None:
    """What the name should be, empty where nothing is near; None where the action may raise it, or nothing is known."""
    entry = catalogued(call)
    prefix, _, error = name.partition(".")
    if entry is None or prefix.lower() != entry.prefix.lower() or not entry.errors:
        return None
    known = _errors_of(entry)
    # Recorded on AWS: Step Functions itself says that a bus has refused an entry.
    if name == "EventBridge.FailedEntry" and (call.service, call.action) == ("events", "putEvents"):
        return None
    if name in known or error.lower() == f"{prefix}Exception".lower() or error.startswith("Amazon"):
        return None
    folded = {one.lower(): one for one in known}
    near = get_close_matches(name.lower(), list(folded), n=1, cutoff=_NEAR)
    if near:
        return folded[near[0]]
    return "" if call.pattern in (Pattern.REQUEST_RESPONSE, Pattern.CALLBACK) else None


def _errors_of(entry: Integration) -> frozenset[str]:
    common = [f"{word}Exception" for word in _COMMON]
    more = _LAMBDA if entry.prefix == "Lambda" else ("UnknownException", "Unknown")
    return frozenset({*entry.errors, *(f"{entry.prefix}.{word}" for word in (*common, *more))})
