"""SQS in the simulator: tables of calls and answers, and the same calls made to moto in process."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from service_calls import ACCOUNT, NOW, REGION, counter, failure, moto_clients, queues

URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/"


def test_sqs_visibility_and_dead_letters() -> None:
    sqs = queues()
    sent = sqs.call("SendMessage", {"QueueUrl": URL + "q", "MessageBody": {"k": "é"}}, NOW)
    assert sent == {"MD5OfMessageBody": hashlib.md5('{"k":"é"}'.encode()).hexdigest(), "MessageId": counter()()}
    url = {"QueueUrl": URL + "q", "AttributeNames": ["All"]}
    first = sqs.call("ReceiveMessage", url, NOW + 1)["Messages"][0]
    assert (first["Body"], first["Attributes"]["ApproximateReceiveCount"]) == ('{"k":"é"}', "1")
    assert sqs.call("ReceiveMessage", url, NOW + 30) == {}
    assert sqs.call("GetQueueAttributes", url, NOW + 30)["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert sqs.call("ReceiveMessage", url, NOW + 31)["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "2"
    assert sqs.call("ReceiveMessage", url, NOW + 62) == {}
    buried = sqs.call("ReceiveMessage", {"QueueUrl": URL + "dlq"}, NOW + 62)["Messages"][0]
    assert buried["MessageId"] == sent["MessageId"]
    sqs.call("DeleteMessage", {"QueueUrl": URL + "dlq", "ReceiptHandle": buried["ReceiptHandle"]}, NOW + 63)
    assert sqs.queues["dlq"].messages == []


def test_sqs_fifo_keeps_groups_in_order_and_drops_repeats() -> None:
    sqs = queues()
    for body, group, at in [("1", "a", 0), ("1", "a", 299), ("2", "a", 1), ("3", "b", 2)]:
        sqs.call("SendMessage", {"QueueUrl": URL + "f.fifo", "MessageBody": body, "MessageGroupId": group}, NOW + at)
    taken = sqs.call("ReceiveMessage", {"QueueUrl": URL + "f.fifo"}, NOW + 300)["Messages"]
    more = sqs.call("ReceiveMessage", {"QueueUrl": URL + "f.fifo", "MaxNumberOfMessages": 10}, NOW + 300)["Messages"]
    assert [message["Body"] for message in (*taken, *more)] == ["1", "3"]
    again = sqs.call("SendMessage", {"QueueUrl": URL + "f.fifo", "MessageBody": "1", "MessageGroupId": "a"}, NOW + 301)
    assert again["SequenceNumber"] > "18800000000000000000"
    assert len(sqs.queues["f.fifo"].messages) == 4


SQS_REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("SendMessage", {"QueueUrl": URL + "none", "MessageBody": "x"}, "QueueDoesNotExist", "The specified queue does not exist."),
    (
        "SendMessage",
        {"QueueUrl": "http://nobody.test/q", "MessageBody": "x"},
        "SdkClientException",
        "Unable to execute HTTP request: nobody.test: Name or service not known",
    ),
    ("SendMessage", {"QueueUrl": URL + "q"}, "MissingParameter", "The request must contain the parameter MessageBody."),
    (
        "SendMessage",
        {"QueueUrl": URL + "f.fifo", "MessageBody": "x"},
        "MissingParameter",
        "The request must contain the parameter MessageGroupId.",
    ),
    (
        "SendMessage",
        {"QueueUrl": URL + "g.fifo", "MessageBody": "x", "MessageGroupId": "g"},
        "InvalidParameterValue",
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    ),
    (
        "SendMessage",
        {"QueueUrl": URL + "q", "MessageBody": "x", "MessageDeduplicationId": "d"},
        "InvalidParameterValue",
        "Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.",
    ),
    (
        "SendMessage",
        {"QueueUrl": URL + "q", "MessageBody": "x", "DelaySeconds": 901},
        "InvalidParameterValue",
        "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
    ),
    ("SendMessage", {"QueueUrl": URL + "q", "MessageBody": "\x00"}, "InvalidMessageContents", "Invalid characters found."),
    ("SendMessageBatch", {"QueueUrl": URL + "q", "Entries": []}, "EmptyBatchRequest", "There should be at least one"),
    (
        "ReceiveMessage",
        {"QueueUrl": URL + "q", "VisibilityTimeout": 43201},
        "InvalidParameterValue",
        "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.",
    ),
]


@pytest.mark.parametrize(("operation", "arguments", "code", "message"), SQS_REFUSED, ids=[case[3][:50] for case in SQS_REFUSED])
def test_sqs_refuses(operation: str, arguments: dict[str, Any], code: str, message: str) -> None:
    found = failure(lambda: queues().call(operation, arguments, NOW))
    assert found[0] == code
    assert found[1].startswith(message)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_sqs_answers_as_moto() -> None:
    attributes = {"a": {"DataType": "String", "StringValue": "é"}, "b": {"DataType": "Binary", "BinaryValue": b"12"}}
    ours = {**attributes, "b": {"DataType": "Binary", "BinaryValue": base64.b64encode(b"12").decode()}}
    entries = [{"Id": "1", "MessageBody": "x"}, {"Id": "2", "MessageBody": "y", "DelaySeconds": 5}]
    with moto_clients("sqs") as (client,):
        url = client.create_queue(QueueName="q")["QueueUrl"]
        sent = client.send_message(QueueUrl=url, MessageBody="text", MessageAttributes=attributes)
        batch = client.send_message_batch(QueueUrl=url, Entries=entries)
        got = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
    sqs = queues()
    answer = sqs.call("SendMessage", {"QueueUrl": URL + "q", "MessageBody": "text", "MessageAttributes": ours}, NOW)
    for name in ("MD5OfMessageBody", "MD5OfMessageAttributes"):
        assert answer[name] == sent[name]
    many = sqs.call("SendMessageBatch", {"QueueUrl": URL + "q", "Entries": entries}, NOW)
    assert [sorted(entry) for entry in many["Successful"]] == [sorted(entry) for entry in batch["Successful"]]
    mine = sqs.call("ReceiveMessage", {"QueueUrl": URL + "q", "MessageAttributeNames": ["All"]}, NOW)["Messages"][0]
    assert {name: mine[name] for name in ("Body", "MD5OfBody", "MD5OfMessageAttributes")} == {
        name: got[name] for name in ("Body", "MD5OfBody", "MD5OfMessageAttributes")
    }
    assert sorted(mine) == sorted(got)
