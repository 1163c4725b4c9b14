"""Amazon SNS: `sns:publish` and `aws-sdk:sns`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["sns"]


@family("sns")
def sns(call: Call) -> Iterator[Need]:
    """Publishing on the topic, platform endpoint or, for a text message, on `*`, which no ARN names."""
    if call.action not in ("publish", "publishBatch"):
        yield from generic(call)
        return
    if call.known("TopicArn") is None and call.known("TargetArn") is None and call.known("PhoneNumber") is not None:
        yield Need(actions=("sns:Publish",), resources=("*",), why="a phone number has no ARN")
        return
    argument = "TopicArn" if call.known("TopicArn") or not call.known("TargetArn") else "TargetArn"
    yield call.needs("Publish", on=call.place(argument, ""))
