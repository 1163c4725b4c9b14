"""Queues, topics, buses and what listens to them (SQS, SNS, EventBridge)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sfn_dsl.region import Target
from sfn_dsl.resources.element import Element, RetryPolicy
from sfn_dsl.resources.references import Text, Value

__all__ = [
    "Archive",
    "Endpoint",
    "EventBus",
    "EventBusPolicy",
    "InputTransformer",
    "Queue",
    "QueuePolicy",
    "Redrive",
    "Rule",
    "RuleTarget",
    "Subscription",
    "Topic",
    "TopicPolicy",
]

_SUFFIXES: Final[Mapping[str, str]] = {
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """After `max_receive_count` receipts a message goes to the queue with the ARN `dead_letter_arn`."""

    dead_letter_arn: Text
    max_receive_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Element):
    """A standard queue (`AWS::SQS::Queue`), encrypted with keys that SQS manages unless `sqs_managed_sse_enabled` is off.

    `message_retention_seconds`: 60 to 1209600, default 14 days. `visibility_timeout_seconds`: 0 to 43200, default 30.
    """

    queue_name: str
    message_retention_seconds: int = 1_209_600
    visibility_timeout_seconds: int = 30
    redrive: Redrive | None = None
    sqs_managed_sse_enabled: bool = True

    @property
    def name(self) -> str:
        """The queue's name."""
        return self.queue_name

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("sqs", self.queue_name)

    def url(self, target: Target) -> str:
        """Its URL where the template is deployed."""
        suffix = _SUFFIXES.get(target.partition, "amazonaws.com")
        return f"https://sqs.{target.region}.{suffix}/{target.account}/{self.queue_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePolicy(Element):
    """Who may use queues (`AWS::SQS::QueuePolicy`). `queues`: their URLs. `document`: the policy."""

    queues: tuple[Text, ...]
    document: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic(Element):
    """A standard topic (`AWS::SNS::Topic`). `kms_master_key_id`: id, alias or ARN of a key; not encrypted by default."""

    topic_name: str
    kms_master_key_id: Text | None = None

    @property
    def name(self) -> str:
        """The topic's name."""
        return self.topic_name

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("sns", self.topic_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPolicy(Element):
    """Who may use topics (`AWS::SNS::TopicPolicy`). `topics`: their ARNs. `document`: the policy."""

    topics: tuple[Text, ...]
    document: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Element):
    """Messages of a topic go to an endpoint (`AWS::SNS::Subscription`), by default to the queue with the ARN `endpoint`.

    `topic_region`: the topic's, where that is not the template's: a subscription is made where the topic is.
    `filter_policy_scope`: `MessageAttributes` or `MessageBody`; only written with a `filter_policy`.
    """

    topic_arn: Text
    endpoint: Text
    topic_region: str | None = None
    protocol: str = "sqs"
    raw_message_delivery: bool = True
    filter_policy: Mapping[str, Value] | None = None
    filter_policy_scope: Literal["MessageAttributes", "MessageBody"] = "MessageAttributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBus(Element):
    """A custom bus (`AWS::Events::EventBus`). `name`: up to 256 characters, without `/`."""

    name: str
    description: str = ""

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("events", f"event-bus/{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBusPolicy(Element):
    """One statement of who may use a bus (`AWS::Events::EventBusPolicy`). The statement's `Sid` is `statement_id`."""

    event_bus_name: str
    statement_id: str
    statement: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive(Element):
    """Events that are kept for replay (`AWS::Events::Archive`).

    `source_arn`: ARN of the bus. `retention_days`: 0 keeps them for ever. `event_pattern`: which events; all by default.
    """

    archive_name: str
    source_arn: Text
    retention_days: int = 14
    event_pattern: Mapping[str, Value] | None = None
    description: str = ""

    @property
    def name(self) -> str:
        """The archive's name."""
        return self.archive_name

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("events", f"archive/{self.archive_name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTransformer:
    """Makes a target's input out of an event. `input_paths`: name to JSON path. `input_template`: text with `<name>` in it."""

    input_paths: Mapping[str, str]
    input_template: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTarget:
    """What a rule calls. At most one of `input` (JSON text), `input_path` and `input_transformer` is set.

    `id`: unique in the rule, up to 64 of letters, digits, `.`, `-`, `_`. `role_arn`: needed for state machines and for buses.
    `retry`: AWS's 185 tries in 24 hours when None. `dead_letter_arn`: a standard queue in this Region.
    """

    id: str
    arn: Text
    role_arn: Text | None = None
    input: Text | None = None
    input_path: str | None = None
    input_transformer: InputTransformer | None = None
    retry: RetryPolicy | None = None
    dead_letter_arn: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Element):
    """Which events of a bus go where (`AWS::Events::Rule`). One to five targets."""

    name: str
    event_pattern: Mapping[str, Value]
    targets: tuple[RuleTarget, ...]
    event_bus_name: str = "default"
    state: Literal["ENABLED", "DISABLED"] = "ENABLED"
    description: str = ""

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn(
            "events", f"rule/{self.name}" if self.event_bus_name == "default" else f"rule/{self.event_bus_name}/{self.name}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Element):
    """A global endpoint (`AWS::Events::Endpoint`) over two buses of the same name and account.

    `event_bus_arns`: the bus of this Region, then that of `secondary_region`. `health_check_arn`: a Route 53 health check.
    `replication`: whether both buses get every event; needs `role_arn`.
    """

    name: str
    event_bus_arns: tuple[Text, Text]
    health_check_arn: Text
    secondary_region: str
    replication: bool = True
    role_arn: Text | None = None
    description: str = ""

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("events", f"endpoint/{self.name}")
