"""SNS in memory: topics, subscriptions of queues and of plain callables, filter policies, FIFO rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.event_pattern import Matcher, compile_pattern
from sfn_dsl.simulate.services.message_attributes import attributes_size, message_text
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.services.sqs import SQS

__all__ = ["SNS", "Notification", "Subscription", "Topic"]

_DEDUPLICATION_SECONDS = 300
_SIZE_LIMIT = 262_144


@dataclass(frozen=True, slots=True)
class Notification:
    """A message that was published to a topic, at `time` (epoch seconds)."""

    id: str
    topic: str
    message: str
    time: float
    subject: str | None = None
    attributes: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    group: str | None = None
    deduplication_id: str | None = None
    sequence: str | None = None
    by_protocol: Mapping[str, str] = field(default_factory=dict)

    def text(self, protocol: str) -> str:
        """The message for a protocol (MessageStructure `json`)."""
        return self.by_protocol.get(protocol, self.message)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told, and of what: `accepts` is the filter policy."""

    arn: str
    receive: Callable[[Notification], None]
    accepts: Callable[[Notification], bool]


@dataclass(slots=True)
class Topic:
    """A topic, its subscriptions and everything that was published to it."""

    name: str
    arn: str
    fifo: bool
    content_based_deduplication: bool
    subscriptions: list[Subscription] = field(default_factory=list)
    published: list[Notification] = field(default_factory=list)
    # Of FIFO topics: what was last published under a deduplication id.
    sent_ids: dict[str, Notification] = field(default_factory=dict)


