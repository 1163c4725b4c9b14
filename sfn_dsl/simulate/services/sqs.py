"""SQS in memory: standard and FIFO queues, visibility on the caller's clock, dead-letter queues."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.message_attributes import message_text
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.services.sqs_messages import (
    Message,
    Queue,
    check_body,
    check_delay,
    check_visibility,
    content_id,
    invalid_value,
    missing,
    received,
    sent,
    unfit,
)

__all__ = ["SQS", "Message", "Queue"]

_DEDUPLICATION_SECONDS = 300
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_URL = re.compile(r"https://(?:sqs\.[^./]+|queue)\.[^/]+/([^/]+)/([^/]+)")


class SQS:
    """The queues of one account and Region. `uuid` makes ids of messages and receipts."""

    operations: ClassVar[frozenset[str]] = frozenset(
        {
            "ChangeMessageVisibility",
            "DeleteMessage",
            "DeleteMessageBatch",
            "GetQueueAttributes",
            "GetQueueUrl",
            "PurgeQueue",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
        }
    )

    def __init__(self, *, region: str, account: str, uuid: Callable[[], str], partition: str = "aws") -> None:
        self.region = region
        self.account = account
        self.queues: dict[str, Queue] = {}
        self._uuid = uuid
        self._partition = partition
        self._sequence = 18_800_000_000_000_000_000

    def create_queue(
        self,
        name: str,
        *,
        visibility_timeout: float = 30,
        delay: float = 0,
        retention: float = 345_600,
        content_based_deduplication: bool = False,
        dead_letter_queue: str | None = None,
        maximum_receives: int = 0,
        now: float = 0,
    ) -> Queue:
        """A new queue, FIFO when its name ends in `.fifo`; `dead_letter_queue` names a queue. Raises ValueError."""
        if not _NAME.fullmatch(name) or name in self.queues:
            raise ValueError(f"{name} is not a name for a new queue")
        if (dead_letter_queue is None) != (maximum_receives < 1):
            raise ValueError("a dead-letter queue goes with a maximum number of receives")
        suffix = "amazonaws.com.cn" if self._partition == "aws-cn" else "amazonaws.com"
        queue = Queue(
            name,
            f"https://sqs.{self.region}.{suffix}/{self.account}/{name}",
            f"arn:{self._partition}:sqs:{self.region}:{self.account}:{name}",
            name.endswith(".fifo"),
            visibility_timeout,
            delay,
            retention,
            content_based_deduplication=content_based_deduplication,
            dead_letter_queue=dead_letter_queue,
            maximum_receives=maximum_receives,
            created=now,
        )
        self.queues[name] = queue
        return queue

    def call(self, operation: str, arguments: Mapping[str, Json], now: float) -> Json:
        """Answer an API call at `now` (epoch seconds). Raises ServiceError."""
        if operation == "GetQueueUrl":
            return {"QueueUrl": self._named(str(arguments.get("QueueName"))).url}
        if operation not in self.operations:
            raise ServiceError("NotSimulated", f"The operation {operation} of SQS is not simulated")
        queue = self.queue(arguments.get("QueueUrl"))
        queue.expire(now)
        match operation:
            case "SendMessage":
                return self.send(queue, arguments, now)
            case "SendMessageBatch":
                return _batch(arguments, lambda entry: self.send(queue, entry, now))
            case "ReceiveMessage":
                return self._receive(queue, arguments, now)
            case "DeleteMessage":
                return _delete(queue, arguments)
            case "DeleteMessageBatch":
                return _batch(arguments, lambda entry: _delete(queue, entry))
            case "ChangeMessageVisibility":
                return _change_visibility(queue, arguments, now)
            case "PurgeQueue":
                queue.messages.clear()
                return {}
        return {"Attributes": self._attributes(queue, arguments, now)}

    def queue(self, url: Json) -> Queue:
        """The queue of a URL. Raises ServiceError."""
        if url is None:
            raise missing("QueueUrl")
        text = str(url)
        found = _URL.fullmatch(text)
        if found is None:
            if "/" not in text:
                raise ServiceError("InvalidAddress", f"The address {text} is not valid for this endpoint.", status=404)
            host = urlsplit(text).netloc
            if not re.fullmatch(r".+\.amazonaws\.com(\.cn)?", host):
                # Recorded: a host that nobody knows is the client's error; there is no answer, hence no status.
                message = f"Unable to execute HTTP request: {host}: Name or service not known"
                raise ServiceError("SdkClientException", message, status=0)
            return self._named("")
        return self._named(found[2] if found[1] == self.account else "")

    def _named(self, name: str) -> Queue:
        if name not in self.queues:
            raise ServiceError("QueueDoesNotExist", "The specified queue does not exist.")
        return self.queues[name]

    def send(self, queue: Queue, arguments: Mapping[str, Json], now: float) -> dict[str, Json]:
        """Put a message into a queue, as SendMessage does; its answer. Raises ServiceError."""
        if arguments.get("MessageBody") is None:
            raise missing("MessageBody")
        body = message_text(arguments["MessageBody"])
        attributes = arguments.get("MessageAttributes") or {}
        check_body(queue, body, attributes)
        delay = arguments.get("DelaySeconds")
        check_delay(queue, delay)
        group, deduplication_id = arguments.get("MessageGroupId"), arguments.get("MessageDeduplicationId")
        if queue.fifo:
            if group is None:
                raise missing("MessageGroupId")
            deduplication_id = deduplication_id or content_id(queue, body)
            earlier = queue.sent_ids.get(deduplication_id)
            if earlier is not None and now - earlier[0] < _DEDUPLICATION_SECONDS:
                return sent(earlier[1])
        elif deduplication_id is not None:
            raise unfit("MessageDeduplicationId", deduplication_id)
        visible = now + (queue.delay if delay is None else delay)
        message = Message(self._uuid(), body, attributes, now, visible, group, deduplication_id)
        if queue.fifo:
            self._sequence += 256
            message.sequence = str(self._sequence)
            queue.sent_ids[str(deduplication_id)] = (now, message)
        queue.add(message)
        return sent(message)

    def _receive(self, queue: Queue, arguments: Mapping[str, Json], now: float) -> Json:
        most = arguments.get("MaxNumberOfMessages", 1)
        if not 1 <= most <= 10:
            raise invalid_value(
                f"Value {most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
            )
        timeout = arguments.get("VisibilityTimeout", queue.visibility_timeout)
        check_visibility(timeout)
        taken: list[Message] = []
        blocked = {message.group for message in queue.messages if queue.fifo and message.received and message.visible > now}
        for message in list(queue.messages):
            if len(taken) == most:
                break
            if message.visible > now or (queue.fifo and message.group in blocked):
                if queue.fifo:
                    blocked.add(message.group)
                continue
            if queue.dead_letter_queue is not None and message.received >= queue.maximum_receives:
                self._bury(queue, message)
                continue
            message.received += 1
            message.first_received = now if message.first_received is None else message.first_received
            message.visible = now + timeout
            message.receipt = self._uuid()
            taken.append(message)
        return {"Messages": [received(message, self.account, arguments) for message in taken]} if taken else {}

    def _bury(self, queue: Queue, message: Message) -> None:
        """Move a message that was received too often; it keeps its id and its age."""
        queue.messages.remove(message)
        message.received, message.first_received, message.receipt = 0, None, ""
        self._named(str(queue.dead_letter_queue)).add(message)

    def _attributes(self, queue: Queue, arguments: Mapping[str, Json], now: float) -> dict[str, Json]:
        waiting = [message for message in queue.messages if message.visible > now]
        flying = sum(message.received > 0 for message in waiting)
        known: dict[str, Json] = {
            "ApproximateNumberOfMessages": str(len(queue.messages) - len(waiting)),
            "ApproximateNumberOfMessagesDelayed": str(len(waiting) - flying),
            "ApproximateNumberOfMessagesNotVisible": str(flying),
            "CreatedTimestamp": str(int(queue.created)),
            "DelaySeconds": str(int(queue.delay)),
            "LastModifiedTimestamp": str(int(queue.created)),
            "MaximumMessageSize": str(queue.maximum_size),
            "MessageRetentionPeriod": str(int(queue.retention)),
            "QueueArn": queue.arn,
            "ReceiveMessageWaitTimeSeconds": "0",
            "SqsManagedSseEnabled": "true",
            "VisibilityTimeout": str(int(queue.visibility_timeout)),
        }
        if queue.fifo:
            known |= {"ContentBasedDeduplication": str(queue.content_based_deduplication).lower(), "FifoQueue": "true"}
        if queue.dead_letter_queue is not None:
            arn = self._named(queue.dead_letter_queue).arn
            known["RedrivePolicy"] = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{queue.maximum_receives}}}'
        names = arguments.get("AttributeNames") or []
        unknown = [name for name in names if name not in known and name not in ("All", "RedrivePolicy", "FifoQueue", "Policy")]
        if unknown:
            raise ServiceError("InvalidAttributeName", f"Unknown Attribute {unknown[0]}.")
        return known if "All" in names else {name: known[name] for name in names if name in known}


def _by_receipt(queue: Queue, arguments: Mapping[str, Json]) -> Message | None:
    receipt = arguments.get("ReceiptHandle")
    if receipt is None:
        raise missing("ReceiptHandle")
    return next((message for message in queue.messages if message.receipt and message.receipt == receipt), None)


def _delete(queue: Queue, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """A message whose handle is unknown or out of date is not there any more, which is no error."""
    message = _by_receipt(queue, arguments)
    if message is not None:
        queue.messages.remove(message)
    return {}


def _change_visibility(queue: Queue, arguments: Mapping[str, Json], now: float) -> Json:
    timeout = arguments.get("VisibilityTimeout")
    if timeout is None:
        raise missing("VisibilityTimeout")
    check_visibility(timeout)
    message = _by_receipt(queue, arguments)
    if message is None or message.visible <= now:
        raise invalid_value(
            f"Value {arguments['ReceiptHandle']} for parameter ReceiptHandle is invalid. "
            "Reason: Message does not exist or is not available for visibility timeout change."
        )
    message.visible = now + timeout
    return {}


def _batch(arguments: Mapping[str, Json], act: Callable[[Mapping[str, Json]], dict[str, Json]]) -> Json:
    entries = arguments.get("Entries") or []
    if not entries:
        raise ServiceError("EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request.")
    if len(entries) > 10:
        raise ServiceError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are 10. You have sent {len(entries)}.",
        )
    ids = [entry.get("Id") for entry in entries]
    repeated = next((id_ for number, id_ in enumerate(ids) if id_ in ids[:number]), None)
    if repeated is not None:
        raise ServiceError("BatchEntryIdsNotDistinct", f"Id {repeated} repeated.")
    done: list[Json] = []
    failed: list[Json] = []
    for entry in entries:
        try:
            done.append({"Id": entry.get("Id"), **act(entry)})
        except ServiceError as failure:
            failed.append({"Code": failure.code, "Id": entry.get("Id"), "Message": failure.message, "SenderFault": True})
    return {"Successful": done, "Failed": failed} if failed else {"Successful": done}
