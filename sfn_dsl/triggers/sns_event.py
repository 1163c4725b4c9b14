"""`SnsEvent`: a message on a topic starts the pipeline, by way of a queue and a function."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sfn_dsl.constants import fold
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.model import (
    Arn,
    EventSourceMapping,
    Name,
    Queue,
    Redrive,
    Resource,
    Subscription,
)
from sfn_dsl.triggers.batches import batch_inputs
from sfn_dsl.triggers.function import function_id
from sfn_dsl.triggers.limits import concurrency_problems
from sfn_dsl.triggers.parts import input_problems, logical_id
from sfn_dsl.triggers.queue_policies import from_topic, queue_policy
from sfn_dsl.triggers.starter import starter_function
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["SnsEvent"]

_RECEIPTS = 5
_VISIBILITY_SECONDS = 90
_NAMING: Final = "use a topic's name of 1 to 256 letters, digits, `_` and `-`, or its ARN"
_TOPIC: Final = re.compile(r"(arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:)?[0-9A-Za-z_-]{1,256}(\.fifo)?")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SnsEvent(Trigger):
    """Topic -> queue (with a dead-letter queue) -> function -> execution.

    `topic`: name or ARN; it is not made here. `input`: input name to the path of a field in the JSON message, such as `payment.id`.
    `key`: the input that is the business key: two messages with one key start one execution. `concurrency`: how many calls run at
    once.
    """

    topic: str | Expression
    input: Mapping[str, str]
    key: str
    concurrency: int = 2

    def problems(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        yield from concurrency_problems(self.concurrency, self.span)
        if isinstance(self.topic, str) and not _TOPIC.fullmatch(self.topic):
            yield Diagnostic(code="SFN102", message=f"`{self.topic}` is no topic", span=self.span, help=_NAMING)
        for name, path in self.input.items():
            if not isinstance(path, str) or not all(path.split(".")):
                yield Diagnostic(
                    code="SFN520",
                    message=f"`{path}`, from which the input `{name}` is to come, is no path into a message",
                    span=self.span,
                    help="write names of fields with dots between, such as `payment.id`",
                )
        yield from input_problems(pipeline, self.input, self.span)
        yield from self._doubles(pipeline)
        if self.key not in self.input:
            yield Diagnostic(
                code="SFN524",
                message=f"the key `{self.key}` is none of the inputs that the message gives",
                span=self.span,
                help=f"use one of {', '.join(self.input)}",
            )

    def _doubles(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        """What lets two messages do one batch, or takes two batches for one."""
        names = batch_inputs(pipeline)
        if pipeline.control is None and pipeline.type == "EXPRESS":
            yield Diagnostic(
                code="SFN527",
                message=f"pipeline `{pipeline.name}` is started by messages without a control row: two executions of an EXPRESS "
                "pipeline may have one name, so that a message that comes twice is done twice",
                span=self.span,
                help='give it a `control=Control(...)`, or `type="STANDARD"`',
                severity=Severity.WARNING,
            )
        elif names and names.isdisjoint(self.input):
            yield Diagnostic(
                code="SFN524",
                message=f"the batch of pipeline `{pipeline.name}` holds nothing of the message, so that batches would be taken for "
                "each other",
                span=self.span,
                help="make the batch of the input that is the key",
            )

    def resources(self, pipeline: Pipeline, target: Target) -> tuple[Resource, ...]:
        label = self.label or "messages"
        topic = str(fold(self.topic, target, self.span))
        if not _TOPIC.fullmatch(topic):
            raise DeclarationError(f"`{topic}` is no topic in {target.region}", help=_NAMING, span=self.span)
        topic_arn = topic if topic.startswith("arn:") else target.arn("sns", topic)
        dead = Queue(id=logical_id(label, "dead", "letters"), queue_name=f"{pipeline.name}-{label}-dead-letters")
        queue = Queue(
            id=logical_id(label, "queue"),
            queue_name=f"{pipeline.name}-{label}",
            visibility_timeout_seconds=_VISIBILITY_SECONDS,
            redrive=Redrive(dead_letter_arn=Arn(dead.id), max_receive_count=_RECEIPTS),
        )
        starter = starter_function(
            pipeline,
            target,
            label=f"{label}-starter",
            template="start_for_message.py.j2",
            values={"paths": dict(self.input), "key": self.key},
            concurrency=self.concurrency,
            statement=Statement(
                sid="Receive",
                actions=("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
                resources=(queue.arn(target),),
            ),
        )
        policy = queue_policy(logical_id(label, "queue", "policy"), queue, from_topic(queue, topic_arn))
        subscription = Subscription(
            id=logical_id(label, "subscription"),
            topic_arn=topic_arn,
            endpoint=Arn(queue.id),
            raw_message_delivery=True,
            depends_on=(policy.id,),
        )
        mapping = EventSourceMapping(
            id=logical_id(label, "mapping"),
            function_name=Name(function_id(f"{label}-starter")),
            event_source_arn=Arn(queue.id),
            depends_on=(f"{logical_id(label, 'starter', 'role')}",),
        )
        return (dead, queue, policy, subscription, *starter, mapping)