class SNS:
    """The topics of one account and Region. `uuid` makes ids of messages and subscriptions."""

    operations: ClassVar[frozenset[str]] = frozenset({"Publish", "PublishBatch"})

    def __init__(self, *, region: str, account: str, uuid: Callable[[], str], partition: str = "aws") -> None:
        self.region = region
        self.account = account
        self.topics: dict[str, Topic] = {}
        self._uuid = uuid
        self._prefix = f"arn:{partition}:sns:{region}:{account}:"
        self._sequence = 10_000_000_000_000_000_000

    def create_topic(self, name: str, *, content_based_deduplication: bool = False) -> Topic:
        """A new topic, FIFO when its name ends in `.fifo`. Raises ValueError for a name that is taken."""
        topic = Topic(name, self._prefix + name, name.endswith(".fifo"), content_based_deduplication)
        if topic.arn in self.topics:
            raise ValueError(f"there is already a topic {name}")
        self.topics[topic.arn] = topic
        return topic

    def subscribe(
        self,
        topic: str,
        receive: Callable[[Notification], None],
        *,
        filter_policy: Mapping[str, Json] | None = None,
        filter_scope: str = "MessageAttributes",
    ) -> Subscription:
        """Tell a callable of what is published to a topic (name or ARN) and passes the policy. Raises ServiceError."""
        found = self._topic(topic if topic.startswith("arn:") else self._prefix + topic)
        subscription = Subscription(f"{found.arn}:{self._uuid()}", receive, _filter(filter_policy, filter_scope))
        found.subscriptions.append(subscription)
        return subscription

    def subscribe_queue(
        self,
        topic: str,
        sqs: SQS,
        queue: str,
        *,
        raw: bool = False,
        filter_policy: Mapping[str, Json] | None = None,
        filter_scope: str = "MessageAttributes",
    ) -> Subscription:
        """Send what is published to a topic to a queue (by name), wrapped in SNS's envelope unless `raw`. Raises ServiceError."""

        def receive(notification: Notification) -> None:
            arguments: dict[str, Json] = {"MessageBody": notification.text("sqs")}
            if raw:
                arguments["MessageAttributes"] = {
                    name: {"DataType": value["DataType"], **_value(value)} for name, value in notification.attributes.items()
                }
            else:
                arguments["MessageBody"] = self._envelope(notification, subscription.arn)
            if sqs.queues[queue].fifo:
                arguments["MessageGroupId"] = notification.group
                arguments["MessageDeduplicationId"] = notification.deduplication_id
            sqs.send(sqs.queues[queue], arguments, notification.time)

        subscription = self.subscribe(topic, receive, filter_policy=filter_policy, filter_scope=filter_scope)
        return subscription

    def call(self, operation: str, arguments: Mapping[str, Json], now: float) -> Json:
        """Answer an API call at `now` (epoch seconds). Raises ServiceError."""
        if operation == "Publish":
            return self._publish(arguments, now)
        if operation == "PublishBatch":
            return self._publish_batch(arguments, now)
        raise ServiceError("NotSimulated", f"The operation {operation} of SNS is not simulated")

    def _topic(self, arn: str) -> Topic:
        parts = arn.split(":")
        if len(parts) < 6 or parts[2] != "sns":
            raise _invalid(
                f"TopicArn Reason: An ARN must have at least 6 elements, not {len(parts)}" if len(parts) < 6 else "TopicArn"
            )
        if arn not in self.topics:
            raise ServiceError("NotFound", "Topic does not exist", status=404)
        return self.topics[arn]

    def _publish(self, arguments: Mapping[str, Json], now: float) -> dict[str, Json]:
        arn = arguments.get("TopicArn") or arguments.get("TargetArn")
        if arguments.get("Message") is None:
            raise ServiceError(
                "ValidationError",
                "1 validation error detected: Value null at 'message' failed to satisfy constraint: Member must not be null",
            )
        message = message_text(arguments["Message"])
        attributes = arguments.get("MessageAttributes") or {}
        if not arn:
            if arguments.get("PhoneNumber"):
                raise ServiceError("NotSimulated", "Text messages to phones are not simulated")
            raise _invalid("TopicArn or TargetArn Reason: no value for required parameter")
        if not message:
            raise _invalid("Empty message")
        if len(message.encode()) + attributes_size(attributes) > _SIZE_LIMIT:
            raise _invalid("Message too long")
        for name, attribute in attributes.items():
            _check_attribute(name, attribute)
        group, deduplication_id = arguments.get("MessageGroupId"), arguments.get("MessageDeduplicationId")
        if str(arn).endswith(".fifo"):
            if not group:
                raise _invalid("The MessageGroupId parameter is required for FIFO topics")
        elif deduplication_id is not None:
            raise _invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid "
                "for this topic type"
            )
        topic = self._topic(str(arn))
        if topic.fifo:
            deduplication_id = deduplication_id or _content_id(topic, message)
            earlier = topic.sent_ids.get(deduplication_id)
            if earlier is not None and now - earlier.time < _DEDUPLICATION_SECONDS:
                return {"MessageId": earlier.id, "SequenceNumber": earlier.sequence}
        by_protocol = _structure(message) if arguments.get("MessageStructure") == "json" else {}
        notification = Notification(
            self._uuid(),
            topic.arn,
            by_protocol.get("default", message),
            now,
            arguments.get("Subject"),
            attributes,
            group,
            deduplication_id,
            self._next_sequence() if topic.fifo else None,
            by_protocol,
        )
        if topic.fifo:
            topic.sent_ids[str(deduplication_id)] = notification
        topic.published.append(notification)
        for subscription in list(topic.subscriptions):
            if subscription.accepts(notification):
                subscription.receive(notification)
        answer: dict[str, Json] = {"MessageId": notification.id}
        if notification.sequence is not None:
            answer["SequenceNumber"] = notification.sequence
        return answer

    def _next_sequence(self) -> str:
        self._sequence += 1
        return str(self._sequence)

    def _publish_batch(self, arguments: Mapping[str, Json], now: float) -> Json:
        entries = arguments.get("PublishBatchRequestEntries") or []
        if not entries:
            raise ServiceError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
        if len(entries) > 10:
            raise ServiceError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
        if len({entry.get("Id") for entry in entries}) < len(entries):
            raise ServiceError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
        self._topic(str(arguments.get("TopicArn")))
        done: list[Json] = []
        failed: list[Json] = []
        for entry in entries:
            try:
                answer = self._publish({**entry, "TopicArn": arguments["TopicArn"]}, now)
            except ServiceError as failure:
                failed.append({"Code": failure.code, "Id": entry.get("Id"), "Message": failure.message, "SenderFault": True})
            else:
                done.append({"Id": entry.get("Id"), **answer})
        return {"Failed": failed, "Successful": done}

    def record(self, notification: Notification, subscription: str) -> dict[str, Json]:
        """What a Lambda function receives of a notification: one of its Records."""
        fields = {name.replace("URL", "Url"): value for name, value in self._fields(notification, subscription, "lambda").items()}
        return {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription,
            "Sns": {**fields, "MessageAttributes": fields["MessageAttributes"] or {}},
        }

    def _envelope(self, notification: Notification, subscription: str) -> str:
        """What a queue receives."""
        fields = self._fields(notification, subscription, "sqs")
        return json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False)

    def _fields(self, notification: Notification, subscription: str, protocol: str) -> dict[str, Json]:
        """A notification as its subscribers see it. Its signature is a stand-in."""
        host = f"https://sns.{self.region}.amazonaws.com"
        time = datetime.fromtimestamp(notification.time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        return {
            "Type": "Notification",
            "MessageId": notification.id,
            "SequenceNumber": notification.sequence,
            "TopicArn": notification.topic,
            "Subject": notification.subject,
            "Message": notification.text(protocol),
            "Timestamp": time,
            "SignatureVersion": "1",
            "Signature": "simulated",
            "SigningCertURL": f"{host}/SimpleNotificationService-simulated.pem",
            "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription}",
            "MessageAttributes": {
                name: {"Type": value["DataType"], "Value": next(iter(_value(value).values()))}
                for name, value in notification.attributes.items()
            }
            or None,
        }


def _invalid(reason: str) -> ServiceError:
    return ServiceError("InvalidParameter", f"Invalid parameter: {reason}")


def _value(attribute: Mapping[str, Json]) -> dict[str, Json]:
    if attribute.get("BinaryValue") is not None:
        return {"BinaryValue": attribute["BinaryValue"]}
    return {"StringValue": message_text(attribute.get("StringValue", ""))}


def _check_attribute(name: str, attribute: Mapping[str, Json]) -> None:
    kind = attribute.get("DataType")
    if not kind:
        raise ServiceError(
            "ParameterValueInvalid", f"The message attribute '{name}' must contain non-empty message attribute type."
        )
    if attribute.get("StringValue") in (None, "") and not attribute.get("BinaryValue"):
        raise ServiceError(
            "ParameterValueInvalid",
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{kind}'.",
        )


def _content_id(topic: Topic, message: str) -> str:
    if not topic.content_based_deduplication:
        raise _invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
        )
    return hashlib.sha256(message.encode()).hexdigest()


