"""Amazon SQS: `sqs:sendMessage` and `aws-sdk:sqs`. Calls name a queue by URL, policies by ARN."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic
from sfn_dsl.resources.iam.names import iam_action
from sfn_dsl.resources.iam.reference import resource_types

__all__ = ["sqs"]

_URL = re.compile(r"https?://[^/]+/(?P<account>\d{12})/(?P<name>.*)", re.S)
_REGION = re.compile(r"https?://(?:sqs\.(?P<new>[\w-]+)\.|(?P<old>[\w-]+)\.queue\.)")


@family("sqs")
def sqs(call: Call) -> Iterator[Need]:
    """Actions on the queue that `QueueUrl` names."""
    known = call.known("QueueUrl")
    action = iam_action("sqs", call.action)
    if not resource_types("sqs", action, call.target) or (known is None and call.known("QueueName") is None):
        yield from generic(call)
        return
    yield call.needs(action, on=_queue(call) if known else call.place("QueueName", ""))


def _queue(call: Call) -> Place:
    known = call.known("QueueUrl")
    match = _URL.fullmatch(known.start) if known else None
    if known is None or match is None:
        return Place(call.arn("*"), "`QueueUrl` is only known at run time")
    region = _REGION.match(known.start)
    place = (region["new"] or region["old"]) if region else call.target.region
    name = known.after(known.start[: match.start("name")]).pattern
    why = "" if known.text is not None else "`QueueUrl` is only known at run time"
    return Place(f"arn:{call.target.partition}:sqs:{place}:{match['account']}:{name}", why)
