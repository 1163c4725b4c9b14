"""Who may send to a queue of ours, and that nobody does so without TLS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sfn_dsl.region import REGIONS, parse_arn
from sfn_dsl.resources.model import Arn, Queue, QueuePolicy, Rule, Url, Value

__all__ = ["from_rules", "from_topic", "queue_policy"]

_EVERYWHERE: Final = (
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1"),
    *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"),
    *("sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)
"""Regions that every account has: those from before 2019-03-20."""


def queue_policy(id: str, queue: Queue, *statements: dict[str, Value]) -> QueuePolicy:
    """The policy of a queue of the same template: the statements, and TLS for all."""
    tls: dict[str, Value] = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": Arn(queue.id),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document: dict[str, Value] = {"Version": "2012-10-17", "Statement": [*statements, tls]}
    return QueuePolicy(id=id, queues=(Url(queue.id),), document=document)


def from_rules(queue: Queue, rules: Iterable[Rule]) -> dict[str, Value]:
    """Exactly these rules of the same template may send."""
    return _from("Rules", "events", queue, [Arn(rule.id) for rule in rules])


def from_topic(queue: Queue, topic_arn: str, region: str) -> dict[str, Value]:
    """A topic may send to a queue in a Region."""
    topic = parse_arn(topic_arn)
    return _from("Topic", _sender(region if topic is None else topic.region, region), queue, topic_arn)


def _sender(topic_region: str, region: str) -> str:
    """Who delivers from one Region to another: SNS has a name of its own in Regions that an account must opt in to (SNS Developer
    Guide, `sns-cross-region-delivery`)."""
    optional = [place for place in (region, topic_region) if REGIONS.get(place) == "aws" and place not in _EVERYWHERE]
    return "sns" if topic_region == region or not optional else f"sns.{optional[0]}"


def _from(sid: str, service: str, queue: Queue, source: Value) -> dict[str, Value]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": Arn(queue.id),
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
