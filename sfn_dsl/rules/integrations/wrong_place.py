"""The ARN of a resource in another Region, partition or account than the one the machine runs in.

Step Functions never calls across Regions or partitions. Calls across accounts need `Credentials`, or a policy of the resource that
allows them (functions and topics have one; state machines, activities, jobs and containers do not).

Fails (us-east-1):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Parameters": {"FunctionName": "arn:aws:lambda:eu-west-1:111122223333:function:f"}}}
Fails (us-east-1):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true,
           "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:444455556666:stateMachine:m"}}}
Passes (us-east-1):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:111122223333:function:f"}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Parameters": {"FunctionName": "arn:aws:lambda:eu-west-1:111122223333:function:f"}}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import Arn, arn_of, resources
from sfn_dsl.rules.integrations.named_resources import named_resources
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Place, State, Subject

__all__ = ["wrong_place"]

_REGION = re.compile(r"[a-z0-9-]+")
_ACCOUNT = re.compile(r"\d{12}")
_SHARED = frozenset({"lambda", "sns"})


@rule("SFN602", "arn-wrong-place", severity=Severity.WARNING)
def wrong_place(subject: Subject) -> Iterator[Finding]:
    place = subject.place
    if place is None:
        return
    for state, text in resources(subject):
        arn = arn_of(text)
        if arn is not None and (wrong := _wrong(state, arn, place, partition=False)):
            yield Finding(state.at("Resource"), *wrong)
    for one in named_resources(subject):
        arn = arn_of(one.text)
        if arn is not None and (wrong := _wrong(one.call.state, arn, place, partition=True)):
            yield Finding(one.pointer, *wrong)


def _wrong(state: State, arn: Arn, place: Place, *, partition: bool) -> tuple[str, str] | None:
    if partition and _REGION.fullmatch(arn.partition) and arn.partition != place.partition:
        return (
            f"the ARN is of the partition `{arn.partition}`, and the machine runs in `{place.partition}`",
            "use the same partition",
        )
    if _REGION.fullmatch(arn.region) and arn.region != place.region:
        return f"the ARN is of the Region `{arn.region}`, and the machine runs in `{place.region}`", "use a resource of its Region"
    other = _ACCOUNT.fullmatch(arn.account) and arn.account != place.account
    if other and arn.service not in _SHARED and "Credentials" not in state.body:
        message = f"the ARN is of the account `{arn.account}`, and the machine runs in `{place.account}`"
        return message, "set `Credentials` to assume a role of that account"
    return None