def _structure(message: str) -> dict[str, str]:
    """The texts of a message by protocol. Raises ServiceError."""
    try:
        texts = json.loads(message)
    except json.JSONDecodeError as error:
        raise _invalid("Message Structure - JSON message body failed to parse") from error
    if not isinstance(texts, dict) or "default" not in texts:
        raise _invalid("Message Structure - No default entry in JSON message body")
    return {protocol: text for protocol, text in texts.items() if isinstance(text, str)}


def _filter(policy: Mapping[str, Json] | None, scope: str) -> Callable[[Notification], bool]:
    if not policy:
        return lambda _: True
    try:
        matcher: Matcher = compile_pattern(policy)
    except ServiceError as error:
        reason = error.message.partition("Reason: ")[2]
        raise _invalid(f"FilterPolicy: {reason}") from error
    if scope == "MessageBody":
        return lambda notification: _body_matches(matcher, notification.message)
    return lambda notification: matcher({name: _plain(value) for name, value in notification.attributes.items()})


def _body_matches(matcher: Matcher, message: str) -> bool:
    """A message that is not a JSON object passes no policy of its body."""
    try:
        body = json.loads(message)
    except json.JSONDecodeError:
        return False
    return isinstance(body, dict) and matcher(body)


def _plain(attribute: Mapping[str, Json]) -> Json:
    """The value of an attribute as filter policies see it."""
    text = message_text(attribute.get("StringValue", ""))
    kind = str(attribute.get("DataType", ""))
    if kind.startswith(("Number", "String.Array")):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text
    return text
