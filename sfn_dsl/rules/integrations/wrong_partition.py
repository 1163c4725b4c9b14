"""A Resource of a partition that is not there, or not the one the machine runs in.

The partition is `aws`, `aws-cn` in China, `aws-us-gov` in GovCloud; calls never leave it. AWS refuses the `Resource`: "the resource
is not available in this region".

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aw:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}
Fails (us-east-1):
    {"A": {"Type": "Task", "Resource": "arn:aws-cn:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws-cn:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}
Passes (us-east-1):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import arn_of, resources
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["wrong_partition"]

_KNOWN = ("aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov")
# Newer partitions are named alike. Text with other characters stands for a partition that is filled in later.
_LIKELY = re.compile(r"aws(-[a-z]+)*")
_NAME = re.compile(r"[A-Za-z0-9-]+")


@rule("SFN601", "arn-wrong-partition", aws_code="SCHEMA_VALIDATION_FAILED")
def wrong_partition(subject: Subject) -> Iterator[Finding]:
    for state, text in resources(subject):
        arn = arn_of(text)
        if arn is None or not _NAME.fullmatch(arn.partition):
            continue
        pointer = state.at("Resource")
        if not _LIKELY.fullmatch(arn.partition):
            yield Finding(pointer, f"there is no partition `{arn.partition}`", did_you_mean(arn.partition, _KNOWN) or "use `aws`")
        elif subject.place is not None and arn.partition != subject.place.partition:
            message = f"`{text[:120]}` is of the partition `{arn.partition}`, and the machine runs in `{subject.place.partition}`"
            yield Finding(pointer, message, f"write `arn:{subject.place.partition}:...`")
