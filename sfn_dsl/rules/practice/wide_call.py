"""A task that changes permissions, keys or accounts, or deletes a store of data.

Such a call is rarely what a pipeline is for, and the role of the machine needs a permission that can do much harm. Where it is
meant, let the role name the resources it may touch and add conditions.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:iam:attachRolePolicy", "Parameters": {"RoleName": "r",
     "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:deleteBucket", "Parameters": {"Bucket": "b"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:iam:getRole", "Parameters": {"RoleName": "r"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.results import call_of
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["wide_call"]

SERVICES = ("iam", "organizations", "account", "ssoadmin")
READING = ("get", "list", "describe", "simulate", "generate")
CALLS = {
    "s3:deletebucket": "deletes a store of data",
    "s3:putbucketpolicy": "changes permissions",
    "s3:deletebucketpolicy": "changes permissions",
    "s3:putbucketacl": "changes permissions",
    "s3:deletepublicaccessblock": "changes permissions",
    "kms:putkeypolicy": "changes permissions",
    "kms:schedulekeydeletion": "deletes a key",
    "secretsmanager:deletesecret": "deletes a secret",
    "dynamodb:deletetable": "deletes a store of data",
    "rds:deletedbcluster": "deletes a store of data",
    "rds:deletedbinstance": "deletes a store of data",
    "redshift:deletecluster": "deletes a store of data",
    "lambda:addpermission": "changes permissions",
}


@rule("SFN702", "wide-call", severity=Severity.INFO, practice=True)
def wide_call(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        call = call_of(state)
        service, _, action = call.partition(":")
        writes = service in SERVICES and action and not action.startswith(READING)
        what = CALLS.get(call) or ("changes permissions or accounts" if writes else "")
        if what:
            yield Finding(
                state.at("Resource"),
                f"`{state.name}` {what} (`{call}`)",
                "give the role of the machine just the resources it may touch",
            )
