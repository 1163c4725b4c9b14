"""What starts a pipeline, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.constants import fold
from sfn_dsl.region import Target
from sfn_dsl.schedules.description import describe
from sfn_dsl.schedules.expression import parse
from sfn_dsl.triggers.direct import Direct
from sfn_dsl.triggers.event_lambda import EventLambda
from sfn_dsl.triggers.event_rule import EventRule
from sfn_dsl.triggers.s3_event import S3Event
from sfn_dsl.triggers.schedule import Schedule
from sfn_dsl.triggers.sns_event import SnsEvent
from sfn_dsl.triggers.trigger import Trigger
from sfn_dsl.triggers.wiring import Wired

__all__ = ["starts"]


def starts(wired: Wired, target: Target) -> Iterator[str]:
    """A sentence per trigger, and one for the sweeper."""
    pipeline = wired.pipeline
    if not wired.triggers:
        yield "Nothing starts it by itself."
    for trigger in wired.triggers:
        via = " by way of a machine between" if getattr(trigger, "via", None) is not None else ""
        yield f"{_sentence(trigger, wired, target)}{via}."
    if pipeline.control is not None:
        minutes = target.deployed.sweep_minutes
        often = "minute" if minutes == 1 else f"{minutes} minutes"
        yield f"Every {often} `{pipeline.name}-sweeper` starts batches that wait and that nobody works on."


def _sentence(trigger: Trigger, wired: Wired, target: Target) -> str:
    pipeline = wired.pipeline
    sources = ", ".join(f"`{contract.pipeline}`" for contract in trigger.contracts(pipeline))
    match trigger:
        case Schedule():
            when = describe(parse(trigger.expression, trigger.timezone))
            goal = "looks for ready batches" if trigger.seeks(pipeline) else "starts a run"
            return f"Schedule `{trigger.expression}`: {when}, {goal}"
        case S3Event():
            keys = " and ".join(
                f"{word} `{text}`" for word, text in (("beginning with", trigger.prefix), ("ending in", trigger.suffix)) if text
            )
            return f"A new object in `{fold(trigger.bucket, target, trigger.span)}`" + (f" with a key {keys}" if keys else "")
        case SnsEvent():
            return f"A message of the topic `{fold(trigger.topic, target, trigger.span)}`, kept in a queue"
        case EventRule():
            return f"An event of the bus `{target.deployed.bus}`" + (f": a batch of {sources} is ready" if sources else "")
        case EventLambda():
            return "A function that takes an event" + (f": a batch of {sources} is ready" if sources else "")
        case Direct():
            return f"The last state of {sources or 'another pipeline'}"
        case _:
            return f"`{type(trigger).__name__}`"
