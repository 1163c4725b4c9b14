"""SQS's queues and messages: what they hold, what is refused, how sent and received messages are told."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.message_attributes import attributes_digest, attributes_size
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = [
    "Message",
    "Queue",
    "check_body",
    "check_delay",
    "check_visibility",
    "content_id",
    "invalid_value",
    "missing",
    "received",
    "sent",
    "unfit",
]

_MAXIMUM_VISIBILITY = 43_200
_UNFIT_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Message:
    """A message. `visible` is the time (epoch seconds) from which it can be received, `receipt` the latest handle."""

    id: str
    body: str
    attributes: Mapping[str, Mapping[str, Json]]
    sent: float
    visible: float
    group: str | None = None
    deduplication_id: str | None = None
    sequence: str | None = None
    received: int = 0
    first_received: float | None = None
    receipt: str = ""


@dataclass(slots=True)
class Queue:
    """A queue's settings (seconds, bytes) and its messages, oldest first. `arrived` is called when a message comes in."""

    name: str
    url: str
    arn: str
    fifo: bool
    visibility_timeout: float = 30
    delay: float = 0
    retention: float = 345_600
    maximum_size: int = 1_048_576
    content_based_deduplication: bool = False
    dead_letter_queue: str | None = None
    maximum_receives: int = 0
    created: float = 0
    messages: list[Message] = field(default_factory=list)
    arrived: Callable[[], None] | None = None
    # Of FIFO queues: when a deduplication id was sent, and the answer it got.
    sent_ids: dict[str, tuple[float, Message]] = field(default_factory=dict)

    def add(self, message: Message) -> None:
        """Put a message at the end."""
        self.messages.append(message)
        if self.arrived is not None:
            self.arrived()

    def expire(self, now: float) -> None:
        """Drop what was kept for longer than the retention period."""
        self.messages = [message for message in self.messages if message.sent + self.retention > now]


def missing(name: str) -> ServiceError:
    """A required parameter is not there."""
    return ServiceError("MissingParameter", f"The request must contain the parameter {name}.")


def invalid_value(message: str) -> ServiceError:
    """A parameter has a value that it cannot have."""
    return ServiceError("InvalidParameterValue", message)


def unfit(name: str, value: Json) -> ServiceError:
    """A parameter is not for this type of queue."""
    reason = "The request include parameter that is not valid for this queue type."
    return invalid_value(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def check_body(queue: Queue, body: str, attributes: Mapping[str, Mapping[str, Json]]) -> None:
    """Refuse a message that is empty, too large or has characters or attributes that SQS does not take. Raises ServiceError."""
    if not body:
        raise missing("MessageBody")
    if _UNFIT_CHARACTERS.search(body):
        raise ServiceError(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | "
            "#x10000 to #x10FFFF",
        )
    if len(body.encode()) + attributes_size(attributes) > queue.maximum_size:
        raise invalid_value(f"One or more parameters are invalid. Reason: Message must be shorter than {queue.maximum_size} bytes.")
    for name, attribute in attributes.items():
        if not attribute.get("DataType"):
            raise invalid_value(f"The message attribute '{name}' must contain non-empty message attribute type.")
        if not attribute.get("StringValue") and not attribute.get("BinaryValue"):
            kind = attribute["DataType"]
            raise invalid_value(
                f"The message attribute '{name}' must contain non-empty message attribute value "
                f"for message attribute type '{kind}'."
            )


def check_delay(queue: Queue, delay: Json) -> None:
    """Refuse a delay (seconds) out of range or for a FIFO queue. Raises ServiceError."""
    if delay is None:
        return
    if queue.fifo and delay:
        raise unfit("DelaySeconds", delay)
    if not 0 <= delay <= 900:
        raise invalid_value(f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.")


def check_visibility(timeout: Json) -> None:
    """Refuse a visibility timeout (seconds) out of range. Raises ServiceError."""
    if not 0 <= timeout <= _MAXIMUM_VISIBILITY:
        raise invalid_value(
            f"Value {timeout} for parameter VisibilityTimeout is invalid. "
            f"Reason: Must be >= 0 and <= {_MAXIMUM_VISIBILITY}, if provided."
        )


def content_id(queue: Queue, body: str) -> str:
    """The deduplication id of a body. Raises ServiceError for a queue that does not make them."""
    if not queue.content_based_deduplication:
        raise invalid_value(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
        )
    return hashlib.sha256(body.encode()).hexdigest()


def _digest(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def sent(message: Message) -> dict[str, Json]:
    """What SendMessage answers."""
    answer: dict[str, Json] = {"MD5OfMessageBody": _digest(message.body), "MessageId": message.id}
    if message.attributes:
        answer["MD5OfMessageAttributes"] = attributes_digest(message.attributes)
    if message.sequence is not None:
        answer["SequenceNumber"] = message.sequence
    return answer


def received(message: Message, account: str, arguments: Mapping[str, Json]) -> Json:
    """A message as ReceiveMessage gives it, with the attributes that were asked for."""
    first = message.sent if message.first_received is None else message.first_received
    system = {
        "ApproximateFirstReceiveTimestamp": str(int(first * 1000)),
        "ApproximateReceiveCount": str(message.received),
        "MessageDeduplicationId": message.deduplication_id,
        "MessageGroupId": message.group,
        "SenderId": account,
        "SentTimestamp": str(int(message.sent * 1000)),
        "SequenceNumber": message.sequence,
    }
    asked = [*(arguments.get("MessageSystemAttributeNames") or ()), *(arguments.get("AttributeNames") or ())]
    chosen = {name: value for name, value in system.items() if value is not None and (name in asked or "All" in asked)}
    answer: dict[str, Json] = {
        "Body": message.body,
        "MD5OfBody": _digest(message.body),
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
    }
    if chosen:
        answer["Attributes"] = chosen
    names = arguments.get("MessageAttributeNames") or ()
    prefixes = tuple(str(name)[:-2] for name in names if str(name).endswith(".*"))
    own = {
        name: dict(attribute)
        for name, attribute in message.attributes.items()
        if name in names or "All" in names or (prefixes and name.startswith(prefixes))
    }
    if own:
        answer |= {"MD5OfMessageAttributes": attributes_digest(own), "MessageAttributes": own}
    return answer
