"""`Notify`: tell people or other programs, by SNS, SQS or EventBridge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Protocol, Self

from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.region import Target
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["Channel", "EventBridge", "Notify", "Sns", "Sqs", "queue_url"]


class Channel(Protocol):
    """Where a message goes."""

    def call(self, site: Site, message: Template) -> Call:
        """The call that sends a message."""
        ...


def queue_url(target: Target, queue: Template) -> Template:
    """The URL of a queue given by name; a URL or an expression stays what it is."""
    if not isinstance(queue, str) or queue.startswith("https://"):
        return queue
    domain = "amazonaws.com.cn" if target.partition == "aws-cn" else "amazonaws.com"
    return f"https://sqs.{target.region}.{domain}/{target.account}/{queue}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sns:
    """An SNS topic, by name or ARN. Messages that are not text are sent as JSON."""

    topic: Template
    subject: Template = MISSING
    attributes: Mapping[str, Template] = field(default_factory=dict)

    def call(self, site: Site, message: Template) -> Call:
        arguments: dict[str, Template] = {"TopicArn": site.arn("sns", "", self.topic)}
        if self.subject is not MISSING:
            arguments["Subject"] = self.subject
        arguments["Message"] = message
        if self.attributes:
            arguments["MessageAttributes"] = {
                name: {"DataType": "String", "StringValue": value} for name, value in self.attributes.items()
            }
        return Call(action="sns:publish", arguments=arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sqs:
    """An SQS queue, by name or URL; `group` and `deduplication` for FIFO queues."""

    queue: Template
    group: Template = MISSING
    deduplication: Template = MISSING

    def call(self, site: Site, message: Template) -> Call:
        arguments: dict[str, Template] = {"QueueUrl": queue_url(site.target, site.fold(self.queue)), "MessageBody": message}
        if self.group is not MISSING:
            arguments["MessageGroupId"] = self.group
        if self.deduplication is not MISSING:
            arguments["MessageDeduplicationId"] = self.deduplication
        return Call(action="sqs:sendMessage", arguments=arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBridge:
    """An event on a bus of this Region. A refused entry fails the step with `EventBridge.FailedEntry`."""

    bus: Template
    source: Template
    detail_type: Template

    def call(self, site: Site, message: Template) -> Call:
        entry = {"EventBusName": self.bus, "Source": self.source, "DetailType": self.detail_type, "Detail": message}
        return Call(action="events:putEvents", arguments={"Entries": [entry]})


@dataclass(frozen=True, slots=True, eq=False)
class Notify(TaskStep):
    """Sends `message` to a channel. Use `Notify.sns`, `Notify.sqs` or `Notify.eventbridge`."""

    _: KW_ONLY
    channel: Channel
    message: Template

    def lower(self, site: Site) -> tuple[Draft, ...]:
        call = self.channel.call(site, self.message)
        return (finish(self, site, call.action.split(":")[0], call),)

    @classmethod
    def sns(
        cls,
        name: str,
        *,
        topic: Template,
        message: Template,
        subject: Template = MISSING,
        attributes: Mapping[str, Template] | None = None,
        **task: Any,
    ) -> Self:
        """A message to an SNS topic."""
        return cls(name, channel=Sns(topic=topic, subject=subject, attributes=attributes or {}), message=message, **task)

    @classmethod
    def sqs(
        cls,
        name: str,
        *,
        queue: Template,
        message: Template,
        group: Template = MISSING,
        deduplication: Template = MISSING,
        **task: Any,
    ) -> Self:
        """A message to an SQS queue."""
        return cls(name, channel=Sqs(queue=queue, group=group, deduplication=deduplication), message=message, **task)

    @classmethod
    def eventbridge(
        cls, name: str, *, bus: Template, source: Template, detail_type: Template, detail: Template, **task: Any
    ) -> Self:
        """An event on an EventBridge bus."""
        return cls(name, channel=EventBridge(bus=bus, source=source, detail_type=detail_type), message=detail, **task)
