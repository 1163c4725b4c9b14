"""Who may send to a queue of ours, and that nobody does so without TLS."""

from __future__ import annotations

from collections.abc import Iterable

from sfn_dsl.resources.model import Arn, Queue, QueuePolicy, Rule, Text, Url, Value

__all__ = ["from_rules", "from_topic", "queue_policy"]


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


def from_topic(queue: Queue, topic_arn: Text) -> dict[str, Value]:
    """A topic may send."""
    return _from("Topic", "sns", queue, topic_arn)


def _from(sid: str, service: str, queue: Queue, source: Value) -> dict[str, Value]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": Arn(queue.id),
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
