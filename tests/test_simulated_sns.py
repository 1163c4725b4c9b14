"""SNS in the simulator: tables of calls and answers, and the same calls made to moto in process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from service_calls import ACCOUNT, NOW, REGION, counter, failure, queues

from sfn_dsl.simulate.services.sns import SNS, Notification
from sfn_dsl.simulate.services.sqs import SQS

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:t"
ATTRIBUTES = {"kind": {"DataType": "String", "StringValue": "load"}, "rows": {"DataType": "Number", "StringValue": "7"}}


def topics() -> tuple[SNS, SQS, list[Notification]]:
    sns, sqs = SNS(region=REGION, account=ACCOUNT, uuid=counter()), queues()
    heard: list[Notification] = []
    sns.create_topic("t")
    sns.create_topic("t.fifo")
    sns.create_topic("c.fifo", content_based_deduplication=True)
    return sns, sqs, heard


@pytest.mark.parametrize(
    ("policy", "scope", "told"),
    [
        (None, "MessageAttributes", True),
        ({"kind": ["load"], "rows": [{"numeric": [">", 5]}]}, "MessageAttributes", True),
        ({"kind": [{"anything-but": ["load"]}]}, "MessageAttributes", False),
        ({"nothing": [{"exists": False}]}, "MessageAttributes", True),
        ({"state": {"is": [{"prefix": "FAIL"}]}}, "MessageBody", True),
        ({"state": {"is": ["OK"]}}, "MessageBody", False),
    ],
)
def test_sns_tells_whom_the_policy_lets(policy: Any, scope: str, told: bool) -> None:
    sns, sqs, heard = topics()
    sns.subscribe("t", heard.append, filter_policy=policy, filter_scope=scope)
    sns.subscribe_queue(TOPIC, sqs, "q")
    sns.subscribe_queue("t", sqs, "dlq", raw=True)
    message = {"state": {"is": "FAILED"}}
    answer = sns.call("Publish", {"TopicArn": TOPIC, "Message": message, "Subject": "s", "MessageAttributes": ATTRIBUTES}, NOW)
    assert [notification.id for notification in heard] == ([answer["MessageId"]] if told else [])
    envelope = json.loads(sqs.queues["q"].messages[0].body)
    assert {name: envelope[name] for name in ("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp")} == {
        "Type": "Notification",
        "MessageId": answer["MessageId"],
        "TopicArn": TOPIC,
        "Subject": "s",
        "Message": '{"state":{"is":"FAILED"}}',
        "Timestamp": "2023-11-14T22:13:20.000Z",
    }
    assert envelope["MessageAttributes"]["rows"] == {"Type": "Number", "Value": "7"}
    assert (sqs.queues["dlq"].messages[0].body, sqs.queues["dlq"].messages[0].attributes) == (
        '{"state":{"is":"FAILED"}}',
        ATTRIBUTES,
    )


def test_sns_fifo_and_structured_messages() -> None:
    sns, sqs, _ = topics()
    sns.subscribe_queue("c.fifo", sqs, "f.fifo", raw=True)
    arguments = {"TopicArn": TOPIC[:-1] + "c.fifo", "Message": "m", "MessageGroupId": "g"}
    first, second = (sns.call("Publish", arguments, NOW + at) for at in (0, 299))
    assert first == second
    assert len(sqs.queues["f.fifo"].messages) == 1
    sns.subscribe_queue("t", sqs, "q", raw=True)
    both = json.dumps({"default": "d", "sqs": "for queues"})
    sns.call("Publish", {"TopicArn": TOPIC, "Message": both, "MessageStructure": "json"}, NOW)
    assert sqs.queues["q"].messages[0].body == "for queues"
    batch = [{"Id": "1", "Message": "x"}, {"Id": "2", "Message": ""}]
    answer = sns.call("PublishBatch", {"TopicArn": TOPIC, "PublishBatchRequestEntries": batch}, NOW)
    assert [entry["Id"] for entry in answer["Successful"]] == ["1"]
    assert answer["Failed"] == [
        {"Code": "InvalidParameter", "Id": "2", "Message": "Invalid parameter: Empty message", "SenderFault": True}
    ]


SNS_REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"TopicArn": TOPIC + "x", "Message": "m"}, "NotFound", "Topic does not exist"),
    (
        {"TopicArn": TOPIC[:-1] + "t.fifo", "Message": "m"},
        "InvalidParameter",
        "Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
    ),
    (
        {"TopicArn": TOPIC[:-1] + "t.fifo", "Message": "m", "MessageGroupId": "g"},
        "InvalidParameter",
        "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    ),
    (
        {"TopicArn": TOPIC, "Message": "m", "MessageDeduplicationId": "g"},
        "InvalidParameter",
        "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
    ),
    ({"TopicArn": TOPIC, "Message": "m" * 262_145}, "InvalidParameter", "Invalid parameter: Message too long"),
    ({"Message": "m"}, "InvalidParameter", "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"),
    (
        {"TopicArn": TOPIC, "Message": "{}", "MessageStructure": "json"},
        "InvalidParameter",
        "Invalid parameter: Message Structure - No default entry in JSON message body",
    ),
]


@pytest.mark.parametrize(("arguments", "code", "message"), SNS_REFUSED, ids=[case[2][:60] for case in SNS_REFUSED])
def test_sns_refuses(arguments: dict[str, Any], code: str, message: str) -> None:
    sns, _, _ = topics()
    assert failure(lambda: sns.call("Publish", arguments, NOW)) == (code, message)
