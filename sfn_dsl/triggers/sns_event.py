"""`SnsEvent`: a message on a topic starts the pipeline, by way of a queue and a function."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sfn_dsl.constants import fold
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target, parse_arn
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
from sfn_dsl.triggers.batches import batch_inputs, batch_key
from sfn_dsl.triggers.function import function_id
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

    `topic`: name in this Region and account, or ARN; it is not made here. It may be of another Region; that of another account must
    allow this one `sns:Subscribe` in its policy. `input`: input name to the path of a field in the JSON message, such as
    `payment.id`. `key`: the input, or inputs, that are the business key: the messages of a key start one execution, whatever else
    they say and also when that one has ended or failed, which `rerun` is for. Without it the key is what the batch of `control` is
    made of, or all of `input` where there is no control. `concurrency`: how many calls run at once, 2 to 1,000.
    """

    kind = "sns"

    topic: str | Expression
    input: Mapping[str, str]
    key: str | tuple[str, ...] = ()
    concurrency: int = 2

    def names(self, pipeline: Pipeline) -> tuple[str, ...]:
        label = self.label or "messages"
        return (label, *(f"{label}-{part}" for part in ("queue", "dead-letters", "subscription", "mapping", "starter")))

    def problems(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
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
        key, batch = self._key(pipeline), batch_key(pipeline, self.input)
        for name in key:
            if name not in self.input:
                yield Diagnostic(
                    code="SFN524",
                    message=f"the key `{name}` is none of the inputs that the message gives",
                    span=self.span,
                    help=f"use one of {', '.join(self.input)}",
                )
        missing = [name for name in batch if name not in key]
        if missing:
            yield Diagnostic(
                code="SFN524",
                message=f"the batch is made of {_listed(batch)}, but the key lacks {_listed(missing)}: messages of two batches that"
                " share a key start one execution, and the second batch is lost",
                span=self.span,
                help="leave out `key`, which is then what the batch is made of",
            )
        if not 2 <= self.concurrency <= 1000:
            yield Diagnostic(
                code="SFN503",
                message=f"`concurrency` is {self.concurrency}, and Lambda works off a queue with 2 to 1,000 calls at once",
                span=self.span,
                help="disable the event source mapping to pause",
            )

    def _key(self, pipeline: Pipeline) -> tuple[str, ...]:
        given = (self.key,) if isinstance(self.key, str) else tuple(self.key)
        return given or batch_key(pipeline, self.input) or tuple(self.input)

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
        place = parse_arn(topic_arn)
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
            values={"paths": dict(self.input), "key": self._key(pipeline)},
            concurrency=None,
            statement=Statement(
                sid="Receive",
                actions=("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
                resources=(queue.arn(target),),
            ),
        )
        policy = queue_policy(logical_id(label, "queue", "policy"), queue, from_topic(queue, topic_arn, target.region))
        subscription = Subscription(
            id=logical_id(label, "subscription"),
            topic_arn=topic_arn,
            endpoint=Arn(queue.id),
            topic_region=place.region if place is not None and place.region != target.region else None,
            raw_message_delivery=True,
            depends_on=(policy.id,),
        )
        mapping = EventSourceMapping(
            id=logical_id(label, "mapping"),
            function_name=Name(function_id(f"{label}-starter")),
            event_source_arn=Arn(queue.id),
            maximum_concurrency=self.concurrency,
            depends_on=(f"{logical_id(label, 'starter', 'role')}",),
        )
        return (dead, queue, policy, subscription, *starter, mapping)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
